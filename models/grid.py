"""A grid of frequencies: finer than mel bands, so that a partial has its place in it.

Sources put their power on the grid, filters weigh it, and what a mel band hears of each place is a
table.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.features import FeatureConfig, LogMel

#: Places are so many Hz apart at first, and further up each higher than the last by this share.
STEP_HZ, STEP_SHARE = 16.0, 0.012
KNEE_HZ = STEP_HZ / STEP_SHARE
#: Between two entries of the table of places the curve is a line: 0.00004 of a place off at most.
TABLE_HZ = 4.0


class Grid:
    """Places, and what mel bands hear of them.

    Args:
        features: of the mel spectrogram.
    """

    def __init__(self, features: FeatureConfig) -> None:
        top = math.asinh(0.5 * features.sample_rate_hz / KNEE_HZ) / STEP_SHARE
        #: How many there are; the last two are beyond what is heard.
        self.places = int(top) + 2
        every = KNEE_HZ * np.sinh(np.arange(self.places) * STEP_SHARE)
        heard = _heard_by_bands(every, features)
        heard[-2:] = 0.0
        #: Where multiples of ``TABLE_HZ`` lie, float32; all that is beyond counts as the last.
        every_hz = torch.arange(0.0, 0.5 * features.sample_rate_hz + 200.0, TABLE_HZ)
        self.table = self.places_of(every_hz.double()).float()
        #: Of each place, float32 ``(places,)``.
        self.frequencies_hz = torch.from_numpy(every).float()
        #: Power in each band of a sine with a mean square of 1, ``(places, bands)``.
        self.heard = torch.from_numpy(heard)
        #: Powers of places that a band hears as 1, ``(bands, places)``.
        self.spread = torch.from_numpy(_spread(heard))

    def places_of(self, frequencies_hz: Tensor) -> Tensor:
        """Return where frequencies lie, between the places 0 and ``places`` - 1.5."""
        ratio = frequencies_hz * (1.0 / KNEE_HZ)
        # torch.asinh takes five times as long.
        place = torch.log(ratio + torch.sqrt(ratio.square() + 1.0)) * (1.0 / STEP_SHARE)
        return place.clamp_max(self.places - 1.5)


def _heard_by_bands(
    frequencies_hz: npt.NDArray[np.float64], features: FeatureConfig
) -> npt.NDArray[np.float32]:
    """Return the power that a sine has in each band, ``(frequencies, bands)``."""
    log_mel = LogMel(features)
    window, filters = (part.double().numpy() for part in (log_mel.window, log_mel.filters))
    samples = np.arange(features.window_samples) - features.window_samples / 2
    turns = np.outer(frequencies_hz, samples) * (2.0j * np.pi / features.sample_rate_hz)
    spectra = np.fft.fft(np.exp(turns) * window, axis=1)[:, : filters.shape[1]]
    heard = np.abs(spectra) ** 2 @ filters.T / window.sum() ** 2
    return np.asarray(heard, dtype=np.float32)


def _spread(heard: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the grid's powers that a band hears as 1, ``(bands, places)``."""
    centres = np.maximum.accumulate(heard.argmax(axis=0)).astype(np.float64)
    centres += np.arange(len(centres)) * 1e-3
    places = np.arange(len(heard))
    share = np.stack([np.interp(places, centres, row) for row in np.eye(len(centres))])
    share[0, places < centres[0]] = share[-1, places > centres[-1]] = 0.0
    of_own = np.einsum("bp,pb->b", share, heard)
    return np.asarray(share / of_own[:, None], dtype=np.float32)
