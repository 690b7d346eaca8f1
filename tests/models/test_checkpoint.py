from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from tiny_model import tiny_model_config

from models import checkpoint
from models.checkpoint import (
    CheckpointError,
    load_checkpoint,
    read_description,
    save_checkpoint,
)
from models.features import FeatureConfig
from models.inversion import InversionModel
from models.sampler import SamplerConfig

SAMPLER = SamplerConfig(method="ab2", steps=5, guidance=1.5)
CONFIG = tiny_model_config(
    feature=FeatureConfig(samples=44_100, mels=32),
    encoder={"stem_channels": (8,)},
    velocity={"tokens": 4},
)


@pytest.fixture
def model() -> InversionModel:
    torch.manual_seed(0)
    return InversionModel(CONFIG).eval()


@pytest.fixture
def stem(tmp_path: Path, model: InversionModel) -> Path:
    stem = tmp_path / "folder" / "simple-1.0"
    save_checkpoint(
        stem,
        model,
        spec_fingerprint="aa11",
        provenance={"steps": 10, "data": {"renders": 40_000}},
        sampler=SAMPLER,
        stored_as="float32",
    )
    return stem


def edit(stem: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = stem.with_name(stem.name + ".json")
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def replace_weights(stem: Path, data: bytes) -> None:
    stem.with_name(stem.name + ".safetensors").write_bytes(data)
    edit(stem, lambda v: v.update(weights_sha256=hashlib.sha256(data).hexdigest()))


def fault(stem: Path, fingerprint: str | None = "aa11") -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(stem, spec_fingerprint=fingerprint)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 1000
    return message


def test_float32_round_trip_is_exact(stem: Path, model: InversionModel) -> None:
    loaded = load_checkpoint(stem, spec_fingerprint="aa11")
    assert not loaded.model.training
    audio = np.random.default_rng(0).standard_normal((2, 44_100)).astype(np.float32)
    np.testing.assert_array_equal(
        loaded.model.sample(audio, count=2, seed=1, sampler=SAMPLER),
        model.sample(audio, count=2, seed=1, sampler=SAMPLER),
    )
    described = loaded.description
    assert described == read_description(stem)
    assert described.config == CONFIG and described.sampler == SAMPLER
    assert described.provenance == {"steps": 10, "data": {"renders": 40_000}}


@pytest.mark.parametrize(("stored_as", "relative"), [("float16", 2**-11), ("bfloat16", 2**-8)])
def test_half_precision_is_half_the_size_and_near(
    tmp_path: Path, model: InversionModel, stem: Path, stored_as: Any, relative: float
) -> None:
    model.encoder.set_statistics(torch.full((2, 32, 1), -31.2345), torch.full((2, 32, 1), 9.8765))
    half = tmp_path / "half"
    save_checkpoint(half, model, spec_fingerprint="a", provenance={}, stored_as=stored_as)
    full_bytes = stem.with_name(stem.name + ".safetensors").stat().st_size
    assert half.with_suffix(".safetensors").stat().st_size < 0.6 * full_bytes
    loaded = load_checkpoint(half, spec_fingerprint="a").model
    for name, tensor in loaded.state_dict().items():
        assert tensor.dtype == torch.float32
        wanted = model.state_dict()[name]
        torch.testing.assert_close(tensor, wanted, atol=1e-7, rtol=relative)
    assert torch.equal(loaded.encoder.mel_mean, model.encoder.mel_mean)


def test_same_model_same_bytes(stem: Path, model: InversionModel, tmp_path: Path) -> None:
    again = tmp_path / "again"
    for _ in range(2):  # the second overwrites the first
        save_checkpoint(again, model, spec_fingerprint="aa11", provenance={}, stored_as="float32")
    first = stem.with_name(stem.name + ".safetensors").read_bytes()
    assert again.with_suffix(".safetensors").read_bytes() == first


def test_fingerprint_mismatch_shows_both(stem: Path) -> None:
    message = fault(stem, "bb22")
    assert "aa11" in message and "bb22" in message
    assert load_checkpoint(stem, spec_fingerprint=None).description.spec_fingerprint == "aa11"


@pytest.mark.parametrize("ending", [".json", ".safetensors"])
def test_missing_file(stem: Path, ending: str) -> None:
    path = stem.with_name(stem.name + ending)
    path.unlink()
    assert str(path) in fault(stem) and "does not exist" in fault(stem)


@pytest.mark.parametrize("ending", [".json", ".safetensors"])
def test_a_folder_in_place_of_a_file(stem: Path, ending: str) -> None:
    path = stem.with_name(stem.name + ending)
    path.unlink()
    path.mkdir()
    assert "cannot be read" in fault(stem)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_not_json(stem: Path, data: bytes) -> None:
    stem.with_name(stem.name + ".json").write_bytes(data)
    assert "is not JSON" in fault(stem)


def test_an_enormous_description(stem: Path) -> None:
    stem.with_name(stem.name + ".json").write_bytes(b" " * 1_000_001)
    assert "1000001 bytes" in fault(stem)


@pytest.mark.parametrize("text", ["[]", "3", '{"format": "onnx"}', "{}"])
def test_foreign_format(stem: Path, text: str) -> None:
    stem.with_name(stem.name + ".json").write_text(text)
    assert "does not describe Synthmatch weights" in fault(stem)


@pytest.mark.parametrize("version", [2, 0, "1", None, True])
def test_other_version(stem: Path, version: object) -> None:
    edit(stem, lambda v: v.update(format_version=version))
    assert f"format version {version!r}" in fault(stem)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.update(extra=1), "'extra'"),
        (lambda v: v.pop("sampler"), "'sampler'"),
        (lambda v: v.update(spec_fingerprint=5), "spec_fingerprint"),
        (lambda v: v.update(provenance=[]), "provenance"),
        (lambda v: v.update(spec_name="surge_full"), "'surge_full'"),
        (lambda v: v["model"].update(colour="red"), "unknown key 'colour'"),
        (lambda v: v["model"]["velocity"].update(width=10**9), "velocity width is 1000000000"),
        (lambda v: v["model"]["velocity"].update(layers=3), "queries"),
        (lambda v: v["sampler"].update(steps=-1), "sampler steps is -1"),
    ],
)
def test_wrong_contents(
    stem: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    edit(stem, change)
    assert message in fault(stem)


def test_truncated_or_changed_weights(stem: Path) -> None:
    path = stem.with_name(stem.name + ".safetensors")
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    assert "damaged" in fault(stem)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert hashlib.sha256(data).hexdigest() in fault(stem)


def test_weights_that_are_not_safetensors(stem: Path) -> None:
    replace_weights(stem, b"PK\x03\x04 a pickle in a zip, perhaps")
    assert "is not a safetensors file" in fault(stem)


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("surprise", torch.zeros(1), "has the unknown tensor 'surprise'"),
        ("encoder.out.bias", None, "lacks tensor 'encoder.out.bias'"),
        ("encoder.out.bias", torch.zeros(17), "shape (17,)"),
        ("encoder.out.bias", torch.zeros(16, dtype=torch.int32), "torch.int32"),
        ("encoder.out.bias", torch.full((16,), torch.nan), "NaN"),
    ],
)
def test_other_tensors(
    stem: Path, model: InversionModel, name: str, tensor: torch.Tensor | None, message: str
) -> None:
    tensors = dict(model.state_dict())
    tensors.pop(name, None)
    if tensor is not None:
        tensors[name] = tensor
    replace_weights(stem, safetensors.torch.save(tensors))
    assert message in fault(stem)


def test_parameters_that_are_not_finite_are_not_written(
    tmp_path: Path, model: InversionModel
) -> None:
    with torch.no_grad():
        model.encoder.out.bias[0] = 1e6
    with pytest.raises(CheckpointError, match="encoder.out.bias is not finite as float16"):
        save_checkpoint(tmp_path / "x", model, spec_fingerprint="a", provenance={})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_files_and_no_remains(
    stem: Path, model: InversionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in stem.parent.iterdir()}

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(stem, model, spec_fingerprint="other", provenance={})
    assert {path.name: path.read_bytes() for path in stem.parent.iterdir()} == before
