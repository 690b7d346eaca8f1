"""What was heard at another pitch is put in tune, and all presets answer the target's note."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_renderers import tone
from known_notes import RATE_HZ, hz_of, noise, region, saw
from trials import trial_of

from backend.matching.trials import Trial
from backend.matching.tune import LISTENED, Tuner, within
from backend.records import AudioRegion, Candidate, Match, Note, ParameterSet
from backend.synth.patch_file import parse_body, patch_body
from backend.synth.patch_lock import PatchLock
from backend.synth.spec import load_spec

FULL = load_spec("surge_full")


def tuner(midi: int, *sections: str) -> Tuner:
    """One that listens to a saw, in a patch with locked sections."""
    lock = PatchLock(parse_body(patch_body(trial(9, 60).parameters, "Mine"), "Mine"), sections)
    return Tuner(FULL, region(saw(hz_of(midi))), lock if sections else None)


def trial(index: int, pitch: int, heard: int | None = None) -> Trial:
    """A trial on one note, whose render is heard as another."""
    found = trial_of(index, 0.1 * index, Note(pitch, 0.0, 2.0), "surge_full")
    if heard is None:
        return found
    audio = tone(Note(heard, 0.0, 2.0))
    return replace(found, render=replace(found.render, audio=audio))


def sounding(parameters: ParameterSet) -> list[float]:
    natives = FULL.natives(parameters)
    return [
        parameters.note.pitch + 12 * natives[f"a_osc{n}_octave"] + natives[f"a_osc{n}_pitch"]
        for n in (1, 2, 3)
    ]


def test_what_is_off_is_moved_by_what_it_is_off() -> None:
    trials = [trial(0, 60), trial(1, 55), trial(2, 60, heard=48)]
    low, high = tuner(60).in_tune(trials)
    for vector, was, interval in ((low, trials[1], 5), (high, trials[2], 12)):
        assert vector.dtype == np.float32 and np.abs(vector).max() <= 1
        moved = [
            now - before
            for now, before in zip(
                sounding(FULL.decode(vector)), sounding(was.parameters), strict=True
            )
        ]
        # A muted oscillator may be out of reach; what is heard moves, and all of it alike.
        assert max(moved) == pytest.approx(interval, abs=0.01)
        assert FULL.decode(vector).note.pitch % 12 == 0


@pytest.mark.parametrize("sound", [noise(1.0), np.zeros(44_100)], ids=["noise", "silence"])
def test_a_sound_without_a_note_moves_nothing(sound: np.ndarray) -> None:
    audio = np.stack([sound, sound]).astype(np.float32)
    deaf = Tuner(FULL, AudioRegion(audio, RATE_HZ, "x"), None)
    trials = [trial(0, 60), trial(1, 55)]
    assert deaf.in_tune(trials) == []
    matches = matches_of(trials)
    assert deaf.on_note(matches) == matches
    assert deaf.remarks != () and tuner(60).remarks == ()


def test_a_render_without_a_note_is_left_alone() -> None:
    hiss = replace(trial(0, 60), render=region(noise(1.0)))
    assert hiss.render.sample_rate_hz == RATE_HZ
    assert tuner(50).in_tune([hiss]) == []


def test_only_the_nearest_are_listened_to() -> None:
    trials = [trial(index, 55) for index in range(LISTENED + 3)]
    assert 0 < len(tuner(60).in_tune(trials)) <= LISTENED


def test_locked_oscillators_keep_their_pitch_and_the_note_moves() -> None:
    (vector,) = tuner(60, "osc").in_tune([trial(1, 55)])
    before, after = FULL.encode(trial(1, 55).parameters), vector
    assert np.array_equal(before[:-3], after[:-3])
    assert FULL.decode(after).note.pitch == 60


def matches_of(trials: list[Trial]) -> list[Match]:
    return [
        Match(place + 1, Candidate(one.parameters, place + 1), one.render)
        for place, one in enumerate(trials)
    ]


@pytest.mark.parametrize("target", [40, 60, 75])
def test_presets_sound_as_they_did_on_the_target_s_note(target: int) -> None:
    matches = matches_of([trial(index, 50 + 2 * index) for index in range(6)])
    moved = tuner(target).on_note(matches)
    for before, after in zip(matches, moved, strict=True):
        parameters = after.candidate.parameters
        assert after.render is before.render and after.rank == before.rank
        assert (parameters.note.pitch - target) % 12 == 0
        apart = np.subtract(sounding(parameters), sounding(before.candidate.parameters))
        assert min(abs(apart)) < 0.01
    # Oscillators that stand octaves apart already may not reach it, but an octave of it.
    assert any(match.candidate.parameters.note.pitch == target for match in moved)


def test_the_user_s_own_keytracking_is_not_touched() -> None:
    matches = matches_of([trial(0, 50)])
    assert tuner(60, "filter").on_note(matches) == matches
    (moved,) = tuner(60, "effects").on_note(matches)
    assert moved.candidate.parameters.note.pitch % 12 == 0


@pytest.mark.parametrize("target", [24, 40, 47, 73, 90])
def test_what_was_handed_over_is_brought_back_into_the_space(target: int) -> None:
    for match in tuner(target).on_note(matches_of([trial(index, 60) for index in range(6)])):
        handed = match.candidate.parameters
        found = within(FULL, handed)
        FULL.encode(found)
        apart = np.subtract(sounding(found), sounding(handed))
        assert min(abs(apart)) < 0.01
        assert within(FULL, found) is found
