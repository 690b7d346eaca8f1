from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from backend.errors import OutputError, PatchError
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
from training.dataset import (
    SHARD_SIZE,
    RenderedSet,
    list_shards,
    read_split,
    shard_path,
    write_shard,
)
from training.split import split_of

SPEC = load_spec("surge_simple")


def renders(indices: list[int]) -> RenderedSet:
    """Renders whose mel bytes tell the index they belong to."""
    return RenderedSet(
        np.array(indices, dtype=np.int64),
        np.array(
            [SPEC.encode(draw_parameters(SPEC, index)) for index in indices], dtype=np.float32
        ).reshape(-1, SPEC.width),
        np.array([index % 251 for index in indices], dtype=np.uint8)[:, None, None, None]
        + np.zeros((1, 2, 128, 401), dtype=np.uint8),
    )


def write(folder: Path, number: int, indices: list[int]) -> None:
    write_shard(folder, number, SPEC, renders(indices), drawn=SHARD_SIZE, gate_lufs=-55.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three shards, written out of order; the last is empty but counts as done."""
    write(tmp_path, 1, [1000, 1001, 1005, 1100])
    write(tmp_path, 0, [0, 1, 3, 7, 200, 999])
    write(tmp_path, 2, [])
    return tmp_path


def test_shards_are_listed_in_order_with_what_they_keep(folder: Path) -> None:
    shards = list_shards(folder, SPEC.fingerprint)
    assert [(shard.number, shard.kept) for shard in shards] == [(0, 6), (1, 4), (2, 0)]
    assert [shard.path for shard in shards] == [shard_path(folder, n) for n in range(3)]
    assert list_shards(folder / "none", SPEC.fingerprint) == []


def test_the_order_in_memory_does_not_matter(tmp_path: Path) -> None:
    usual = renders([2, 3, 4])
    rng = np.random.default_rng(0)
    mels = rng.integers(0, 256, usual.mels.shape, dtype=np.uint8)
    turned = RenderedSet(usual.indices, np.asfortranarray(usual.vectors), np.asfortranarray(mels))
    write_shard(tmp_path, 0, SPEC, turned, drawn=SHARD_SIZE, gate_lufs=-55.0)
    back = read_split(tmp_path, SPEC.fingerprint, "train")
    assert np.array_equal(back.mels, mels) and np.array_equal(back.vectors, usual.vectors)


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("train", [3, 7, 999, 1005]),
        ("validation", [0, 200, 1000, 1100]),
        ("test", [1, 1001]),
    ],
)
def test_a_split_is_read_back_whole_and_in_order(
    folder: Path, split: str, expected: list[int]
) -> None:
    found = read_split(folder, SPEC.fingerprint, split)  # type: ignore[arg-type]
    assert found.indices.tolist() == expected
    assert {split_of(index) for index in expected} == {split}
    wanted = renders(expected)
    assert np.array_equal(found.vectors, wanted.vectors)
    assert np.array_equal(found.mels, wanted.mels)
    assert (found.vectors.dtype, found.mels.dtype) == (np.float32, np.uint8)


def test_vectors_are_those_of_their_indices(folder: Path) -> None:
    found = read_split(folder, SPEC.fingerprint, "train")
    for index, vector in zip(found.indices, found.vectors, strict=True):
        assert np.array_equal(SPEC.encode(draw_parameters(SPEC, int(index))), vector)


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
def test_a_limit_takes_the_lowest_indices(folder: Path, limit: int) -> None:
    found = read_split(folder, SPEC.fingerprint, "train", limit)
    assert found.indices.tolist() == [3, 7, 999, 1005][:limit]
    assert len(found.vectors) == len(found.mels) == len(found.indices)


def test_a_limit_spares_the_later_shards(folder: Path) -> None:
    """They may be on a slow disk; their contents are not even opened."""
    data = shard_path(folder, 1).read_bytes()
    header = int.from_bytes(data[:8], "little")
    shard_path(folder, 1).write_bytes(data[: 8 + header].ljust(len(data), b"\xff"))
    found = read_split(folder, SPEC.fingerprint, "train", 2)
    assert found.indices.tolist() == [3, 7]


def test_nothing_of_a_split_is_an_error_that_names_the_step(tmp_path: Path) -> None:
    write(tmp_path, 0, [3, 4])
    with pytest.raises(PatchError, match="holds no validation renders; run training.render_data"):
        read_split(tmp_path, SPEC.fingerprint, "validation")
    with pytest.raises(PatchError, match="holds no train renders"):
        read_split(tmp_path / "none", SPEC.fingerprint, "train")


def test_another_space_is_refused_with_both_fingerprints(folder: Path) -> None:
    other = load_spec("surge_full").fingerprint
    mine = SPEC.fingerprint
    with pytest.raises(PatchError, match=f"holds space {mine[:12]}, wanted {other[:12]}"):
        list_shards(folder, other)


@pytest.mark.parametrize("size", [0, 5, 100, -100])
def test_a_damaged_shard_is_named(folder: Path, size: int) -> None:
    path = shard_path(folder, 1)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(PatchError, match="shard-00001.safetensors is damaged .*render again"):
        list_shards(folder, SPEC.fingerprint)


def test_a_foreign_safetensors_file_is_named(folder: Path) -> None:
    save_file({"index": np.zeros(3)}, shard_path(folder, 3))
    with pytest.raises(PatchError, match="shard-00003.safetensors is damaged"):
        list_shards(folder, SPEC.fingerprint)


def test_a_shard_replaces_an_older_one_whole(folder: Path) -> None:
    write(folder, 1, [1007])
    assert [shard.kept for shard in list_shards(folder, SPEC.fingerprint)] == [6, 1, 0]
    assert len(list(folder.iterdir())) == 3
    with pytest.raises(OutputError):
        write(folder / "none", 0, [1])
