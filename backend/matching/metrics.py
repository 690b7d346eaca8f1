"""How far a candidate's sound is from the target: the four metrics of Hayes et al. 2025.

MSS, wMFCC, SOT and RMS are those of the papers' code (``compute_audio_metrics.py``), which rests on
librosa and dtw-python; the same numbers are computed here by torch and numpy. The target
is analysed once, each candidate then costs some tens of milliseconds. No loudness is aligned. As in
the papers, which compare files with files, both sounds have the target's resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from backend.audio.region import WINDOW_SAMPLES
from backend.matching.distance import TargetDistance
from backend.matching.spectra import (
    FloatArray,
    cosine_similarity,
    cosines,
    mel_power,
    power_to_db,
    same_length,
    spectrum,
    warped_distance,
)
from backend.records import Audio, Score
from models.features import FeatureConfig

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
            channels. The four metrics compare 4 s, as in the papers: a shorter one is filled up
            with silence.

    Attributes:
        distance: measures the distance by which candidates are ordered; it alone is quick.
    """

    def __init__(self, target: Audio) -> None:
        """Analyse the target."""
        self.distance = TargetDistance(target)
        self._samples = max(target.shape[-1], WINDOW_SAMPLES)
        self._target = _features(same_length(target, self._samples))

    def score(self, audio: Audio) -> Score:
        """Return all four metrics for one candidate, and the distance that orders candidates.

        ``Score.rms`` is 0.0 where either clip is silent (the papers' code gives NaN there and
        leaves the item out).

        Args:
            audio: float32 ``(1 or 2, samples)`` at 44.1 kHz, finite; cut or filled up with
                silence to the target's length.
        """
        heard = self.distance.resolution.of(audio)
        target, other = self._target, _features(same_length(heard, self._samples))
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
        return Score(mss_db, wmfcc, sot, rms, self.distance.measure(audio).total)


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


def mfcc_frames(complex_spectrum: Tensor) -> Tensor:
    """Return MFCCs as wMFCC compares them: ``(frames, channels * 20)``, channels side by side.

    Args:
        complex_spectrum: ``(channels, bins, frames)`` at ``MFCC_RESOLUTION``.
    """
    log_mel = power_to_db(mel_power(complex_spectrum, MFCC_RESOLUTION), own_peak=False)
    return (cosines(MFCC_COEFFICIENTS, MFCC_RESOLUTION.mels) @ log_mel).flatten(0, 1).T.contiguous()


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
