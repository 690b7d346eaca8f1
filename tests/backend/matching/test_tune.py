"""What was heard at another pitch is put in tune, and all presets answer the target's note."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_renderers import tone
from known_notes import RATE_HZ, noise, region
from trials import trial_of

from backend.audio.pitch import Pitch, pitch_of
from backend.matching.trials import Trial
from backend.matching.tune import LISTENED, in_tune, on_note, within
from backend.records import Candidate, Match, Note, ParameterSet
from backend.synth.patch_file import parse_body, patch_body
from backend.synth.patch_lock import PatchLock
from backend.synth.spec import load_spec

FULL = load_spec("surge_full")
NOISE = Pitch(440.0, 69.0, 0.1, False)


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
    low, high = in_tune(FULL, trials, pitch_of(60))
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


@pytest.mark.parametrize("target", [None, NOISE])
def test_a_target_without_a_note_moves_nothing(target: Pitch | None) -> None:
    trials = [trial(0, 60), trial(1, 55)]
    assert in_tune(FULL, trials, target) == []
    matches = matches_of(trials)
    assert on_note(matches, target) == matches


def test_a_render_without_a_note_is_left_alone() -> None:
    hiss = replace(trial(0, 60), render=region(noise(1.0)))
    assert hiss.render.sample_rate_hz == RATE_HZ
    assert in_tune(FULL, [hiss], pitch_of(50)) == []


def test_only_the_nearest_are_listened_to() -> None:
    trials = [trial(index, 55) for index in range(LISTENED + 3)]
    assert 0 < len(in_tune(FULL, trials, pitch_of(60))) <= LISTENED


def locked(*sections: str) -> PatchLock:
    return PatchLock(parse_body(patch_body(trial(9, 60).parameters, "Mine"), "Mine"), sections)


def test_locked_oscillators_keep_their_pitch_and_the_note_moves() -> None:
    (vector,) = in_tune(FULL, [trial(1, 55)], pitch_of(60), locked("osc"))
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
    moved = on_note(matches, pitch_of(target))
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
    assert on_note(matches, pitch_of(60), locked("filter")) == matches
    (moved,) = on_note(matches, pitch_of(60), locked("effects"))
    assert moved.candidate.parameters.note.pitch % 12 == 0


@pytest.mark.parametrize("target", [24, 40, 47, 73, 90])
def test_what_was_handed_over_is_brought_back_into_the_space(target: int) -> None:
    for match in on_note(matches_of([trial(index, 60) for index in range(6)]), pitch_of(target)):
        handed = match.candidate.parameters
        found = within(FULL, handed)
        FULL.encode(found)
        apart = np.subtract(sounding(found), sounding(handed))
        assert min(abs(apart)) < 0.01
        assert within(FULL, found) is found
