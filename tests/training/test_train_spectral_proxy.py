"""The spectral proxy is trained on moments of shards, and measured on renders kept from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.matching.control_layout import control_layout
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.spec import load_spec
from models.proxy_file import load_spectral_proxy
from models.spectral_proxy import SpectralProxyConfig
from training.dataset import RenderedSet, write_shard
from training.train_spectral_proxy import (
    FRAME_S,
    MOMENTS,
    main,
    quality,
    read_moments,
    train_spectral_proxy,
)

SPEC = load_spec("surge_simple")
SMALL = SpectralProxyConfig(hidden_width=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One shard of 102 made-up sounds: a hump of noise, as high as the first filter's cutoff."""
    folder = tmp_path_factory.mktemp("shards")
    indices = np.arange(1000, 1102)
    drawn = [draw_parameters(SPEC, int(index)) for index in indices]
    vectors = np.stack([SPEC.encode(one) for one in drawn])
    mels = np.zeros((len(indices), 2, 128, 401), dtype=np.uint8)
    bands = np.arange(128)
    for mel, one in zip(mels, drawn, strict=True):
        centre = 20 + 90 * float(one.values["a_filter_1_cutoff"])
        hump = 250 * np.exp(-(((bands - centre) / 12.0) ** 2))
        note = slice(int(one.note.on_s / FRAME_S), int(one.note.off_s / FRAME_S) + 1)
        mel[:, :, note] = hump[None, :, None].astype(np.uint8)
    write_shard(folder, 1, SPEC, RenderedSet(indices, vectors, mels), drawn=1000, gate_lufs=-55.0)
    return folder


def test_moments_are_of_the_split_at_rest_and_mostly_within_the_note(folder: Path) -> None:
    known = read_moments([folder], SPEC, "train")
    assert (len(known.vectors), len(read_moments([folder], SPEC, "validation").vectors)) == (98, 2)
    assert known.spectra.shape == (98, MOMENTS, 128)
    np.testing.assert_array_equal(Equivalents(SPEC).at_rest(known.vectors), known.vectors)
    notes = [SPEC.decode(vector).note for vector in known.vectors]
    on = np.array([[note.on_s] for note in notes]) / FRAME_S
    off = np.array([[note.off_s] for note in notes]) / FRAME_S
    assert (known.frames >= on - 2).all()
    assert ((known.frames <= off + 4).mean(axis=1) >= 0.6).all()
    heard = known.spectra.any(axis=2)
    within = (known.frames > on + 1) & (known.frames < off - 1)
    assert heard[within].all() and not heard[known.frames > off + 2].any()
    assert len(read_moments([folder], SPEC, "train", 5).vectors) == 5


def test_it_learns_and_the_same_seed_gives_the_same_weights(folder: Path) -> None:
    known, unknown = (read_moments([folder], SPEC, split) for split in ("train", "test"))
    before, after, again = (
        train_spectral_proxy(known, SPEC, SMALL, steps=steps) for steps in (1, 150, 150)
    )
    assert quality(after, unknown)[0] < 0.8 * quality(before, unknown)[0]
    for one, other in zip(after.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0)


def test_the_command_writes_a_proxy_of_its_space(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "proxy.safetensors"
    arguments = ["--spec", SPEC.name, "--data", str(folder), "--out", str(out)]
    assert main([*arguments, "--steps", "3", "--hidden", "12"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["renders"], report["validated"], report["steps"]) == (98, 2, 3)
    proxy = load_spectral_proxy(out, control_layout(SPEC), spec_fingerprint=SPEC.fingerprint)
    assert proxy.config == SMALL


def test_missing_data_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--spec", SPEC.name, "--data", str(tmp_path), "--out", str(tmp_path / "p")])
    assert capsys.readouterr().err.count("\n") == 1
