"""What measures of sounds are made of: spectra, mel bands, cosines, and warping in time.

The numbers are those of librosa (spectra, mel bands, dB) and dtw-python, which tests compare.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from backend.matching.sound_kernels import cheapest_path
from backend.records import Audio
from models.features import FeatureConfig, short_spectra, slaney_mel_filters

FloatArray = npt.NDArray[np.float64]

SAMPLE_RATE_HZ = 44_100

POWER_FLOOR = 1e-10
DYNAMIC_RANGE_DB = 80.0


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
    window = hann(resolution.window_samples)
    return short_spectra(audio, window, resolution.hop_samples).transpose(1, 2)


def power(complex_spectrum: Tensor) -> Tensor:
    """Return the power of each cell of a complex spectrum, in its shape."""
    real, imaginary = complex_spectrum.real, complex_spectrum.imag
    return real.square().addcmul_(imaginary, imaginary)  # half the memory of a sum


def mel_power(complex_spectrum: Tensor, resolution: FeatureConfig) -> Tensor:
    """Return the mel powers ``(channels, mels, frames)`` of a complex spectrum."""
    return mel_filters(resolution) @ power(complex_spectrum)


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
    return cheapest_path(local_cost) / sum(local_cost.shape)


def cosine_similarity(first: FloatArray, second: FloatArray) -> float:
    """Return the cosine of the angle between two envelopes, 0.0 where either is all zero."""
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return min(1.0, float(np.dot(first, second)) / lengths) if lengths > 0.0 else 0.0


@cache
def mel_filters(resolution: FeatureConfig) -> Tensor:
    """Return the mel filters of a resolution, float32 ``(mels, bins)``."""
    return torch.from_numpy(slaney_mel_filters(resolution))


@cache
def cosines(coefficients: int, inputs: int) -> Tensor:
    """Return the orthonormal DCT-II as float32 ``(coefficients, inputs)``."""
    order = np.arange(coefficients)[:, None]
    place = (np.arange(inputs) + 0.5)[None, :]
    basis = np.cos(np.pi / inputs * order * place) * np.sqrt(2.0 / inputs)
    basis[0] /= np.sqrt(2.0)
    return torch.from_numpy(basis.astype(np.float32))


@cache
def hann(window_samples: int) -> Tensor:
    """Return a periodic Hann window."""
    return torch.hann_window(window_samples)
