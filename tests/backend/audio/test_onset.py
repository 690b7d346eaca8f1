"""Loudness in frames, and the first one that counts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from backend.audio.onset import (
    DIGITAL_SILENCE_DB,
    LevelMeter,
    first_onset,
    onset_after_tail,
)

RATE_HZ = 44_100


def square(samples: int, gain: float) -> np.ndarray:
    return np.float32(gain) * np.where(np.arange(samples) % 2, 1, -1).astype(np.float32)[None]


def test_a_full_scale_square_wave_is_at_0_db() -> None:
    meter = LevelMeter(RATE_HZ)
    meter.add(square(RATE_HZ, 1.0))
    meter.finish()
    assert meter.frame_samples == 441
    # An odd frame of +-1 has a mean of 1/441, and the median of these is 0.
    assert_allclose(meter.levels_db(), np.zeros(100), atol=0.05)


def test_levels_do_not_depend_on_block_sizes() -> None:
    audio = np.random.default_rng(1).standard_normal((2, 30_001)).astype(np.float32)
    whole, parts = LevelMeter(RATE_HZ), LevelMeter(RATE_HZ)
    whole.add(audio)
    for start in range(0, 30_001, 1000):
        parts.add(audio[:, start : start + 1000])
    whole.finish()
    parts.finish()
    assert len(whole.levels_db()) == 69
    assert_allclose(parts.levels_db(), whole.levels_db())


@pytest.mark.parametrize("offset", [0.0, 0.5, -3.0, 1e6])
def test_a_constant_is_silence_at_its_own_offset(offset: float) -> None:
    meter = LevelMeter(RATE_HZ)
    meter.add(np.full((2, 50_000), offset, dtype=np.float32))
    meter.finish()
    assert_allclose(meter.offset, [[offset], [offset]])
    assert meter.levels_db().max() == DIGITAL_SILENCE_DB
    assert first_onset(meter.levels_db()) is None


def test_an_offset_does_not_hide_the_level() -> None:
    plain, shifted = LevelMeter(RATE_HZ), LevelMeter(RATE_HZ)
    audio = square(44_100, 0.1)
    plain.add(audio)
    shifted.add(audio + np.float32(0.7))
    assert_allclose(shifted.levels_db(), plain.levels_db(), atol=0.01)


def test_a_lopsided_wave_between_silences_is_no_offset() -> None:
    meter = LevelMeter(RATE_HZ)
    audio = np.zeros((1, 44_100), dtype=np.float32)
    audio[:, 5_000:15_000] = 0.5 + square(10_000, 0.2)
    meter.add(audio)
    assert meter.offset.item() == 0.0


@pytest.mark.parametrize("hz", [27.5, 50.0, 100.0, 440.0])
@pytest.mark.parametrize("frames", [100, 101])
def test_a_tone_has_no_offset(hz: float, frames: int) -> None:
    meter = LevelMeter(RATE_HZ)
    wave = np.sin(2 * np.pi * hz * np.arange(frames * meter.frame_samples) / RATE_HZ)
    meter.add(wave[None].astype(np.float32))
    assert abs(meter.offset.item()) < 0.01


def test_the_onset_is_the_first_frame_within_30_db_of_the_loudest() -> None:
    levels = np.array([-200.0, -60.0, -41.0, -39.0, -20.0, -10.0, -50.0])
    assert first_onset(levels) == 3
    assert first_onset(levels[:4]) == 1
    assert first_onset(np.full(5, -81.0)) is None
    assert first_onset(np.zeros(0)) is None


FALLING = np.linspace(-20, -45, 60)


@pytest.mark.parametrize(
    ("levels_db", "onset"),
    [
        ([*FALLING, *[-3.0] * 40], 60),  # an attack after a tail
        ([*FALLING, -14.0, -9.0, *[-3.0] * 40], 60),  # which takes a few frames
        ([*FALLING, *[-12.0] * 40], 0),  # an echo, hardly louder
        ([*np.linspace(-20, -3, 60)], 0),  # a swell
        ([-33.0, *[-20.0] * 50, *[-3.0] * 40], 0),  # a soft note with its own attack
        ([-60.0, *FALLING, *[-3.0] * 40], 1),  # and one after silence
        ([*FALLING], 0),
        ([-20.0, -3.0], 0),
        ([-100.0] * 9, None),
    ],
)
def test_a_tail_is_no_onset(levels_db: list[float], onset: int | None) -> None:
    assert onset_after_tail(np.array(levels_db)) == onset
