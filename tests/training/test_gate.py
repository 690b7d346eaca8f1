from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from training.gate import LOUDNESS_GATE_LUFS, is_usable

RATE_HZ = 44_100
METER = pyloudnorm.Meter(RATE_HZ)


def tone(peak: float, frequency_hz: float = 1_000.0) -> np.ndarray:
    """Two equal channels of a sine: a peak of -20 dB reads -20 LUFS, for both together."""
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    wave = peak * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.stack([wave, wave]).astype(np.float32)


def peak_at(lufs: float) -> float:
    return 10 ** (lufs / 20)


def test_the_reference_tone_reads_what_the_standard_says() -> None:
    assert METER.integrated_loudness(tone(peak_at(-20)).T) == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize(("above_db", "usable"), [(1.0, True), (-1.0, False)])
def test_the_gate_lies_at_55_lufs(above_db: float, usable: bool) -> None:
    assert LOUDNESS_GATE_LUFS == -55.0
    assert is_usable(tone(peak_at(-55 + above_db)), METER) is usable


@pytest.mark.parametrize(("peak", "usable"), [(0.999, True), (1.0, True), (1.001, False)])
def test_clipped_renders_are_left_out(peak: float, usable: bool) -> None:
    audio = tone(0.5)
    audio[1, 1_000] = -peak
    assert is_usable(audio, METER) is usable


@pytest.mark.parametrize("value", [0.0, 1e-5, np.nan, np.inf])
def test_silence_and_what_is_no_sound_are_left_out(value: float) -> None:
    assert not is_usable(np.full((2, RATE_HZ), value, dtype=np.float32), METER)


def test_one_bad_value_spoils_a_render() -> None:
    audio = tone(0.5)
    assert is_usable(audio, METER)
    audio[0, 5] = np.nan
    assert not is_usable(audio, METER)


def test_skipping_the_measurement_of_silence_changes_nothing() -> None:
    """No sound below the level at which measuring is skipped reaches the gate."""
    loudest = max(
        METER.integrated_loudness(tone(10 ** (-65 / 20), frequency_hz).T)
        for frequency_hz in (100, 1_000, 4_000, 16_000)
    )
    assert loudest < LOUDNESS_GATE_LUFS - 3
