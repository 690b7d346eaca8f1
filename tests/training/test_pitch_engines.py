"""Engines whose notes are known: what is at rest, what is not installed, what is spoken."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.audio.pitch import find_pitch
from backend.synth.draw_parameters import draw_parameters
from backend.synth.renderer import SurgeRenderer
from backend.synth.spec import load_spec
from training.pitch_engines import (
    at_rest,
    csound_sounds,
    espeak_sounds,
    spoken,
    surge_sounds,
    vita_sounds,
)

PROGRAMS = {"csound": csound_sounds, "espeak-ng": espeak_sounds}


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_at_rest_nothing_moves_the_pitch(spec_name: str, rng: np.random.Generator) -> None:
    spec = load_spec(spec_name)
    for index in range(20):
        parameters = at_rest(draw_parameters(spec, index), 31, rng)
        natives = spec.natives(parameters)  # and it is a setting of the space
        assert parameters.note.pitch == 31
        assert natives["a_lfo5_magnitude"] == 0
        for number in (1, 2, 3):
            assert natives[f"a_osc{number}_pitch"] == natives[f"a_osc{number}_param4"] == 0
            assert natives.get(f"a_osc{number}_octave", 0) == 0


def test_what_is_not_installed_yields_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "vita", None)
    for engine in (csound_sounds, espeak_sounds, spoken, vita_sounds):
        assert list(engine(0, 3)) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_plays_the_notes_that_it_is_asked_for(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    sounds = list(PROGRAMS[program](3, 3))
    assert len(sounds) == 3
    for sound in sounds:
        pitch = find_pitch(sound.region)
        assert pitch is not None and pitch.midi == pytest.approx(sound.midi, abs=0.2)


def test_speech_is_no_note() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    (sound,) = spoken(0, 1)
    assert not sound.tonal and sound.region.duration_s > 1


def test_vita_plays_the_notes_that_it_is_asked_for() -> None:
    pytest.importorskip("vita")
    for sound in vita_sounds(3, 3):
        pitch = find_pitch(sound.region)
        assert pitch is not None and pitch.midi == pytest.approx(sound.midi, abs=0.5)


@pytest.mark.surge
def test_surge_at_rest_plays_its_note(surge_path: Path) -> None:
    renderer = SurgeRenderer(surge_path)
    for sound in surge_sounds(renderer, "surge_simple", 3, 2):
        pitch = find_pitch(sound.region)
        assert pitch is not None and pitch.midi == pytest.approx(sound.midi, abs=0.5)
