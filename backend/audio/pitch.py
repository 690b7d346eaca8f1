"""The note in a sound: its frequency, whether it has one at all, and how sure that is.

Three steps: the pitch that fits the spectrum best over the whole region (``pitch_strength``); a
check of its octave by periodicity, since a spectrum without its lowest harmonics looks like a
higher pitch; and the exact frequency, measured in the band around the fundamental, or around the
next harmonics where that is missing. A vibrato counts by its middle, a glide by where it rests,
a chord by one of its notes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from backend.audio.frames import RATE_HZ, HeardFrames, Spectra, heard_frames
from backend.audio.pitch_strength import pitch_grid, pitch_strengths
from backend.records import AudioRegion

#: From this confidence on a sound counts as tonal; and the product of fit and periodicity, each
#: 0..1, that has it.
TONAL_CONFIDENCE, TONAL_PRODUCT = 0.5, 0.125

#: A pitch whose period repeats less than this is doubted: a longer period, up to six and a half
#: times as long, takes its place if it repeats at least ``CLEAR_PERIOD`` and this much better.
DOUBTFUL_PERIOD, CLEAR_PERIOD, PERIOD_GAIN = 0.55, 0.75, 0.3
LONGEST_PART = 6.5
CLEAR_SLACK = 0.05

#: A pitch is doubled if half its period repeats nearly perfectly, and as well as the whole.
PERFECT_PERIOD, PERIOD_SLACK = 0.97, 0.005

#: Tolerance of a period, as a share of it; two steps of the pitch grid.
PERIOD_TOLERANCE = 0.03

#: Harmonics of a chord's common period that are looked at, the share of the strongest below which
#: one does not count, and the resolution: periods in a window, and bins to both sides.
CHORD_HARMONICS, CHORD_FAINT = 16, 0.03
CHORD_PERIODS, CHORD_REACH_BINS = 24, 3

#: Harmonics that are measured, half the width of a harmonic's band as a share of the fundamental,
#: and how weak the fundamental may be beside the strongest harmonic to be measured alone.
HARMONICS, BAND_SHARE, WEAK_FUNDAMENTAL = 8, 0.15, 0.2


@dataclass(frozen=True)
class Pitch:
    """The pitch of a sound.

    Args:
        hz: frequency that a person would sing back; for a sound that is not tonal, the likeliest.
        midi: the same as a MIDI note with fraction, 69 = 440 Hz.
        confidence: 0..1, from how well the pitch fits the spectrum and how well it repeats.
        tonal: whether it is to be relied upon.
    """

    hz: float
    midi: float
    confidence: float
    tonal: bool

    @property
    def note(self) -> int:
        """The nearest MIDI note, 0..127."""
        return min(127, max(0, round(self.midi)))


def find_pitch(region: AudioRegion) -> Pitch | None:
    """Find the note in a sound; about 20 ms of work for 4 s.

    Args:
        region: any rate, mono or stereo; its first four seconds are heard.

    Returns:
        The pitch, between 24 Hz and 18 kHz; None for silence.
    """
    heard = heard_frames(region)
    if heard is None:
        return None
    fits = pitch_strengths(heard)
    best = int(np.argmax(fits))
    octave = _right_octave(heard, float(pitch_grid()[best]))
    hz = _measured(heard, octave.hz)
    product = float(fits[best]) * max(0.0, octave.repeats)
    confidence = 1 - TONAL_CONFIDENCE ** (product / TONAL_PRODUCT)
    return Pitch(hz, midi_of(hz), confidence, confidence >= TONAL_CONFIDENCE)


def midi_of(hz: float) -> float:
    """Return a frequency as a MIDI note with fraction (69 = 440 Hz)."""
    return 69 + 12 * math.log2(hz / 440)


def pitch_of(note: int) -> Pitch:
    """Return the pitch of a MIDI note, as sure as can be."""
    return Pitch(440 * 2 ** ((note - 69) / 12), float(note), 1.0, True)


@dataclass(frozen=True)
class _Octave:
    """A coarse frequency in its right octave, and how well the sound repeats with it, -1..1."""

    hz: float
    repeats: float


def _right_octave(heard: HeardFrames, hz: float) -> _Octave:
    """Look at the parts and the double of a pitch, and at the notes that may hide behind it."""
    repeats = _Periodicity(heard, hz / LONGEST_PART)
    found = _Octave(hz, repeats.at(hz))
    if found.repeats < DOUBTFUL_PERIOD:
        longer = repeats.first_clear(hz / LONGEST_PART, hz / 1.5)
        if longer is not None and repeats.at(longer) > found.repeats + PERIOD_GAIN:
            found = _Octave(longer, repeats.at(longer))
    else:
        twice = repeats.at(2 * hz)
        if twice > PERFECT_PERIOD and twice > found.repeats - PERIOD_SLACK:
            found = _Octave(2 * hz, twice)
    bass_hz = _lowest_of_several(heard, found.hz)
    return found if bass_hz is None else _Octave(bass_hz, found.repeats)


class _Periodicity:
    """How well a sound repeats after a time, averaged over its frames.

    Args:
        heard: the sound.
        lowest_hz: the longest period that is asked for.
    """

    def __init__(self, heard: HeardFrames, lowest_hz: float) -> None:
        size = 1 << min(14, max(10, math.ceil(math.log2(3 * RATE_HZ / lowest_hz))))
        # Twice the length, so that the correlation does not wrap around.
        correlation = np.fft.irfft(heard.mean_power(size, padded_size=2 * size))
        kept = correlation[: size * 3 // 4]
        self._correlation = kept / kept[0] / _window_correlation(size)

    def at(self, hz: float) -> float:
        """Return the highest correlation, -1..1, at the period of a frequency, within 3%."""
        period = RATE_HZ / hz
        low = math.floor(period * (1 - PERIOD_TOLERANCE)) - 1
        high = math.ceil(period * (1 + PERIOD_TOLERANCE)) + 2
        near = self._correlation[max(0, low) : high]
        if len(near) < 3 or low < 1:
            return 0.0
        top = int(np.argmax(near[1:-1])) + 1
        before, peak, after = (float(value) for value in near[top - 1 : top + 2])
        bend = before - 2 * peak + after
        if bend < 0 and peak >= max(before, after):
            peak -= (before - after) ** 2 / (8 * bend)  # the top of the parabola through the three
        return min(1.0, peak)

    def first_clear(self, low_hz: float, high_hz: float) -> float | None:
        """Return the highest frequency in a range whose period is clear; None where none is."""
        first = math.floor(RATE_HZ / high_hz)
        near = self._correlation[first : math.ceil(RATE_HZ / low_hz)]
        if len(near) == 0 or near.max() < CLEAR_PERIOD:
            return None
        enough = near.max() - CLEAR_SLACK
        start = int(np.argmax(near > enough))
        fallen = np.flatnonzero(near[start:] <= enough)
        end = start + (int(fallen[0]) if fallen.size else len(near))
        return RATE_HZ / (first + start + int(np.argmax(near[start:end])))


@cache
def _window_correlation(size: int) -> npt.NDArray[np.float64]:
    power = np.square(np.abs(np.fft.rfft(np.hanning(size), 2 * size)))
    correlation: npt.NDArray[np.float64] = np.fft.irfft(power)[: size * 3 // 4]
    normalised: npt.NDArray[np.float64] = correlation / correlation[0]
    return normalised


def _lowest_of_several(heard: HeardFrames, hz: float) -> float | None:
    """Return the lowest note of a chord that repeats at ``hz``; None for one note's harmonics.

    Notes in whole-number ratios repeat together at a frequency that none of them has. Their
    harmonics are multiples of the few notes, with gaps at other primes; the harmonics of one note
    without its fundamental have no such gaps.
    """
    size = min(1 << 15, 1 << math.ceil(math.log2(CHORD_PERIODS * RATE_HZ / hz)))
    levels = np.sqrt(heard.mean_power(size))

    def level(multiple: float) -> float:
        place = round(multiple * hz * size / RATE_HZ)
        return float(levels[place - CHORD_REACH_BINS : place + CHORD_REACH_BINS + 1].max(initial=0))

    numbers = range(1, CHORD_HARMONICS + 1)
    floor = CHORD_FAINT * max(level(number) for number in numbers)
    present = [
        number
        for number in numbers
        if level(number) > max(floor, 2 * level(number - 0.5), 2 * level(number + 0.5))
    ]
    notes = [n for n in present if all(n % lower for lower in present if lower < n)]
    if len(notes) < 2 or present[0] == 1:
        return None
    gaps = [n for n in range(notes[-1] + 1, present[-1]) if all(n % note for note in notes)]
    if len(present) < len(notes) + 2 or len(gaps) < 2:
        return None
    return present[0] * hz


def _measured(heard: HeardFrames, coarse_hz: float) -> float:
    """Return the frequency near a coarse one, from the fundamental where there is one."""
    spectrum = np.fft.rfft(heard.mono)
    bands = [
        _band(spectrum, len(heard.mono), number, coarse_hz)
        for number in range(1, HARMONICS + 1)
        if number == 1 or (number + 0.5) * coarse_hz < RATE_HZ / 2
    ]
    loudest = max(band.power for band in bands)
    if bands[0].power >= WEAK_FUNDAMENTAL**2 * loudest:
        return bands[0].hz
    order = sorted(bands, key=lambda band: band.hz)
    share = np.cumsum([math.sqrt(band.power) for band in order])
    return order[int(np.searchsorted(share, share[-1] / 2))].hz


@dataclass(frozen=True)
class _Band:
    """One harmonic: the fundamental that it stands for, and its power."""

    hz: float
    power: float


def _band(spectrum: Spectra, samples: int, number: int, coarse_hz: float) -> _Band:
    """Measure a harmonic as the typical frequency of its band over time."""
    bin_hz = RATE_HZ / samples
    low = max(0, math.floor((number - BAND_SHARE) * coarse_hz / bin_hz))
    high = math.ceil((number + BAND_SHARE) * coarse_hz / bin_hz) + 1
    cut = spectrum[low:high]
    power = float(np.square(np.abs(cut)).sum())
    if len(cut) < 4 or power == 0:  # hardly a period: the spectrum has no more to tell
        return _Band(coarse_hz, power)
    # The band by itself is a slow complex signal that turns with its frequency.
    wave = np.fft.ifft(cut * np.hanning(len(cut) + 2)[1:-1], 4 * len(cut))
    turned = wave[1:] * np.conj(wave[:-1])
    turns = np.angle(turned) / (2 * np.pi)
    order = np.argsort(turns)
    share = np.cumsum(np.abs(turned)[order])
    middle = float(turns[order[np.searchsorted(share, share[-1] / 2)]])
    return _Band((low + middle * 4 * len(cut)) * bin_hz / number, power)
