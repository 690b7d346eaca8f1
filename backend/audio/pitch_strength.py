"""How well each possible pitch fits the spectrum of a sound: SWIPE' over four seconds at once.

After Camacho and Harris, *A sawtooth waveform inspired pitch estimator for speech and music*, JASA
124(3), 2008: the square root of the spectrum on an ERB scale is compared with a sawtooth's, of
which only the first and the prime harmonics count, with valleys between them; so neither a
multiple nor a part of the pitch fits as well. For each pitch the two windows nearest to eight
periods are used. Ours: all windows at the same moments, matrix products, and no frame is decided
alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from backend.audio.frames import RATE_HZ, FloatArray, HeardFrames, Places

#: The pitches that are tried: from below the lowest note of a piano to where hearing ends.
LOWEST_HZ, HIGHEST_HZ, STEPS_PER_OCTAVE = 24.0, 18_000.0, 48

#: Window lengths, longest first, and how many periods of its pitch a window should hold.
WINDOWS_SAMPLES = tuple(1 << power for power in range(14, 7, -1))
PERIODS = 8

#: Step of the frequency scale in ERB, and its range: from two octaves below the lowest pitch.
ERB_STEP = 0.1
GRID_LOW_HZ, GRID_HIGH_HZ = LOWEST_HZ / 4, 0.98 * RATE_HZ / 2


@cache
def pitch_grid() -> FloatArray:
    """Return the pitches that are tried, Hz, ``(pitches,)``, 25 cents apart."""
    steps = int(np.log2(HIGHEST_HZ / LOWEST_HZ) * STEPS_PER_OCTAVE) + 1
    grid: FloatArray = (LOWEST_HZ * 2 ** (np.arange(steps) / STEPS_PER_OCTAVE)).astype(np.float32)
    return grid


def pitch_strengths(heard: HeardFrames) -> FloatArray:
    """Return how well each pitch of the grid fits a sound, ``(pitches,)``, 0..1.

    A sawtooth reaches about 0.6 at its pitch, noise less than 0.1 anywhere.
    """
    fits = np.zeros((len(heard.centres), len(pitch_grid())), np.float32)
    for size, share in zip(WINDOWS_SAMPLES, _window_shares(), strict=True):
        used = np.flatnonzero(share)
        place = slice(int(used[0]), int(used[-1]) + 1)
        lower, fraction = _grid_bins(size)
        magnitudes = np.abs(heard.spectra(size))
        loud = magnitudes[:, lower] * (1 - fraction) + magnitudes[:, lower + 1] * fraction
        loud = np.sqrt(loud)
        loud /= np.linalg.norm(loud, axis=1, keepdims=True) + 1e-12
        fits[:, place] += (loud @ _kernels()[place].T) * share[place]
    strengths: FloatArray = heard.weights @ np.maximum(fits, 0.0)
    return strengths


@cache
def _frequencies_hz() -> npt.NDArray[np.float64]:
    """Return the frequencies at which spectra are compared, evenly spaced in ERB."""
    low, high = (21.4 * np.log10(1 + f / 229) for f in (GRID_LOW_HZ, GRID_HIGH_HZ))
    grid: npt.NDArray[np.float64] = (10 ** (np.arange(low, high, ERB_STEP) / 21.4) - 1) * 229
    return grid


@cache
def _kernels() -> FloatArray:
    """Return what the spectrum of each pitch should be, ``(pitches, frequencies)``."""
    multiple = _frequencies_hz() / pitch_grid()[:, None].astype(np.float64)
    counts = _counting_harmonics(int(multiple.max()) + 2)
    below, nearest = np.floor(multiple).astype(np.intp), np.round(multiple).astype(np.intp)
    on_a_peak = np.abs(multiple - nearest) < 0.25
    share = np.where(on_a_peak, counts[nearest], (counts[below] + counts[below + 1]) / 2)
    kernels = share * np.cos(2 * np.pi * multiple) / np.sqrt(_frequencies_hz())
    peaks = np.linalg.norm(np.maximum(kernels, 0.0), axis=1, keepdims=True)
    normalised: FloatArray = (kernels / peaks).astype(np.float32)
    return normalised


def _counting_harmonics(highest: int) -> FloatArray:
    """Return 1 for the first and the prime harmonics, 0 for the others, ``(highest + 1,)``."""
    counts = np.ones(highest + 1, np.float32)
    counts[0] = 0
    for number in range(2, int(highest**0.5) + 1):
        counts[2 * number :: number] = 0
    return counts


@cache
def _window_shares() -> FloatArray:
    """Return how much each window counts for each pitch, ``(windows, pitches)``."""
    powers = np.log2(np.array(WINDOWS_SAMPLES))[:, None]
    wanted = np.clip(np.log2(PERIODS * RATE_HZ / pitch_grid()), powers.min(), powers.max())
    shares: FloatArray = np.clip(1 - np.abs(powers - wanted), 0, 1).astype(np.float32)
    return shares


@cache
def _grid_bins(size: int) -> tuple[Places, FloatArray]:
    """Return the FFT bin below each compared frequency, and how far it lies toward the next."""
    position = _frequencies_hz() / RATE_HZ * size
    lower = position.astype(np.intp)
    return lower, (position - lower).astype(np.float32)
