"""How loud a sound is to the ear, and by how much two must be turned down to be as loud.

Integrated loudness after ITU-R BS.1770-4: K-weighting, mean square in blocks of 400 ms, gated at
-70 LUFS and at 10 LU below what is left. Used where a person compares sounds: a louder one seems
better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.records import Audio, AudioRegion

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

BLOCK_S, HOP_S = 0.4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, 10.0

#: From mean square to LUFS (BS.1770-4, equation 2), so that 997 Hz at full scale reads -3.01.
OFFSET_DB = -0.691

#: Numerator and denominator of the two stages at 48 kHz (BS.1770-4, annex 1, tables 1 and 2): the
#: head as a rigid sphere, and a high-pass.
STAGES = (
    (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    ),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
STAGES_RATE_HZ = 48_000

#: Silence after the sound, in which the filters die away before the FFT comes round again.
DECAY_S = 0.5

#: No sample may be louder than this when two sounds are brought to one level.
PEAK_LIMIT_DB = -0.1


@dataclass(frozen=True)
class LevelMatch:
    """By how many dB a target and its candidate are to be changed to be heard as equally loud."""

    target_db: float
    candidate_db: float


def loudness_lufs(region: AudioRegion) -> float:
    """Return the integrated loudness of a sound, -inf where nothing passes the gates.

    A sound shorter than a block of 400 ms is taken as one block of its own length, without gate.
    Each channel counts fully, as the left and right of BS.1770 do.

    Args:
        region: any rate; ``(channels, samples)``.
    """
    audio, rate_hz = region.audio.astype(np.float64), region.sample_rate_hz
    if audio.shape[-1] == 0:
        return -np.inf
    weighted = _k_weighted(audio, rate_hz)
    block, hop = round(BLOCK_S * rate_hz), round(HOP_S * rate_hz)
    if audio.shape[-1] < block:
        return _lufs(float(np.square(weighted).mean(axis=1).sum()))
    total = np.concatenate([[0.0], np.square(weighted).sum(axis=0).cumsum()])
    starts = np.arange(0, audio.shape[-1] - block + 1, hop)
    power = (total[starts + block] - total[starts]) / block
    power = power[power > _power(ABSOLUTE_GATE_LUFS)]
    if power.size == 0:
        return -np.inf
    return _lufs(float(power[power > power.mean() / 10 ** (RELATIVE_GATE_LU / 10)].mean()))


def level_match(target: AudioRegion, candidate: AudioRegion) -> LevelMatch:
    """Return the gains with which a candidate is as loud as its target, and neither clips.

    The candidate is brought to the target; both are turned down by as much where a sample would
    exceed -0.1 dBFS. They are measured as a player plays them: on two sides, and over the length of
    the longer. A sound in which nothing is heard is left as it is, but for its peak.

    Args:
        target: mono or stereo, any rate.
        candidate: mono or stereo, any rate.
    """
    length_s = max(target.duration_s, candidate.duration_s, BLOCK_S)
    wanted = loudness_lufs(_as_played(target, length_s))
    found = loudness_lufs(_as_played(candidate, length_s))
    change_db = wanted - found if np.isfinite(wanted) and np.isfinite(found) else 0.0
    loudest_db = max(_peak_db(target), _peak_db(candidate) + change_db)
    over_db = max(0.0, loudest_db - PEAK_LIMIT_DB)
    return LevelMatch(-over_db, change_db - over_db)


def _k_weighted(audio: FloatArray, rate_hz: int) -> FloatArray:
    """Apply what the standard's filters do at 48 kHz to each frequency; above 24 kHz, as there."""
    samples = audio.shape[-1]
    size = 1 << (samples + round(DECAY_S * rate_hz) - 1).bit_length()
    frequencies_hz = np.minimum(np.fft.rfftfreq(size, 1 / rate_hz), STAGES_RATE_HZ / 2)
    delay = np.exp(-2j * np.pi * frequencies_hz / STAGES_RATE_HZ)
    response: ComplexArray = np.ones_like(delay)
    for numerator, denominator in STAGES:
        response *= np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay)
    weighted: FloatArray = np.fft.irfft(np.fft.rfft(audio, size) * response, size)[:, :samples]
    return weighted


def _as_played(region: AudioRegion, length_s: float) -> AudioRegion:
    rate_hz = region.sample_rate_hz
    audio: Audio = np.zeros((2, max(round(length_s * rate_hz), region.audio.shape[-1])), np.float32)
    audio[:, : region.audio.shape[-1]] = region.audio[:2]
    return AudioRegion(audio, rate_hz, region.name)


def _peak_db(region: AudioRegion) -> float:
    peak = float(np.abs(region.audio).max(initial=0.0))
    return 20 * np.log10(peak) if peak > 0 else -np.inf


def _lufs(power: float) -> float:
    return OFFSET_DB + 10 * float(np.log10(power)) if power > 0 else -np.inf


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - OFFSET_DB) / 10))
