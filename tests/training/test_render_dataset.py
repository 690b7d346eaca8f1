"""Shards: what is kept, how they are written and read, and what a killed run leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import fake_renderers
import numpy as np
import pytest
import torch
from fake_renderers import DatasetRenderer, never_starts, words
from safetensors import safe_open
from safetensors.numpy import save_file
from tiny_run import tiny_renders, write_tiny_shards

from backend.errors import OutputError, PatchError, RenderError
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import patch_body
from backend.synth.renderer import RenderJob, SurgeRenderer
from backend.synth.spec import load_spec
from models.features import FeatureConfig, LogMel, quantise_db
from training import render_dataset as rendering
from training.dataset import list_shards, read_split, shard_path, write_shard
from training.render_dataset import ShardTask, render_dataset, render_shard
from training.split import split_of

SPEC = load_spec("surge_simple")
SIZE = 10


def usable(index: int) -> bool:
    """Whether the fake renderer plays a sound that belongs in the dataset."""
    return index % 5 not in (0, 1) and index % 7 != 3


def contents(path: Path) -> dict[str, Any]:
    """Everything a shard holds, comparable."""
    with safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        return {name: t.tolist() for name, t in tensors.items()} | {"metadata": file.metadata()}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards 0 to 2 as one process renders them, one after the other."""
    folder = tmp_path_factory.mktemp("alone")
    renderer = DatasetRenderer(folder / "log")
    for number in range(3):
        kept = render_shard(ShardTask(SPEC.name, number, folder, SIZE), renderer)
        expected = [n for n in range(number * SIZE, (number + 1) * SIZE) if usable(n)]
        assert kept == len(expected) > 0
    return folder


def test_a_shard_keeps_the_usable_indices_with_what_they_were_drawn_as(alone: Path) -> None:
    with safe_open(shard_path(alone, 1), "numpy") as file:
        indices, vectors = file.get_tensor("index"), file.get_tensor("vector")
        mels, metadata = file.get_tensor("mel"), file.metadata()
    assert indices.tolist() == [index for index in range(10, 20) if usable(index)]
    for index, vector in zip(indices, vectors, strict=True):
        np.testing.assert_array_equal(vector, SPEC.encode(draw_parameters(SPEC, int(index))))
    assert (vectors.dtype, indices.dtype) == (np.float32, np.int64)
    assert mels.shape == (len(indices), 2, 128, 401) and mels.dtype == np.uint8
    assert metadata == {
        "spec": "surge_simple",
        "fingerprint": SPEC.fingerprint,
        "gate_lufs": "-55.0",
        "drawn": "10",
        "kept": str(len(indices)),
    }


def test_stored_spectrograms_are_what_the_network_hears(alone: Path) -> None:
    with safe_open(shard_path(alone, 0), "numpy") as file:
        index, mel = int(file.get_tensor("index")[0]), file.get_tensor("mel")[0]
    job = RenderJob(b"", draw_parameters(SPEC, index).note, f"index {index}")
    audio = DatasetRenderer(alone / "log").render(job).audio
    heard = quantise_db(LogMel(FeatureConfig())(torch.from_numpy(audio[None]))[0].numpy())
    assert np.abs(mel.astype(int) - heard).max() <= 1  # a value half way may round either way
    assert (mel == heard).mean() > 0.999 and mel.max() == 255 and mel.min() == 0


def test_every_index_of_a_shard_is_played_once_as_drawn(tmp_path: Path, log: Path) -> None:
    jobs: list[RenderJob] = []

    class Recorder(DatasetRenderer):
        def render(self, job: RenderJob):  # type: ignore[no-untyped-def]
            jobs.append(job)
            return super().render(job)

    render_shard(ShardTask(SPEC.name, 2, tmp_path, SIZE), Recorder(log))
    assert [job.name for job in jobs] == [f"index {index}" for index in range(20, 30)]
    for index, job in zip(range(20, 30), jobs, strict=True):
        drawn = draw_parameters(SPEC, index)
        assert job.note == drawn.note and job.duration_s == 4.0
        assert job.body == patch_body(drawn, str(index), rest_dry_effects=True)


