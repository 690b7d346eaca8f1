"""Sound to log-mel spectrogram: what the network hears, and how the training set stores it.

audio (batch, 2, samples) -> LogMel -> dB (batch, 2, mels, frames) -> encoder. The numbers are those
of the conditioning spectrogram of Hayes et al. 2025 ("Audio synthesizer inversion in symmetric
parameter spaces", code ``generate_vst_dataset.py``), which come from librosa; the same values are
computed here by torch so that running a model needs no librosa.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from models.config_json import require_range


@dataclass(frozen=True)
class FeatureConfig:
    """How sound becomes a spectrogram; a model only understands the one it was trained with."""

    sample_rate_hz: int = 44_100
    samples: int = 176_400  # 4.0 s
    channels: int = 2
    window_samples: int = 1_102  # 25 ms, also the FFT length
    hop_samples: int = 441  # 10 ms
    mels: int = 128  # Slaney scale, 0 Hz to half the sample rate
    floor_db: float = -80.0  # below the loudest cell of the item

    def __post_init__(self) -> None:
        """Refuse sizes that no spectrogram has."""
        require_range("sample_rate_hz", self.sample_rate_hz, 8_000, 192_000)
        require_range("samples", self.samples, 1_000, 10_000_000)
        require_range("channels", self.channels, 1, 8)
        require_range("window_samples", self.window_samples, 16, 65_536)
        require_range("hop_samples", self.hop_samples, 1, self.window_samples)
        require_range("mels", self.mels, 1, 1_024)

    @property
    def frames(self) -> int:
        """Spectrogram frames of one item: one per hop, and one more for the centred start."""
        return 1 + self.samples // self.hop_samples


def slaney_mel_filters(config: FeatureConfig) -> npt.NDArray[np.float32]:
    """Triangular mel filters on Slaney's scale, each of unit area, as ``librosa.filters.mel``.

    The scale is linear (200/3 Hz per mel) below 1 kHz and logarithmic (a factor of 6.4 in 27 mels)
    above (Slaney, Auditory Toolbox, 1998).

    Args:
        config: gives sample rate, FFT length and number of mels.

    Returns:
        Weights ``(mels, window_samples // 2 + 1)``, to be multiplied with a power spectrum.
    """
    nyquist_hz = config.sample_rate_hz / 2
    hz_per_mel, knee_hz, log_step = 200.0 / 3.0, 1000.0, np.log(6.4) / 27.0
    knee_mel = knee_hz / hz_per_mel
    top_mel = (
        knee_mel + np.log(nyquist_hz / knee_hz) / log_step
        if nyquist_hz >= knee_hz
        else nyquist_hz / hz_per_mel
    )
    mel = np.linspace(0.0, top_mel, config.mels + 2)
    edge_hz = np.where(
        mel < knee_mel, mel * hz_per_mel, knee_hz * np.exp(log_step * (mel - knee_mel))
    )
    bins = np.arange(config.window_samples // 2 + 1)
    bin_hz = bins * (config.sample_rate_hz / config.window_samples)
    width_hz = np.diff(edge_hz)
    ramp_hz = edge_hz[:, None] - bin_hz[None, :]  # (mels + 2, bins)
    rising = -ramp_hz[:-2] / width_hz[:-1, None]
    falling = ramp_hz[2:] / width_hz[1:, None]
    triangle = np.maximum(0.0, np.minimum(rising, falling))
    filters: npt.NDArray[np.float32] = (
        triangle * (2.0 / (edge_hz[2:] - edge_hz[:-2]))[:, None]
    ).astype(np.float32)
    return filters


def short_spectra(
    audio: Tensor, window: Tensor, hop_samples: int, *, centred: bool = True
) -> Tensor:
    """Return the complex spectra of windows centred on multiples of the hop, zeros beyond the ends.

    The numbers are those of ``torch.stft``, which takes five times as long on one thread.

    Args:
        audio: ``(rows, samples)``.
        window: ``(window samples,)``.
        hop_samples: from one window to the next.
        centred: False: the first window begins with the audio, and the last ends within it.

    Returns:
        ``(rows, frames, bins)``.
    """
    beyond = len(window) // 2 if centred else 0
    padded = F.pad(audio, (beyond, beyond))
    spectra: Tensor = torch.fft.rfft(padded.unfold(1, len(window), hop_samples) * window)
    return spectra


class LogMel(nn.Module):
    """Audio to mel spectrogram in dB below the loudest cell of the item."""

    #: Powers below this count as this (librosa ``power_to_db``).
    POWER_FLOOR = 1e-10

    window: Tensor
    filters: Tensor

    def __init__(self, config: FeatureConfig) -> None:
        """Make window and filters; they follow from the config and are not saved.

        Args:
            config: sizes of the spectrogram.
        """
        super().__init__()
        self.config = config
        window = torch.hamming_window(config.window_samples, periodic=True, dtype=torch.float32)
        self.register_buffer("window", window, persistent=False)
        filters = torch.from_numpy(slaney_mel_filters(config))
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Turn sounds into spectrograms.

        Equal to ``librosa.power_to_db(mel, ref=np.max)`` per item, the maximum being taken over
        both channels, so the absolute level is discarded. Digital silence gives 0 dB everywhere.

        Args:
            audio: float32 ``(batch, channels, samples)``, finite.

        Returns:
            dB in ``floor_db``..0, float32 ``(batch, channels, mels, frames)``.

        Raises:
            ValueError: the shape is not the one of the config.
        """
        c = self.config
        if audio.ndim != 3 or audio.shape[1:] != (c.channels, c.samples):
            raise ValueError(
                f"The audio has shape {tuple(audio.shape)}; the model needs (batch, {c.channels}, "
                f"{c.samples}). Resample to {c.sample_rate_hz} Hz, then cut or pad it."
            )
        flat = audio.to(torch.float32).flatten(0, 1)  # (batch * channels, samples)
        with torch.autocast(audio.device.type, enabled=False):
            spectrum = short_spectra(flat, self.window, c.hop_samples)
            power = (spectrum.real.square() + spectrum.imag.square()) @ self.filters.T
            decibel = 10.0 * power.transpose(1, 2).clamp_min(self.POWER_FLOOR).log10()
            # (batch, channels, mels, frames)
            decibel = decibel.reshape(-1, c.channels, c.mels, c.frames)
            reference = decibel.amax(dim=(1, 2, 3), keepdim=True)
            below: Tensor = (decibel - reference).clamp_min(c.floor_db).contiguous()
            return below


def quantise_db(decibel: npt.NDArray[np.float32], floor_db: float = -80.0) -> npt.NDArray[np.uint8]:
    """Store a spectrogram in one byte per cell, in steps of 80/255 = 0.31 dB.

    Args:
        decibel: values in ``floor_db``..0, any shape; values outside are clipped.
        floor_db: the value that becomes 0; 0 dB becomes 255.

    Returns:
        uint8 of the same shape.
    """
    scaled = np.rint((decibel - floor_db) / -floor_db * 255.0)
    stored: npt.NDArray[np.uint8] = np.clip(scaled, 0.0, 255.0).astype(np.uint8)
    return stored


def dequantise_db(stored: Tensor, floor_db: float = -80.0) -> Tensor:
    """Undo ``quantise_db``, to within half a step (0.16 dB).

    Args:
        stored: uint8, any shape.
        floor_db: the value that was stored as 0.

    Returns:
        dB in ``floor_db``..0, float32 of the same shape.
    """
    return stored.to(torch.float32).mul_(-floor_db / 255.0).add_(floor_db)
