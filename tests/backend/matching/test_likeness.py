from __future__ import annotations

import numpy as np
import pytest
from fake_renderers import tone

from backend.matching.likeness import delay_s, profile, transposition
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


def test_what_is_compared_may_be_silent_or_short() -> None:
    sound = profile(tone(Note(57, 0.2, 3.0)))
    for strange in (np.zeros((2, 176_400), np.float32), np.zeros((1, 300), np.float32)):
        silent = profile(strange)
        assert np.isfinite(transposition(sound, silent))
        if strange.shape[1] > 1000:
            assert np.isfinite(delay_s(sound, silent))
