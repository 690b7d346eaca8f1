"""Sounds whose note is known, and sounds that have none, for the tests of pitch and character."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from backend.records import AudioRegion

RATE_HZ = 44_100

FloatArray = npt.NDArray[np.float64]


def hz_of(midi: float) -> float:
    return 440 * 2 ** ((midi - 69) / 12)


def seconds(duration_s: float, rate_hz: int = RATE_HZ) -> FloatArray:
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def harmonics(
    hz: float | FloatArray, levels: list[float], duration_s: float = 1.0, rate_hz: int = RATE_HZ
) -> FloatArray:
    """Sum harmonics 1, 2, ... of a frequency that may move, each with a phase of its own."""
    times_s = seconds(duration_s, rate_hz)
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, times_s.shape)) / rate_hz
    sound = np.zeros(len(times_s))
    for number, level in enumerate(levels, start=1):
        sound += level * np.sin(number * phase + 2.4 * number**2)
    return sound


def saw(hz: float, duration_s: float = 1.0, rate_hz: int = RATE_HZ) -> FloatArray:
    highest = max(1, int(0.45 * rate_hz / hz))
    return harmonics(hz, [1 / n for n in range(1, min(40, highest) + 1)], duration_s, rate_hz)


def noise(duration_s: float = 1.0, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))


def region(
    sound: FloatArray, *, peak: float = 0.5, rate_hz: int = RATE_HZ, name: str = "sound"
) -> AudioRegion:
    """Return a sound as stereo with the given peak."""
    audio = np.stack([sound, sound]) * peak / np.abs(sound).max()
    return AudioRegion(audio.astype(np.float32), rate_hz, name)
