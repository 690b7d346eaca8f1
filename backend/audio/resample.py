"""Brings samples to another rate, in their place to within a sample."""

from __future__ import annotations

import numpy as np
from pedalboard.io import StreamResampler

from backend.records import Audio


def resample(audio: Audio, *, from_hz: int, to_hz: int) -> Audio:
    """Return audio at another rate, ``(channels, about samples * to_hz / from_hz)``.

    Args:
        audio: float32 ``(channels, samples)``.
        from_hz: its rate.
        to_hz: the rate wanted; at the same rate the samples are handed back as they are.
    """
    if from_hz == to_hz:
        return audio
    resampler = StreamResampler(from_hz, to_hz, audio.shape[0])
    body = resampler.process(audio)
    tail = resampler.process(None)
    return np.concatenate([body, tail], axis=1)
