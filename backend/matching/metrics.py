"""How far a candidate's sound is from the target: the four metrics of Hayes et al. 2025.

MSS, wMFCC, SOT and RMS are those of the papers' code (``compute_audio_metrics.py``), which rests on
librosa and dtw-python; the same numbers are computed here by ``torch.stft`` and numpy. The target
is analysed once, each candidate then costs some tens of milliseconds. No loudness is aligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from backend.records import Audio, Score
from models.features import FeatureConfig, slaney_mel_filters

FloatArray = npt.NDArray[np.float64]

SAMPLE_RATE_HZ = 44_100

#: Typical distance of two random presets, by which each metric is divided to weigh alike in
#: ``Score.distance`` (for RMS: of 1 - similarity).
MSS_SCALE_DB = 20.0
WMFCC_SCALE = 20.0
SOT_SCALE = 0.2
RMS_SCALE = 0.5

#: Distances of a patch from its own second render, and of random presets, as ``training.evaluate``
#: measures them: the ends of the scale of ``similarity``.
SAME_DISTANCE, UNRELATED_DISTANCE = 0.05, 1.25

#: The three resolutions of MSS: 10, 25 and 100 ms.
MSS_RESOLUTIONS = (
    FeatureConfig(window_samples=441, hop_samples=220, mels=32),
    FeatureConfig(window_samples=1102, hop_samples=441, mels=64),
    FeatureConfig(window_samples=4410, hop_samples=2205, mels=128),
)

#: wMFCC: 50 ms windows every 10 ms. SOT uses every second of these frames, and the same windows.
MFCC_RESOLUTION = FeatureConfig(window_samples=2205, hop_samples=441, mels=128)
MFCC_COEFFICIENTS = 20
SOT_FRAME_STEP = 2

RMS_FRAME_SAMPLES, RMS_HOP_SAMPLES = 2205, 1102

POWER_FLOOR = 1e-10
DYNAMIC_RANGE_DB = 80.0


def similarity(distance: float) -> float:
    """Return how alike two sounds are, for people: 100 % for one patch played twice, 0 unrelated.

    Args:
        distance: ``Score.distance``.
    """
    share = (UNRELATED_DISTANCE - distance) / (UNRELATED_DISTANCE - SAME_DISTANCE)
    return 100.0 * min(1.0, max(0.0, share))


@dataclass(frozen=True)
class _Features:
    """What the four metrics compare, of one clip.

    Args:
        mels_db: one ``(2, mels, frames)`` per MSS resolution, dB below the clip's own peak.
        mfcc: ``(frames, 40)``, the coefficients of both channels side by side.
        cumulative: ``(frames, bins)``, each frame's magnitudes summed up over frequency, ending
            at 1, or at 0 for a silent frame.
        loudness: ``(frames,)``, RMS of the mono mix.
    """

    mels_db: tuple[Tensor, ...]
    mfcc: Tensor
    cumulative: Tensor
    loudness: FloatArray


class TargetMetrics:
    """Scores candidates against one target.

    Args:
        target: float32 ``(1 or 2, samples)`` at 44.1 kHz, finite; mono counts as two equal
            channels. Its length is the one compared: 4 s in the papers.
    """

    def __init__(self, target: Audio) -> None:
        """Analyse the target."""
        self._samples = target.shape[-1]
        self._target = _features(same_length(target, self._samples))

    def score(self, audio: Audio) -> Score:
        """Return all four metrics for one candidate, and the distance that orders candidates.

        The distance is the mean of the four, each divided by its scale, RMS as 1 - similarity: 0
        for the target itself, about 1 for an unrelated preset. ``Score.rms`` is 0.0 where either
        clip is silent (the papers' code gives NaN there and leaves the item out).

        Args:
            audio: float32 ``(1 or 2, samples)`` at 44.1 kHz, finite; cut or filled up with
                silence to the target's length.
        """
        target, other = self._target, _features(same_length(audio, self._samples))
        mss_db = float(
            np.mean(
                [
                    (a - b).abs().mean().item()
                    for a, b in zip(target.mels_db, other.mels_db, strict=True)
                ]
            )
        )
        local_cost = torch.cdist(target.mfcc, other.mfcc, p=1) / target.mfcc.shape[1]
        wmfcc = warped_distance(local_cost.numpy())
        bins = target.cumulative.shape[1]
        sot = float((target.cumulative - other.cumulative).abs().sum(dim=1).mean().item() / bins)
        rms = cosine_similarity(target.loudness, other.loudness)
        distance = np.mean(
            [mss_db / MSS_SCALE_DB, wmfcc / WMFCC_SCALE, sot / SOT_SCALE, (1.0 - rms) / RMS_SCALE]
        )
        return Score(mss_db, wmfcc, sot, rms, float(distance))


def _features(audio: Audio) -> _Features:
    clip = torch.from_numpy(audio)
    with torch.inference_mode():
        mels_db = tuple(
            power_to_db(mel_power(spectrum(clip, resolution), resolution), own_peak=True)
            for resolution in MSS_RESOLUTIONS
        )
        fine = spectrum(clip, MFCC_RESOLUTION)
        # The transform is linear, so the mono mix needs none of its own.
        magnitude = fine[:, :, ::SOT_FRAME_STEP].mean(dim=0).abs().T
        histogram = magnitude / magnitude.sum(dim=1, keepdim=True).clamp_min(1e-6)
        return _Features(
            mels_db,
            mfcc_frames(fine),
            histogram.cumsum(dim=1),
            loudness_envelope(audio.mean(axis=0)),
        )


def same_length(audio: Audio, samples: int) -> Audio:
    """Return ``(2, samples)``: mono doubled, the end cut or filled up with silence."""
    assert audio.shape[0] in (1, 2), audio.shape
    fitted = np.zeros((2, samples), dtype=np.float32)
    kept = audio[:, :samples]
    fitted[:, : kept.shape[1]] = kept
    return fitted


def spectrum(audio: Tensor, resolution: FeatureConfig) -> Tensor:
    """Return the complex spectrum of ``(channels, samples)``: ``(channels, bins, frames)``.

    Periodic Hann windows, centred on multiples of the hop, with zeros beyond the ends.
    """
    return torch.stft(
        audio,
        resolution.window_samples,
        resolution.hop_samples,
        window=torch.hann_window(resolution.window_samples),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )


def mel_power(complex_spectrum: Tensor, resolution: FeatureConfig) -> Tensor:
    """Return the mel powers ``(channels, mels, frames)`` of a complex spectrum."""
    power = complex_spectrum.real.square() + complex_spectrum.imag.square()
    return _mel_filters(resolution) @ power


def mfcc_frames(complex_spectrum: Tensor) -> Tensor:
    """Return MFCCs as wMFCC compares them: ``(frames, channels * 20)``, channels side by side.

    Args:
        complex_spectrum: ``(channels, bins, frames)`` at ``MFCC_RESOLUTION``.
    """
    log_mel = power_to_db(mel_power(complex_spectrum, MFCC_RESOLUTION), own_peak=False)
    return (_dct(MFCC_COEFFICIENTS, MFCC_RESOLUTION.mels) @ log_mel).flatten(0, 1).T.contiguous()


@cache
def _mel_filters(resolution: FeatureConfig) -> Tensor:
    return torch.from_numpy(slaney_mel_filters(resolution))


@cache
def _dct(coefficients: int, inputs: int) -> Tensor:
    """Return the orthonormal DCT-II as float32 ``(coefficients, inputs)``."""
    order = np.arange(coefficients)[:, None]
    place = (np.arange(inputs) + 0.5)[None, :]
    basis = np.cos(np.pi / inputs * order * place) * np.sqrt(2.0 / inputs)
    basis[0] /= np.sqrt(2.0)
    return torch.from_numpy(basis.astype(np.float32))


def power_to_db(mel: Tensor, *, own_peak: bool) -> Tensor:
    """Turn powers into dB and lift everything to at most 80 dB below the loudest cell.

    Args:
        mel: powers of one clip, any shape.
        own_peak: relative to the loudest cell (librosa ``ref=np.max``), else to 1.0.
    """
    decibel = 10.0 * mel.clamp_min(POWER_FLOOR).log10()
    peak_db = decibel.max()
    decibel = decibel.clamp_min(peak_db.item() - DYNAMIC_RANGE_DB)
    return decibel - peak_db if own_peak else decibel


def warped_distance(local_cost: npt.NDArray[np.float32]) -> float:
    """Return the normalised distance of dynamic time warping (dtw-python, ``symmetric2``).

    A step along the diagonal costs twice the cell it enters, a step to the side once; the cost of
    the cheapest path is divided by the number of rows plus columns.

    Args:
        local_cost: ``(rows, columns)``, at least 0.
    """
    cost = local_cost.astype(np.float64)
    total = np.cumsum(cost[0])
    for row in cost[1:]:
        # Cheapest entry of each cell from the row above. Going on to the right then adds the
        # row's own costs: total[j] = along[j] + min over k <= j of (entry[k] - along[k]).
        entry = total + row
        np.minimum(entry[1:], total[:-1] + 2.0 * row[1:], out=entry[1:])
        along = np.cumsum(row)
        total = along + np.minimum.accumulate(entry - along)
    return float(total[-1] / sum(cost.shape))


def loudness_envelope(mono: Audio) -> FloatArray:
    """Return the RMS of 50 ms frames every 25 ms, centred, with zeros beyond the ends.

    Args:
        mono: ``(samples,)``.
    """
    padded = np.pad(mono.astype(np.float64), RMS_FRAME_SAMPLES // 2)
    summed = np.concatenate([[0.0], np.cumsum(padded**2)])
    start = np.arange(0, len(padded) - RMS_FRAME_SAMPLES + 1, RMS_HOP_SAMPLES)
    energy = summed[start + RMS_FRAME_SAMPLES] - summed[start]
    # The difference of two sums can come out a hair below zero.
    envelope: FloatArray = np.sqrt(np.maximum(energy, 0.0) / RMS_FRAME_SAMPLES)
    return envelope


def cosine_similarity(first: FloatArray, second: FloatArray) -> float:
    """Return the cosine of the angle between two envelopes, 0.0 where either is all zero."""
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return min(1.0, float(np.dot(first, second)) / lengths) if lengths > 0.0 else 0.0
