"""Which renders belong in a dataset: audible and not clipped (the first is the papers' gate)."""

from __future__ import annotations

import numpy as np
import pyloudnorm

from backend.records import Audio

#: Integrated loudness (BS.1770, stereo) that a render must reach: the papers' gate.
LOUDNESS_GATE_LUFS = -55.0
CLIP_LEVEL = 1.0

#: Peak under which no sound reaches the loudness gate; saves measuring it.
SILENT_PEAK = 10 ** (-65 / 20)


def is_usable(audio: Audio, meter: pyloudnorm.Meter) -> bool:
    """Tell whether a render belongs in the dataset.

    Args:
        audio: float32 ``(2, samples)``.
        meter: BS.1770 meter of the same sample rate.
    """
    peak = float(np.abs(audio).max())
    if not SILENT_PEAK < peak <= CLIP_LEVEL:
        return False
    return float(meter.integrated_loudness(audio.T.astype(np.float64))) >= LOUDNESS_GATE_LUFS
