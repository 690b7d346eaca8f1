"""What fits a spectrum best."""

from __future__ import annotations

import numpy as np
import pytest
from known_notes import harmonics, noise, region, saw

from backend.audio.frames import heard_frames
from backend.audio.pitch_strength import HIGHEST_HZ, LOWEST_HZ, pitch_grid, pitch_strengths


def strengths(sound: np.ndarray) -> np.ndarray:
    heard = heard_frames(region(sound))
    assert heard is not None
    return pitch_strengths(heard)


def test_the_grid_has_48_steps_an_octave() -> None:
    grid = pitch_grid()
    assert grid[0] == LOWEST_HZ and HIGHEST_HZ * 0.98 < grid[-1] <= HIGHEST_HZ
    assert np.diff(np.log2(grid)) == pytest.approx(1 / 48, abs=1e-5)


@pytest.mark.parametrize("hz", [33.0, 110.0, 441.0, 1800.0, 7000.0])
def test_a_saw_fits_at_its_pitch_and_not_an_octave_off(hz: float) -> None:
    found = strengths(saw(hz))
    best = int(np.argmax(found))
    assert abs(1200 * np.log2(pitch_grid()[best] / hz)) < 40
    assert 0.3 < found[best] <= 1.0
    assert found[best + 48] < 0.7 * found[best] and found[max(0, best - 48)] < 0.7 * found[best]


def test_odd_harmonics_alone_do_not_mislead() -> None:
    found = strengths(harmonics(196.0, [n % 2 / n for n in range(1, 30)]))
    assert abs(1200 * np.log2(pitch_grid()[np.argmax(found)] / 196)) < 40


def test_noise_fits_nowhere() -> None:
    assert strengths(noise(2.0)).max() < 0.1
