"""torchaudio's batches agree with what the runtime computes without it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from backend.matching.metrics import MFCC_RESOLUTION, mfcc_frames
from backend.matching.spectra import spectrum
from models.features import FeatureConfig, LogMel
from training.mel_batches import MelBatch, MfccBatch, resample_batch

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def batch() -> Tensor:
    """Three unlike stereo sounds ``(3, 2, 176400)``: noise, a quiet tone, a click in silence."""
    generator = np.random.default_rng(7)
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    audio = np.zeros((3, 2, len(time_s)), dtype=np.float32)
    audio[0] = generator.normal(0, 0.1, audio[0].shape)
    audio[1] = 0.01 * np.sin(2 * np.pi * np.array([[330.0], [4_000.0]]) * time_s)
    audio[2, 0, 50_000:50_100] = 1.0
    return torch.from_numpy(audio)


def test_mel_batches_are_the_runtimes_spectrograms(batch: Tensor) -> None:
    config = FeatureConfig()
    ours, runtime = MelBatch(config)(batch), LogMel(config)(batch)
    assert ours.shape == (3, 2, 128, 401)
    assert ours.dtype == torch.float32
    assert torch.equal(ours.amax(dim=(1, 2, 3)), torch.zeros(3))
    assert ours.min() == -80.0
    assert (ours - runtime).abs().max() < 0.01


def test_mfcc_batches_are_those_of_the_metric(batch: Tensor) -> None:
    ours = MfccBatch()(batch)
    runtime = torch.stack([mfcc_frames(spectrum(clip, MFCC_RESOLUTION)) for clip in batch])
    assert ours.shape == (3, 400, 40)
    assert (ours - runtime).abs().max() < 0.02


def test_items_of_a_batch_do_not_touch_each_other(batch: Tensor) -> None:
    for transform in (MelBatch(FeatureConfig()), MfccBatch()):
        alone = torch.cat([transform(batch[i : i + 1]) for i in range(3)])
        assert (transform(batch) - alone).abs().max() < 1e-3


def test_resampling_keeps_a_tone_in_step() -> None:
    def tone(rate_hz: int) -> Tensor:
        return torch.sin(2 * torch.pi * 440 * torch.arange(rate_hz) / rate_hz).expand(2, 2, -1)

    resampled = resample_batch(tone(16_000), from_hz=16_000, to_hz=RATE_HZ)
    assert resampled.shape == (2, 2, RATE_HZ)
    inner = slice(1_000, -1_000)
    assert (resampled - tone(RATE_HZ))[..., inner].abs().max() < 0.01