def test_a_shard_of_which_nothing_is_usable_is_written_all_the_same(
    tmp_path: Path, log: Path
) -> None:
    assert render_shard(ShardTask(SPEC.name, 5, tmp_path, 2), DatasetRenderer(log)) == 0
    [shard] = list_shards(tmp_path, SPEC.fingerprint)
    assert (shard.number, shard.kept) == (5, 0)
    with pytest.raises(PatchError, match="no train renders"):
        read_split(tmp_path, SPEC.fingerprint, "train")


def test_what_ends_a_shard_half_way_leaves_no_file(tmp_path: Path, log: Path) -> None:
    class Stopped(DatasetRenderer):
        def render(self, job: RenderJob):  # type: ignore[no-untyped-def]
            if job.name == "index 8":
                raise KeyboardInterrupt
            return super().render(job)

    folder = tmp_path / "data"
    folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        render_shard(ShardTask(SPEC.name, 0, folder, SIZE), Stopped(log))
    assert list(folder.iterdir()) == []


PARENT = """
import sys
from functools import partial
from pathlib import Path
from fake_renderers import DatasetRenderer
from training.render_dataset import render_dataset

make = partial(DatasetRenderer, Path(sys.argv[1]), hang_at=13)
render_dataset("surge_simple", 100, Path(sys.argv[2]), 1, make, shard_size=10)
"""


def test_a_killed_run_leaves_whole_shards_and_is_taken_up_again(
    tmp_path: Path, log: Path, alone: Path
) -> None:
    folder = tmp_path / "data"
    paths = [*sys.path, str(Path(fake_renderers.__file__).parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    command = [sys.executable, "-c", PARENT, str(log), str(folder)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    until = time.monotonic() + 120
    while "index-13" not in words(log) and parent.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.communicate(timeout=15)  # ends when the worker, which holds the pipe, is gone too
    assert words(log)[-1] == "index-13"
    assert [path.name for path in folder.iterdir()] == ["shard-00000.safetensors"]
    first = shard_path(folder, 0).read_bytes()

    # A file that was being written when the power went is no shard.
    (folder / ".shard-00001.safetensors.0a1b2c3d.part").write_bytes(first[:1000])
    before = len(words(log))
    [shard] = list_shards(folder, SPEC.fingerprint)
    kept = render_dataset(
        SPEC.name, shard.kept + 1, folder, 1, partial(DatasetRenderer, log), shard_size=SIZE
    )
    assert kept == sum(usable(index) for index in range(20))
    assert words(log)[before:] == [f"index-{index}" for index in range(10, 20)]
    assert shard_path(folder, 0).read_bytes() == first
    for number in (0, 1):
        assert contents(shard_path(folder, number)) == contents(shard_path(alone, number))


def test_two_workers_make_the_same_shards_and_stop_when_there_are_enough(
    tmp_path: Path, log: Path, alone: Path
) -> None:
    folder = tmp_path / "deep" / "data"
    make = partial(DatasetRenderer, log)
    wanted = sum(usable(index) for index in range(20))
    kept = render_dataset(SPEC.name, wanted, folder, 2, make, shard_size=SIZE)
    shards = list_shards(folder, SPEC.fingerprint)
    assert kept == sum(shard.kept for shard in shards) >= wanted
    assert [shard.number for shard in shards][:2] == [0, 1] and len(shards) <= 3
    for shard in shards:
        assert contents(shard.path) == contents(shard_path(alone, shard.number))
    played = words(log)
    assert len(played) == len(set(played))
    assert render_dataset(SPEC.name, wanted, folder, 2, make, shard_size=SIZE) == kept
    assert words(log) == played  # enough is there: nothing is rendered, no worker started


def test_a_worker_that_dies_ends_the_run_with_the_finished_shards_kept(
    tmp_path: Path, log: Path
) -> None:
    make = partial(DatasetRenderer, log, crash_at=13)
    with pytest.raises(RenderError, match=r"renderer died \(exit code 9\); start again"):
        render_dataset(SPEC.name, 100, tmp_path / "data", 1, make, shard_size=SIZE)
    [shard] = list_shards(tmp_path / "data", SPEC.fingerprint)
    assert shard.number == 0


def test_a_renderer_that_does_not_start_is_told(tmp_path: Path, log: Path) -> None:
    with pytest.raises(RenderError, match="cannot load Surge XT"):
        render_dataset(SPEC.name, 100, tmp_path / "data", 1, partial(never_starts, log))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, log: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the folder .*file"):
        render_dataset(SPEC.name, 1, tmp_path / "file" / "x", 1, partial(DatasetRenderer, log))


def test_the_command_names_a_missing_surge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "Surge XT.vst3")
    with pytest.raises(SystemExit) as left:
        rendering.main(["--out", str(tmp_path / "data"), "--surge", missing])
    assert left.value.code == 2 and not (tmp_path / "data").exists()
    message = capsys.readouterr().err
    assert message.startswith("render_dataset: no Surge XT found") and message.count("\n") == 1


def test_splits_are_read_by_index_in_order(tmp_path: Path) -> None:
    write_tiny_shards(tmp_path, shards=2, size=150)
    parts = {
        split: read_split(tmp_path, SPEC.fingerprint, split)
        for split in ("train", "validation", "test")
    }
    assert parts["validation"].indices.tolist() == [0, 100, 200]
    assert parts["test"].indices.tolist() == [1, 101, 201]
    train = parts["train"].indices.tolist()
    assert train == [index for index in range(300) if split_of(index) == "train"]
    expected = tiny_renders(range(300))
    for part in parts.values():
        np.testing.assert_array_equal(part.vectors, expected.vectors[part.indices])
        np.testing.assert_array_equal(part.mels, expected.mels[part.indices])


@pytest.mark.parametrize("limit", [1, 148, 149, 200, 1_000])
def test_a_limit_takes_the_lowest_indices(limit: int, tmp_path: Path) -> None:
    write_tiny_shards(tmp_path, shards=2, size=150)
    part = read_split(tmp_path, SPEC.fingerprint, "train", limit)
    train = [index for index in range(300) if split_of(index) == "train"]
    assert part.indices.tolist() == train[:limit]
    assert len(part.vectors) == len(part.mels) == min(limit, len(train))


def test_shards_of_another_space_or_damaged_are_refused(tmp_path: Path) -> None:
    write_tiny_shards(tmp_path, shards=1, size=20)
    other = load_spec("surge_full").fingerprint
    with pytest.raises(
        PatchError, match=f"holds space {SPEC.fingerprint[:12]}, wanted {other[:12]}"
    ):
        list_shards(tmp_path, other)
    path = shard_path(tmp_path, 0)
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:100], b""):
        path.write_bytes(damaged)
        with pytest.raises(PatchError, match="is damaged.*delete it and render again") as caught:
            read_split(tmp_path, SPEC.fingerprint, "train")
        assert str(path) in str(caught.value)


