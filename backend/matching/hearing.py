"""What an ear notices of one sound, as a few numbers whose differences have words.

Each number is on a scale on which equal steps are about equally noticeable, and has a step that is
clearly heard: far above what two renders of one preset differ by, which is never exactly alike.
Level does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.records import Audio, Note

Array = npt.NDArray[np.float64]

SAMPLE_RATE_HZ = 44_100
#: What is further below the loudest moment than this is not listened to.
RANGE_DB = 40.0

_ENVELOPE_HOP = 221  # 5 ms
_WINDOW, _HOP = 2048, 882  # 46 ms every 20 ms
_LONG_WINDOW, _LONG_HOP = 8192, 8192
_BANDS_AN_OCTAVE = 3
_LOWEST_HZ, _OCTAVES = 31.25, 9
_BASS_HZ = 160.0
#: Between which partials of tones stand clear of each other and noise fills the gaps.
_TONAL_HZ = (80.0, 8000.0)
_GAP_BINS = 8
#: Movement leaves out what an attack takes, and what takes longer than a quarter of a second.
_ATTACK_FRAMES, _TREND_FRAMES = 3, 12
#: Added to times, so that differences among very short ones count for little.
_ATTACK_S, _LENGTH_S = 0.02, 0.05
#: Sides that differ by less than this can hardly be told from one.
_NARROWEST_DB, _WIDEST_DB = -24.0, 6.0
#: Less bass, or noise, than this is none.
_NO_BASS_DB, _NO_NOISE_DB = -25.0, -22.0


@dataclass(frozen=True)
class Heard:
    """What is noticed of a sound; NaN where it does not have the property.

    Args:
        brightness: centre of the spectrum, octaves.
        bass: what lies below 160 Hz, dB of all.
        noise: what lies between partials, dB of all; 0 for noise.
        attack: log2 of the seconds from the onset to nearly the peak, and 0.02.
        length: log2 of the seconds in which anything is heard, and 0.05.
        sustain: mean level while it lasts, dB below the peak.
        tail: log2 of the seconds from the note's end until 30 dB are gone, and 0.05.
        movement: how far the spectrum goes up and down in time, dB.
        width: what differs between the sides, dB of what they share.
    """

    brightness: float
    bass: float
    noise: float
    attack: float
    length: float
    sustain: float
    tail: float
    movement: float
    width: float


def hear(audio: Audio, note: Note) -> Heard | None:
    """Listen to a sound.

    Args:
        audio: float32 ``(channels, samples)``, mono or stereo, 44.1 kHz.
        note: what plays it.

    Returns:
        None for silence.
    """
    sides = audio.astype(np.float64)
    if not sides.any():
        return None
    mono = sides.mean(axis=0) if np.any(sides.mean(axis=0)) else sides[0]
    envelope = _envelope(sides)
    level_db = _decibel(envelope / envelope.max())
    audible = np.flatnonzero(level_db > -RANGE_DB)
    first, last = int(audible[0]), int(audible[-1])
    hop_s = _ENVELOPE_HOP / SAMPLE_RATE_HZ
    rise = np.flatnonzero(level_db[first:] > -4.0)
    bands_db, weights = _bands(mono)
    power = weights @ 10 ** (bands_db / 10)
    magnitude = np.sqrt(power)
    octaves = np.arange(len(power)) / _BANDS_AN_OCTAVE
    bass = octaves < np.log2(_BASS_HZ / _LOWEST_HZ)
    return Heard(
        brightness=float(magnitude @ octaves / magnitude.sum()),
        bass=max(_NO_BASS_DB, float(_decibel(np.sqrt(power[bass].sum() / power.sum())))),
        noise=_noise(mono),
        attack=float(np.log2(_ATTACK_S + rise[0] * hop_s)),
        length=float(np.log2(_LENGTH_S + (last - first + 1) * hop_s)),
        sustain=float(_decibel(envelope[first : last + 1].mean() / envelope.max())),
        tail=_tail(level_db, note, hop_s),
        movement=_movement(bands_db, weights),
        width=_width(sides),
    )


def _decibel(amplitude: Array | float) -> Array:
    decibel: Array = 20 * np.log10(np.maximum(amplitude, 1e-6))
    return decibel


def _envelope(sides: Array) -> Array:
    """Return the RMS of 5 ms, smoothed over 25 ms, of both sides together."""
    frames = max(1, sides.shape[1] // _ENVELOPE_HOP)
    power = np.square(sides[:, : frames * _ENVELOPE_HOP]).sum(axis=0)
    power = np.resize(power, frames * _ENVELOPE_HOP).reshape(frames, _ENVELOPE_HOP).mean(axis=1)
    smooth = np.convolve(power, np.ones(5) / 5, mode="same")
    envelope: Array = np.sqrt(np.maximum(smooth, 0.0))
    return envelope


def _spectra(mono: Array, window: int, hop: int) -> Array:
    """Return power spectra ``(frames, bins)`` of Hann windows; at least one."""
    padded = np.pad(mono.astype(np.float32), (0, max(0, window - len(mono))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    shape = np.hanning(window + 2)[1:-1].astype(np.float32)
    spectra = np.fft.rfft(frames * shape, axis=1)
    power: Array = spectra.real**2 + spectra.imag**2
    return power.astype(np.float64)


def _bands(mono: Array) -> tuple[Array, Array]:
    """Return levels of third octaves in time, dB ``(frames, bands)``, and each frame's share."""
    spectra = _spectra(mono, _WINDOW, _HOP)
    hz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE_HZ)
    band = np.floor(np.log2(np.maximum(hz, 1.0) / _LOWEST_HZ) * _BANDS_AN_OCTAVE).astype(int)
    count = _OCTAVES * _BANDS_AN_OCTAVE
    sums = np.zeros((count, len(hz)))
    inside = (band >= 0) & (band < count)
    sums[band[inside], np.flatnonzero(inside)] = 1.0
    power = spectra @ sums.T
    total = power.sum(axis=1)
    heard = total > total.max() * 10 ** (-RANGE_DB / 10)
    weights = np.where(heard, np.sqrt(total), 0.0)
    bands_db = 10 * np.log10(np.maximum(power, total.max() * 1e-7))
    return bands_db, weights / weights.sum()


