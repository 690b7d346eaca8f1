from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from backend.errors import WeightsError
from backend.matching import index_file
from backend.matching.index_file import read_index, save_index
from backend.records import ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import ParameterSpec


@pytest.fixture
def stem(index_stem: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    for ending in (".json", ".safetensors"):
        shutil.copy(index_stem.with_name(index_stem.name + ending), tmp_path / f"copy{ending}")
    return tmp_path / "copy"


def edit(stem: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = stem.with_name(stem.name + ".json")
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def edit_tensors(stem: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = stem.with_name(stem.name + ".safetensors")
    tensors = safetensors.numpy.load_file(path)
    change(tensors)
    data = safetensors.numpy.save(tensors)
    path.write_bytes(data)
    edit(stem, lambda said: said.update(tensors_sha256=hashlib.sha256(data).hexdigest()))


def test_what_was_written_is_read(stem: Path, tmp_path: Path) -> None:
    index = read_index(stem)
    size = save_index(tmp_path / "again", index)
    assert size == sum(path.stat().st_size for path in tmp_path.glob("again.*"))
    again = read_index(tmp_path / "again")
    step = np.abs(index.sounds.vectors).max(axis=0) / 127
    assert (np.abs(again.sounds.vectors - index.sounds.vectors) <= 0.5 * step + 1e-6).all()
    assert np.array_equal(again.draws, index.draws)
    assert np.array_equal(again.sounds.pitches, index.sounds.pitches)
    assert np.allclose(again.sounds.leads_s, index.sounds.leads_s, atol=0.0006)
    assert again.spec is index.spec and again.provenance == index.provenance


def test_the_order_in_memory_does_not_matter(stem: Path, tmp_path: Path) -> None:
    index = read_index(stem)
    sounds = replace(index.sounds, vectors=np.asfortranarray(index.sounds.vectors))
    for name, one in (("usual", index), ("turned", replace(index, sounds=sounds))):
        save_index(tmp_path / name, one)
    usual, turned = (read_index(tmp_path / name).sounds.vectors for name in ("usual", "turned"))
    assert np.array_equal(usual, turned)


def test_a_render_takes_little_room(stem: Path) -> None:
    index = read_index(stem)
    tensors = safetensors.numpy.load_file(stem.with_name("copy.safetensors"))
    per_render = ("draws", "vectors", "pitches", "leads_ms")
    size = sum(tensors[name].nbytes for name in per_render) / len(index.draws)
    assert size == index.embedding.width + 7


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "format": (lambda said: said.update(format="cake"), "does not describe an index"),
    "version": (lambda said: said.update(format_version=2), "has format version 2"),
    "key": (lambda said: said.pop("renders"), "must have exactly the keys"),
    "digest": (lambda said: said.update(tensors_sha256="aa"), "is damaged or belongs"),
    "space": (lambda said: said.update(spec_name="surge_huge"), "is too new"),
    "fingerprint": (lambda said: said.update(spec_fingerprint="aa"), "made for another"),
    "draws": (lambda said: said.update(draws_sha256="aa"), "draws other surge_simple"),
    "count": (lambda said: said.update(renders=7), "draws has shape"),
    "scalar": (lambda said: said["embedding"].pop("noise"), "is no index of renders"),
    "no scalars": (lambda said: said.update(embedding=None), "is no index of renders"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_description_is_one_sentence(stem: Path, fault: str) -> None:
    change, words = FAULTS[fault]
    edit(stem, change)
    with pytest.raises(WeightsError, match=words):
        read_index(stem)


@pytest.mark.parametrize("name", ["mean", "components", "vectors", "pitches", "leads_ms"])
def test_tensors_of_a_wrong_shape_are_refused(stem: Path, name: str) -> None:
    edit_tensors(stem, lambda tensors: tensors.update({name: tensors[name][:-1]}))
    with pytest.raises(WeightsError, match="has shape"):
        read_index(stem)


def test_a_missing_tensor_is_refused(stem: Path) -> None:
    edit_tensors(stem, lambda tensors: tensors.pop("step"))
    with pytest.raises(WeightsError, match="is no index of renders"):
        read_index(stem)


@pytest.mark.parametrize("ending", [".json", ".safetensors"])
def test_a_missing_or_cut_file_is_one_sentence(stem: Path, ending: str) -> None:
    path = stem.with_name(stem.name + ending)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(WeightsError):
        read_index(stem)
    path.unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        read_index(stem)


def test_an_index_of_other_draws_is_not_used(stem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(spec: ParameterSpec, index: int) -> ParameterSet:
        return draw_parameters(spec, index + 1)

    monkeypatch.setattr(index_file, "draw_parameters", other)
    with pytest.raises(WeightsError, match="draws other surge_simple parameters"):
        read_index(stem)