def test_foreign_files_in_the_folder_are_refused_or_passed_over(tmp_path: Path) -> None:
    write_tiny_shards(tmp_path, shards=1, size=20)
    (tmp_path / "notes.txt").write_text("")
    save_file({"x": np.zeros(1)}, tmp_path / "weights.safetensors")
    assert len(list_shards(tmp_path, SPEC.fingerprint)) == 1
    save_file({"x": np.zeros(1)}, tmp_path / "shard-00009.safetensors")
    with pytest.raises(PatchError, match="shard-00009.safetensors is damaged"):
        list_shards(tmp_path, SPEC.fingerprint)


def test_shards_of_a_full_folder_are_named_not_half_written(tmp_path: Path) -> None:
    renders = tiny_renders(range(3))
    with pytest.raises(OutputError, match=r"shard-00000\.safetensors"):
        write_shard(tmp_path / "no", 0, SPEC, renders, drawn=3, gate_lufs=-55.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.surge
def test_surge_renders_a_small_dataset(surge_path: Path, tmp_path: Path) -> None:
    make = partial(SurgeRenderer, surge_path)
    kept = render_dataset(SPEC.name, 4, tmp_path, 1, make, shard_size=8)
    [shard, *more] = list_shards(tmp_path, SPEC.fingerprint)
    assert kept == shard.kept + sum(s.kept for s in more) >= 4
    with safe_open(shard.path, "numpy") as file:
        indices, mels = file.get_tensor("index"), file.get_tensor("mel")
    assert 0 < len(indices) < 8 and set(indices) < set(range(8))  # some draws are too quiet
    assert len({mel.tobytes() for mel in mels}) == len(mels)
    # The sound starts with the note: nothing is heard before it.
    for index, mel in zip(indices, mels, strict=True):
        onset_frame = int(draw_parameters(SPEC, int(index)).note.on_s * 100)
        assert mel[:, :, : max(0, onset_frame - 3)].max(initial=0) == 0
        assert mel.max() == 255
