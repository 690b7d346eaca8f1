"""How far two sounds are apart in one respect: what ``TargetDistance`` adds up.

Each takes the target first, and what is compared with it second; 0 for equal sounds.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from backend.matching.distance_features import ENVELOPE_HOP_SAMPLES, Scale, SoundFeatures
from backend.matching.spectra import (
    SAMPLE_RATE_HZ,
    FloatArray,
    cosine_similarity,
    warped_distance,
)


def active_frames(target: Scale, other: Scale, step: int = 1) -> tuple[Tensor, Tensor]:
    """Return which frames are the target's own, and which the other's alone, as 0 or 1."""
    own, others = target.active[::step], other.active[::step]
    return own.float(), (others & ~own).float()


def over_active(difference: Tensor, own: Tensor, foreign: Tensor) -> float:
    """Return the mean of frames' differences, ``(frames,)``, over the frames that are heard.

    Of the target's own frames it is the mean; frames in which only the other is heard add the more
    the more they are, at most their mean.
    """
    count, more = max(1.0, float(own.sum())), float(foreign.sum())
    return float(difference @ own) / count + float(difference @ foreign) / (count + more)


def decibel_distance(target: Scale, other: Scale) -> float:
    """Return the mean difference of the cells of active frames, dB."""
    difference = (target.db - other.db).abs().mean(dim=1)
    return over_active(difference, *active_frames(target, other))


def cepstral_distance(target: SoundFeatures, other: SoundFeatures) -> float:
    """Return the distance along the cheapest path from the target's first active frame to its last.

    Frames outside of them, in which the other is heard, add theirs as in ``over_active``.
    """
    heard = torch.nonzero(target.middle.active).flatten().tolist()
    if not heard:
        return 0.0 if not other.middle.active.any() else cepstral_distance(other, target)
    inside = slice(heard[0], heard[-1] + 1)
    columns = target.cepstra.shape[1]
    cost = torch.cdist(target.cepstra[inside], other.cepstra[inside], p=1) / columns
    own, foreign = torch.zeros(len(target.cepstra)), other.middle.active.float()
    own[inside], foreign[inside] = 1.0, 0.0
    difference = (target.cepstra - other.cepstra).abs().mean(dim=1) * foreign
    return warped_distance(cost.numpy()) + over_active(difference, own, foreign)


def tuning_distance(target: SoundFeatures, other: SoundFeatures) -> float:
    """Return how unlike the partials are, 0..2, over the active frames.

    It counts as far as the target's partials are steady: what stands out of noise stands out by
    chance, and otherwise in every render.
    """
    unlike = (1.0 - (target.partials * other.partials).sum(dim=1)) * target.steadiness
    return over_active(unlike, *active_frames(target.long, other.long))


def envelope_distances(target: FloatArray, other: FloatArray) -> tuple[float, float]:
    """Return the distance of contour, and the mean way in time in seconds."""
    if not target.any() and not other.any():
        return 0.0, 0.0
    contour = math.sqrt(max(0.0, 1.0 - cosine_similarity(target, other)))
    a, b = target / max(target.sum(), 1e-9), other / max(other.sum(), 1e-9)
    hop_s = ENVELOPE_HOP_SAMPLES / SAMPLE_RATE_HZ
    return contour, float(np.abs(np.cumsum(a - b)).sum()) * hop_s
