from __future__ import annotations

import numpy as np
import pytest
from fake_renderers import tone

from backend.matching.likeness import delay_s, louder_db, profile, transposition
from backend.records import Note


@pytest.mark.parametrize("later_s", [-0.5, -0.02, 0.0, 0.3, 1.4])
def test_a_delay_is_measured(later_s: float) -> None:
    render = profile(tone(Note(57, 1.0, 2.0)))
    target = profile(tone(Note(57, 1.0 + later_s, 2.0 + later_s)))
    assert delay_s(target, render) == pytest.approx(later_s, abs=0.006)


@pytest.mark.parametrize("semitones", [-24, -7, 0, 1, 12])
def test_a_transposition_is_measured(semitones: int) -> None:
    render, target = (profile(tone(Note(pitch, 0.2, 3.0))) for pitch in (57, 57 + semitones))
    assert transposition(target, render) == pytest.approx(semitones, abs=0.2)


@pytest.mark.parametrize("decibel", [-30.0, -1.5, 0.0, 6.0])
def test_a_level_is_measured(decibel: float) -> None:
    sound = tone(Note(57, 0.2, 3.0))
    target = profile(sound * np.float32(10.0 ** (decibel / 20.0)))
    assert louder_db(target, profile(sound)) == pytest.approx(decibel, abs=0.01)


def test_what_is_compared_may_be_silent_or_short() -> None:
    sound = profile(tone(Note(57, 0.2, 3.0)))
    for strange in (np.zeros((2, 176_400), np.float32), np.zeros((1, 300), np.float32)):
        silent = profile(strange)
        assert np.isfinite(transposition(sound, silent))
        if strange.shape[1] > 1000:
            assert np.isfinite(delay_s(sound, silent))
        assert np.isfinite(louder_db(sound, silent))