def _noise(mono: Array) -> float:
    """Return what the gaps between partials hold, dB of all."""
    spectra = _spectra(mono, _LONG_WINDOW, _LONG_HOP)
    low, high = (round(hz * _LONG_WINDOW / SAMPLE_RATE_HZ) for hz in _TONAL_HZ)
    around = np.lib.stride_tricks.sliding_window_view(
        spectra[:, low - _GAP_BINS : high + _GAP_BINS], 2 * _GAP_BINS + 1, axis=1
    )
    floor = np.quantile(around[:, ::2], 0.25, axis=2).sum()
    total = around[:, ::2, _GAP_BINS].sum()
    if total <= 0:
        return float("nan")
    quarter = np.log(4 / 3)  # of exponentially distributed powers, a quarter lies below this
    return float(10 * np.log10(min(1.0, max(10 ** (_NO_NOISE_DB / 10), floor / quarter / total))))


def _tail(level_db: Array, note: Note, hop_s: float) -> float:
    end = round(note.off_s / hop_s)
    if end + 1 >= len(level_db) or level_db[max(0, end - 4) : end + 1].max() < -RANGE_DB + 10:
        return float("nan")  # nothing sounds any more when the note ends, or all of it is held
    rest = level_db[end:]
    gone = np.flatnonzero(rest > rest[0] - 30.0)
    return float(np.log2(_LENGTH_S + gone[-1] * hop_s))


def _movement(bands_db: Array, weights: Array) -> float:
    """Return how far third octaves go up and down within half a second, beyond where they tend."""
    heard = np.flatnonzero(weights)
    course = bands_db[heard[0] + _ATTACK_FRAMES : heard[-1] + 1]
    kernel = np.hanning(2 * _TREND_FRAMES + 1)
    if len(course) < len(kernel) + 5:
        return float("nan")
    kernel /= kernel.sum()
    trend = np.apply_along_axis(lambda band: np.convolve(band, kernel, mode="valid"), 0, course)
    middle = course[_TREND_FRAMES:-_TREND_FRAMES]
    loud = 10 ** (trend / 20)
    swing = np.minimum(np.abs(middle - trend), 12.0)
    return float((swing * loud).sum() / loud.sum())


def _width(sides: Array) -> float:
    """Return how much the sides differ beyond their balance, dB of what they share."""
    if len(sides) < 2:
        return _NARROWEST_DB
    left, right = (side / max(1e-9, float(np.sqrt(np.mean(side**2)))) for side in sides[:2])
    middle, side = float(np.mean((left + right) ** 2)), float(np.mean((left - right) ** 2))
    ratio_db = 10 * np.log10((side + 1e-9) / (middle + 1e-9))
    return float(np.clip(ratio_db, _NARROWEST_DB, _WIDEST_DB))
