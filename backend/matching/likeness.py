"""What a render lacks to its target in time, pitch and level, heard from the two sounds themselves.

A preset's note can be moved without touching its sound, and its sources can be made louder together
with little else, so the search need not find by chance what can be measured: how much earlier or
later, how many semitones higher or lower, and how many dB louder.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch

from backend.matching.spectra import hann
from backend.matching.spectra import power as cell_power
from backend.records import Audio

Array = npt.NDArray[np.float64]

SAMPLE_RATE_HZ = 44_100
#: The envelope: RMS of stretches of 5 ms.
ENVELOPE_HOP_SAMPLES = 220
#: The level is that of the loudest so many stretches, 50 ms; at least this.
LEVEL_HOPS, SILENT_DB = 10, -120.0
#: The spectrum: one bin a sixth of a semitone, over the range that carries pitch.
BINS_PER_SEMITONE = 6
LOWEST_HZ, OCTAVES = 27.5, 9
WINDOW_SAMPLES, HOP_SAMPLES = 8192, 4096
MOST_SEMITONES = 30


@dataclass(frozen=True)
class Profile:
    """A sound's course in time and its place in pitch.

    Args:
        envelope: RMS every 5 ms, its largest 1 (or all 0).
        pitch: what sounds at each sixth of a semitone from 27.5 Hz, compressed, without its mean.
        level_db: of the loudest 50 ms; a full-scale square wave is 0.
    """

    envelope: Array
    pitch: Array
    level_db: float


def profile(audio: Audio) -> Profile:
    """Return the profile of a sound, float32 ``(channels, samples)`` at 44.1 kHz."""
    power = _power(audio)
    mono = audio.mean(axis=0, dtype=np.float32)
    envelope = np.sqrt(_power(mono[None]))
    loudest = envelope.max(initial=0.0)
    return Profile(
        envelope / loudest if loudest > 0 else envelope, _pitch_profile(mono), _level_db(power)
    )


def _power(audio: Audio) -> Array:
    """Return the mean square of each stretch, ``(stretches,)``."""
    frames = audio.shape[1] // ENVELOPE_HOP_SAMPLES
    parts = audio[:, : frames * ENVELOPE_HOP_SAMPLES].reshape(len(audio), frames, -1)
    squares: Array = np.einsum("cfs,cfs->f", parts, parts).astype(np.float64)
    return squares / (len(audio) * ENVELOPE_HOP_SAMPLES)


def louder_db(target: Profile, render: Profile) -> float:
    """Return by how many dB the render should be louder."""
    return target.level_db - render.level_db


def delay_s(target: Profile, render: Profile) -> float:
    """Return how much later the render should begin to lie best on the target, in seconds."""
    length = len(target.envelope)
    size = 2 * length
    spectrum = np.fft.rfft(target.envelope, size) * np.conj(np.fft.rfft(render.envelope, size))
    agreement = np.fft.irfft(spectrum, size)
    best = int(np.argmax(agreement))
    lag = best - size if best >= length else best
    return lag * ENVELOPE_HOP_SAMPLES / SAMPLE_RATE_HZ


def transposition(target: Profile, render: Profile) -> float:
    """Return by how many semitones the render should be higher, to a sixth; at most 30."""
    reach = MOST_SEMITONES * BINS_PER_SEMITONE
    agreement = np.correlate(np.pad(target.pitch, reach), render.pitch, mode="valid")
    return (int(np.argmax(agreement)) - reach) / BINS_PER_SEMITONE


def _level_db(power: Array) -> float:
    hops = min(LEVEL_HOPS, len(power))
    summed = np.cumsum(np.pad(power, (1, 0)))
    loudest = float(np.max(summed[hops:] - summed[:-hops], initial=0.0)) / max(1, hops)
    return 10.0 * math.log10(max(loudest, 10.0 ** (SILENT_DB / 10.0)))


def _pitch_profile(mono: npt.NDArray[np.float32]) -> Array:
    missing = max(0, WINDOW_SAMPLES - len(mono))
    frames = torch.from_numpy(np.pad(mono, (0, missing))).unfold(0, WINDOW_SAMPLES, HOP_SAMPLES)
    power = cell_power(torch.fft.rfft(frames * hann(WINDOW_SAMPLES))).mean(dim=0).double().numpy()
    along = _along()
    inside = along < len(power) - 1
    level = np.zeros(len(along))
    level[inside] = np.interp(along[inside], np.arange(len(power)), power)
    compressed = level**0.25
    profile_: Array = compressed - compressed.mean()
    return profile_


@cache
def _along() -> Array:
    """Return where on the axis of a spectrum's bins each sixth of a semitone lies."""
    bins = OCTAVES * 12 * BINS_PER_SEMITONE
    hz = LOWEST_HZ * 2.0 ** (np.arange(bins) / (12 * BINS_PER_SEMITONE))
    along: Array = hz * WINDOW_SAMPLES / SAMPLE_RATE_HZ
    return along
