"""The mel spectrogram that sounds are embedded and climbed to by."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from backend.matching.embedding import FEATURES
from backend.records import Audio
from models.features import LogMel


def mel_db(audio: Audio) -> Tensor:
    """Return a sound's mel bands, dB below the loudest, -80..0, ``(2, 128, 401)``.

    Args:
        audio: float32 ``(2, samples)`` at 44.1 kHz, 4 s.
    """
    with torch.no_grad():
        spectrograms: Tensor = _log_mel()(torch.from_numpy(np.ascontiguousarray(audio))[None])
    return spectrograms[0]


@cache
def _log_mel() -> LogMel:
    return LogMel(FEATURES)
