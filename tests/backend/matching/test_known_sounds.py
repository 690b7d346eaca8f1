from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from preset_files import playing_pool, preset_folder
from small_index import DRAWS, region, voice

from backend.matching import index
from backend.matching.known_sounds import KnownSounds
from backend.matching.preset_scan import scan_presets
from backend.matching.preset_store import PresetStore
from backend.records import AudioRegion, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec

SPEC = load_spec("surge_simple")


@pytest.fixture
def shipped(index_stem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small index in place of the shipped one."""
    monkeypatch.setattr(index, "index_stem", lambda spec_name: index_stem)


@pytest.fixture
def target() -> AudioRegion:
    return region(voice(17, draw_parameters(SPEC, 17).note))


def scan(folder: Path, file: Path) -> None:
    with PresetStore(file) as store:
        scan_presets([folder], store, playing_pool())  # type: ignore[arg-type]


def test_renders_near_a_sound_come_as_vectors(shipped: None, target: AudioRegion) -> None:
    known = KnownSounds(SPEC)
    assert known.renders == len(DRAWS)
    nearby = known.near(target, renders=5, own=2, presets=3)
    assert len(nearby.renders) == 5 and nearby.own == [] and nearby.presets == []
    assert np.allclose(nearby.renders[0][:-3], SPEC.encode(draw_parameters(SPEC, 17))[:-3])
    assert known.near(target, renders=0, own=0, presets=0).renders == []


def test_presets_are_near_once_they_are_known(
    shipped: None, target: AudioRegion, tmp_path: Path
) -> None:
    file = tmp_path / "presets.sqlite"
    known = KnownSounds(SPEC, file)
    assert known.near(target, renders=1, own=2, presets=3).presets == []
    assert known.presets == 0
    scan(preset_folder(tmp_path / "patches"), file)
    sound = region(voice(103, Note(60, 0.3, 2.3)))
    nearby = known.near(sound, renders=1, own=2, presets=3)
    assert [preset.name for preset in nearby.presets][:1] == ["Bell"] and known.presets == 4
    assert len(nearby.presets) == 3 and len(nearby.own) == 2
    assert known.sources(nearby) == ("1 of 60 renders", "2 of your 4 presets")
    bell = SPEC.decode(nearby.own[0]).values
    assert bell["a_osc_1_pitch"] == pytest.approx(
        draw_parameters(SPEC, 103).values["a_osc_1_pitch"], abs=1e-5
    )
    file.unlink()
    assert known.near(sound, renders=1, own=2, presets=3).presets == []


def test_without_an_index_nothing_is_near_and_one_sentence_says_so(
    target: AudioRegion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "index_stem", lambda spec_name: tmp_path / "none")
    known = KnownSounds(SPEC, tmp_path / "presets.sqlite")
    first, second = known.remarks
    assert first.startswith("Without neighbours among renders:")
    assert second.startswith("Without climbs in the search:")
    assert known.climber(target.audio) is None
    nearby = known.near(target, renders=5, own=2, presets=3)
    assert nearby.renders == nearby.own == nearby.presets == []


def test_a_store_that_cannot_be_used_costs_no_match(
    shipped: None, target: AudioRegion, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "presets.sqlite"
    folder.mkdir()
    with caplog.at_level(logging.WARNING):
        nearby = KnownSounds(SPEC, folder).near(target, renders=2, own=2, presets=3)
    assert len(nearby.renders) == 2 and nearby.presets == []
    assert "the user's presets are not used" in caplog.text
