"""Batched spectrograms for training, by torchaudio, on whatever device the audio is on.

The runtime computes the same numbers by torch (``models.features``, and
``backend.matching.metrics`` for MFCCs), so that running a model needs no torchaudio; a test holds
both to be equal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torchaudio
from torch import Tensor, nn

from backend.matching.metrics import MFCC_COEFFICIENTS, MFCC_RESOLUTION
from backend.matching.spectra import DYNAMIC_RANGE_DB
from models.features import FeatureConfig, slaney_mel_filters


class MelBatch(nn.Module):
    """Audio to the network's log-mel spectrogram; the same as ``models.features.LogMel``.

    Args:
        config: sizes of the spectrogram.
    """

    def __init__(self, config: FeatureConfig) -> None:
        """Make window and filters."""
        super().__init__()
        self._floor_db = config.floor_db
        self._mel = torchaudio.transforms.MelSpectrogram(
            sample_rate=config.sample_rate_hz, **_mel_options(config, torch.hamming_window)
        )
        _use_our_filters(self._mel, config)
        self._decibel = torchaudio.transforms.AmplitudeToDB("power", top_db=None)

    def forward(self, audio: Tensor) -> Tensor:
        """Turn sounds into spectrograms.

        Args:
            audio: float32 ``(batch, channels, samples)``.

        Returns:
            dB below the loudest cell of each item, ``floor_db``..0, float32
            ``(batch, channels, mels, frames)``.
        """
        decibel: Tensor = self._decibel(self._mel(audio))
        return (decibel - decibel.amax(dim=(1, 2, 3), keepdim=True)).clamp_min(self._floor_db)


class MfccBatch(nn.Module):
    """Audio to the MFCCs that the metric wMFCC compares."""

    def __init__(self) -> None:
        """Make window, filters and cosine transform."""
        super().__init__()
        self._mfcc = torchaudio.transforms.MFCC(
            sample_rate=MFCC_RESOLUTION.sample_rate_hz,
            n_mfcc=MFCC_COEFFICIENTS,
            norm="ortho",
            melkwargs=_mel_options(MFCC_RESOLUTION, torch.hann_window),
        )
        _use_our_filters(self._mfcc.MelSpectrogram, MFCC_RESOLUTION)
        self._mfcc.amplitude_to_DB = torchaudio.transforms.AmplitudeToDB("power", DYNAMIC_RANGE_DB)

    def forward(self, audio: Tensor) -> Tensor:
        """Turn sounds into MFCCs.

        Args:
            audio: float32 ``(batch, channels, samples)`` at 44.1 kHz.

        Returns:
            float32 ``(batch, frames, channels * 20)``, the channels' coefficients side by side.
        """
        coefficients: Tensor = self._mfcc(audio)  # (batch, channels, 20, frames)
        return coefficients.flatten(1, 2).transpose(1, 2)


def resample_batch(audio: Tensor, *, from_hz: int, to_hz: int) -> Tensor:
    """Change the sample rate of ``(batch, channels, samples)`` float32 audio.

    Windowed-sinc interpolation without delay; the length becomes samples * to_hz / from_hz,
    rounded up.
    """
    resampled: Tensor = torchaudio.functional.resample(audio, from_hz, to_hz)
    return resampled


def _mel_options(config: FeatureConfig, window: Callable[..., Tensor]) -> dict[str, Any]:
    """Return the keyword arguments that make torchaudio's mel spectrogram librosa's."""
    return {
        "n_fft": config.window_samples,
        "hop_length": config.hop_samples,
        "n_mels": config.mels,
        "window_fn": window,
        "power": 2.0,
        "center": True,
        "pad_mode": "constant",
        "norm": "slaney",
        "mel_scale": "slaney",
    }


def _use_our_filters(mel: nn.Module, config: FeatureConfig) -> None:
    # torchaudio puts the last bin of an odd FFT length at half the sample rate, where it is not.
    filters = torch.from_numpy(slaney_mel_filters(config)).T.contiguous()
    mel.mel_scale.register_buffer("fb", filters)  # type: ignore[union-attr]
