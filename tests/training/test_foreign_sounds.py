"""The set of foreign sounds: reproducible, at least 40, and read as targets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from training import foreign_sounds
from training.foreign_sounds import MODELS, physical_sounds, write_set
from training.targets import folder_targets


@pytest.fixture
def no_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vita_sounds", "csound_sounds", "espeak_sounds", "spoken"):
        monkeypatch.setattr(foreign_sounds, name, lambda seed, count: iter(()))


def test_the_models_alone_are_a_set_that_evaluate_reads(
    tmp_path: Path, no_engines: None, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made" / "foreign"
    assert foreign_sounds.main(["--out", str(out), "--each", "2"]) == 0
    assert f"{2 * len(MODELS)} sounds in {out}" in capsys.readouterr().out
    targets = folder_targets(out)
    items = json.loads((out / "index.json").read_text("utf-8"))["items"]
    assert len(targets) == len(items) == 2 * len(MODELS)
    made = list(physical_sounds(0, 2))
    for target, item, sound in zip(targets, items, made, strict=True):
        assert target.audio.shape == (2, 176_400) and target.again is None
        assert item["source"] == sound.source and item["hz"] == sound.hz
        assert target.note is not None and target.note.pitch == round(sound.midi)
        length = sound.region.audio.shape[1]
        assert np.abs(target.audio[:, :length] - sound.region.audio).max() < 1e-6
        assert not target.audio[:, length:].any()


def test_the_default_is_at_least_forty_with_engines() -> None:
    assert 4 * (len(MODELS) + 2 * 3 + 1) >= 40


def test_the_seed_decides_all(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        assert write_set(tmp_path / name, physical_sounds(seed, 1)) == len(MODELS)
    for number in range(len(MODELS)):
        one, same, other = (
            (tmp_path / name / f"{number:03}.wav").read_bytes() for name in ("one", "same", "other")
        )
        assert one == same != other


def test_a_folder_that_cannot_be_made_is_told_in_a_line(
    tmp_path: Path, no_engines: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="2"):
        foreign_sounds.main(["--out", str(tmp_path / "file" / "foreign"), "--each", "1"])
    assert capsys.readouterr().err.startswith("foreign_sounds: ")
