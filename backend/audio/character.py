"""What a musician should know about a sound before it is matched, in words.

A preset plays one note of one voice. Sounds that are not that are matched all the same, as well as
such a synthesizer can; what stands in the way is said, a sentence for each. The limits are set so
that sounds of a synthesizer, random patches included, are hardly ever remarked upon.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from backend.audio.frames import RATE_HZ, HeardFrames, heard_frames
from backend.audio.onset import FRAME_S, LevelMeter
from backend.audio.pitch import Pitch
from backend.records import Audio, AudioRegion

FloatArray = npt.NDArray[np.floating]

#: A sound whose peak is below this comes with as much hum and hiss as tone.
QUIET_PEAK_DB = -60.0

#: A sound is a click if it stays within this many dB of its peak for less than this long.
CLICK_RANGE_DB, CLICK_S = 26.0, 0.01

#: Clipped: near full scale, this share of the samples within a thousandth of the peak, and that
#: many times as many as a smooth wave has there (a sine has 4 times as many as just below).
FULL_SCALE, CLIPPED_SHARE, CLIPPED_CROWDING = 0.97, 0.002, 20.0

#: Another note: near the pitch (which is no higher than a note of a chord is) a partial in this
#: range of semitones, this strong beside the strongest one, this far above its surroundings, and a
#: whole number of semitones from it to so much.
CHORD_HIGHEST_MIDI, NOTE_RANGE, NOTE_APART = 80.0, (-9.2, 12.5), 0.25
NOTE_SHARE, NOTE_PROMINENCE = 0.25, 4.0

#: Resolution of the spectrum relative to the pitch, and the frames that it is taken from.
RATIO_CENTS, NOTE_PERIODS, NOTE_FRAMES = 10, 40, 20

#: White noise lies over the sound: from 9 to 16 kHz the spectrum is this flat (noise: nearly 1) and
#: this strong beside the mean of all; or there is nothing but noise, as a share of the energy. What
#: is shorter than ten frames, half a second, is a hit.
HISS_BAND_HZ, HISS_FLATNESS, HISS_SHARE = (9_000.0, 16_000.0), 0.9, 0.35
ALL_NOISE, NO_CONFIDENCE, NOISE_FRAMES = 0.95, 0.25, 10
#: Bands in which flatness is measured: a third of an octave, from 100 Hz; a periodogram of noise
#: has this flatness.
NOISE_BANDS_HZ, NOISE_SAMPLES, NOISE_FLATNESS = 100 * 2 ** (np.arange(23) / 3), 16_384, 0.56

#: An attack: the level, held over 50 ms, rises by so much within 60 ms, to within so many dB of the
#: loudest, and has fallen by so much since the attack before.
ATTACK_RISE_DB, ATTACK_RANGE_DB, ATTACK_DIP_DB = 12.0, 20.0, 10.0
ATTACK_FRAMES, ATTACK_SAMPLES = 8, 8_192

#: So many attacks that are less alike than this on the average (0..1) are different sounds.
SOUNDS_IN_TURN, ALIKE = 3, 0.65

NOTHING = "Nothing can be heard in it: play it louder, or choose another place."
SEVERAL_NOTES = "Several notes sound together: a preset plays one, the others may be missing."
IN_TURN = "Different sounds follow each other, as in speech or a loop: a preset plays one of them."
NOISY = "The sound is very noisy: the noise is matched as part of it, and the note may be wrong."
CLIPPED = "The sound is clipped; its distortion is matched as part of it."
CLICK = "The sound is a click of a few milliseconds: there is little in it to match."


def describe_sound(region: AudioRegion, pitch: Pitch | None) -> tuple[str, ...]:
    """Say what in a sound stands in the way of a good match, a short sentence each.

    Args:
        region: 44,100 Hz, mono or stereo.
        pitch: what ``find_pitch`` found in it.

    Returns:
        Nothing for one clean note; what the region's own remarks say already is not said again.
    """
    heard = heard_frames(region)
    if heard is None or pitch is None:
        return (NOTHING,)
    remarks: list[str] = []
    peak = float(np.abs(region.audio).max())
    if peak < 10 ** (QUIET_PEAK_DB / 20):
        peak_db = 20 * np.log10(peak)
        remarks.append(f"The sound is very quiet (peak {peak_db:.0f} dB): noise weighs as much.")
    if is_clipped(region.audio):
        remarks.append(CLIPPED)
    if _is_click(heard):
        remarks.append(CLICK)
    elif _sounds_in_turn(region):
        remarks.append(IN_TURN)
    elif _is_noisy(heard, pitch):
        remarks.append(NOISY)
    elif _has_several_notes(heard, pitch):
        remarks.append(SEVERAL_NOTES)
    return tuple(remark for remark in remarks if remark not in region.remarks)


def is_clipped(audio: Audio) -> bool:
    """Tell whether a sound was cut off at full scale: too many samples stand at its very peak.

    Args:
        audio: ``(channels, samples)``, at the rate at which it was recorded; resampling smooths
            the corners away.
    """
    level = np.abs(audio)
    peak = float(level.max(initial=0.0))
    if peak < FULL_SCALE:
        return False
    at_peak = int((level >= 0.999 * peak).sum())
    below = int(((level >= 0.99 * peak) & (level < 0.999 * peak)).sum()) / 9
    loud = int((level >= 0.1 * peak).sum())
    return at_peak > CLIPPED_SHARE * loud and at_peak > CLIPPED_CROWDING * max(1.0, below)


def _is_click(heard: HeardFrames) -> bool:
    level = np.abs(heard.mono)
    loud = np.flatnonzero(level > level.max() * 10 ** (-CLICK_RANGE_DB / 20))
    return bool(loud[-1] - loud[0] < CLICK_S * RATE_HZ)


def _is_noisy(heard: HeardFrames, pitch: Pitch) -> bool:
    if len(heard.centres) < NOISE_FRAMES:
        return False
    power = heard.mean_power(4_096)
    low, high = (round(hz * 4_096 / RATE_HZ) for hz in HISS_BAND_HZ)
    hiss = power[low:high]
    flatness = float(np.exp(np.log(hiss + 1e-20).mean()) / (hiss.mean() + 1e-20))
    if flatness > HISS_FLATNESS and hiss.mean() > HISS_SHARE * power[4:high].mean():
        return True
    return pitch.confidence < NO_CONFIDENCE and _noise_share(heard) > ALL_NOISE


def _noise_share(heard: HeardFrames) -> float:
    """Return how much of the energy between 100 Hz and 16 kHz is without tones, 0..1."""
    power = np.square(np.abs(heard.spectra(NOISE_SAMPLES, every=2))) + 1e-20
    weights = heard.weights[::2] / heard.weights[::2].sum()
    edges = np.round(NOISE_BANDS_HZ * NOISE_SAMPLES / RATE_HZ).astype(int)
    bands = [power[:, low:high] for low, high in zip(edges, edges[1:], strict=False)]
    energy = np.array([band.sum(axis=1) for band in bands])
    flatness = [np.exp(np.log(band).mean(axis=1)) / band.mean(axis=1) for band in bands]
    noise = np.minimum(1.0, np.array(flatness) / NOISE_FLATNESS)
    return float((noise * energy / energy.sum(axis=0)).sum(axis=0) @ weights)


def _has_several_notes(heard: HeardFrames, pitch: Pitch) -> bool:
    """Tell whether there are notes of the same tuning beside the pitch.

    All strong partials in an octave and a half must be whole numbers of semitones apart: a bell, a
    frequency modulation or a detuned oscillator has others. One note's own are an octave apart.
    """
    if pitch.midi > CHORD_HIGHEST_MIDI:
        return False
    ratios, levels = _relative_spectrum(heard, pitch.hz)
    semitones = 12 * np.log2(ratios)
    reach = 150 // RATIO_CENTS
    found: list[tuple[float, float]] = []
    for place in np.flatnonzero(levels > NOTE_SHARE * levels.max()):
        if not NOTE_RANGE[0] < semitones[place] < NOTE_RANGE[1]:
            continue
        if levels[place] < levels[place - 1 : place + 2].max():
            continue
        left, right = levels[place - reach : place], levels[place + 1 : place + reach + 1]
        if levels[place] > NOTE_PROMINENCE * max(left.min(), right.min()):
            found.append((float(levels[place]), float(semitones[place])))
    strongest = max(found, default=(0.0, 0.0))[1]
    intervals = [semitone - strongest for _, semitone in found]
    if any(abs(interval - round(interval)) > NOTE_APART for interval in intervals):
        return False
    return any(round(interval) % 12 for interval in intervals)


def _relative_spectrum(heard: HeardFrames, hz: float) -> tuple[FloatArray, FloatArray]:
    """Return the mean spectrum over frequency divided by each frame's own pitch.

    Returns:
        Ratios to the pitch, 10 cents apart, and the mean level at each, both ``(ratios,)``.
    """
    size = 1 << min(14, max(11, int(np.ceil(np.log2(NOTE_PERIODS * RATE_HZ / hz)))))
    every = max(1, len(heard.centres) // NOTE_FRAMES)
    levels = np.abs(heard.spectra(size, padded_size=2 * size, every=every))
    weights = heard.weights[::every]
    near = hz * 2 ** (np.arange(-100, 101, RATIO_CENTS) / 1200)
    sums = np.sqrt(_at(levels, near[:, None] * np.arange(1, 6), 2 * size)).sum(axis=2)
    own_hz = near[np.argmax(sums, axis=1)]
    ratios = 0.4 * 2 ** (np.arange(0, 1200 * np.log2(3 / 0.4), RATIO_CENTS) / 1200)
    mean = np.zeros(len(ratios))
    for frame, frame_hz, weight in zip(levels, own_hz, weights, strict=True):
        relative = _at(frame[None], ratios * frame_hz, 2 * size)[0]
        mean += weight * relative / (relative.max() + 1e-20)
    return ratios, mean


def _at(levels: FloatArray, frequencies_hz: FloatArray, size: int) -> FloatArray:
    """Return spectra at any frequencies, ``(frames, *frequencies)``; at the top the last."""
    place = np.minimum(frequencies_hz * size / RATE_HZ, levels.shape[1] - 2)
    lower = place.astype(np.intp)
    fraction = np.minimum(place - lower, 1.0)
    between: FloatArray = levels[:, lower] * (1 - fraction) + levels[:, lower + 1] * fraction
    return between


def _sounds_in_turn(region: AudioRegion) -> bool:
    """Tell whether different sounds begin one after the other.

    A note repeated by a delay, a gate or a slow LFO is one sound.
    """
    meter = LevelMeter(region.sample_rate_hz)
    meter.add(region.audio)
    meter.finish()
    starts = _attacks(meter.levels_db())
    if len(starts) < SOUNDS_IN_TURN:
        return False
    mono = region.audio.mean(axis=0)
    edges = np.round(27.5 * 2 ** (np.arange(112) / 12) * ATTACK_SAMPLES / RATE_HZ).astype(int)
    sounds = []
    for start in starts:
        first = round((start + 2) * FRAME_S * region.sample_rate_hz)
        cut = np.zeros(ATTACK_SAMPLES)
        part = mono[first : first + ATTACK_SAMPLES]
        cut[: len(part)] = part
        power = np.square(np.abs(np.fft.rfft(cut * np.hanning(ATTACK_SAMPLES))))
        levels = np.sqrt(np.diff(np.cumsum(power)[edges]))
        sounds.append(levels / (np.linalg.norm(levels) + 1e-20))
    alike = np.array(sounds) @ np.array(sounds).T
    return bool(alike[np.triu_indices(len(sounds), 1)].mean() < ALIKE)


def _attacks(levels_db: FloatArray) -> list[int]:
    """Return the frames of 10 ms in which an attack begins."""
    padded = np.pad(np.maximum(levels_db, -90.0), 2, mode="edge")
    held = np.lib.stride_tricks.sliding_window_view(padded, 5).max(axis=1)
    before = np.concatenate([np.full(6, -90.0), held])
    starts: list[int] = []
    place = 0
    while place < len(held):
        level = held[place : place + 4].max()
        sharp = level - before[place : place + 6].min() >= ATTACK_RISE_DB
        if sharp and level >= held.max() - ATTACK_RANGE_DB:
            since = held[starts[-1] : place + 1] if starts else held[:0]
            if not starts or since.min() <= min(level, since.max()) - ATTACK_DIP_DB:
                starts.append(place)
                place += ATTACK_FRAMES
        place += 1
    return starts
