from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from models.config_json import ConfigError
from models.features import (
    FeatureConfig,
    LogMel,
    dequantise_db,
    quantise_db,
    slaney_mel_filters,
)

CONFIG = FeatureConfig()


def noisy_sweep(seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    t = np.arange(CONFIG.samples) / CONFIG.sample_rate_hz
    left = np.sin(2 * np.pi * (100 * t + 900 * t**2)) * np.exp(-t)
    right = 0.05 * generator.standard_normal(CONFIG.samples) * (t > 1.0)
    return np.stack([left, right]).astype(np.float32)


def librosa_db(audio: np.ndarray) -> np.ndarray:
    mel = librosa.feature.melspectrogram(
        y=audio,
        sr=44_100,
        n_fft=1102,
        hop_length=441,
        window="hamming",
        n_mels=128,
        fmin=0.0,
        fmax=22_050.0,
    )
    return librosa.power_to_db(mel, ref=np.max)


@pytest.mark.parametrize(
    ("rate", "n_fft", "mels"), [(44_100, 1102, 128), (16_000, 512, 40), (48_000, 2048, 20)]
)
def test_filters_are_librosas(rate: int, n_fft: int, mels: int) -> None:
    ours = slaney_mel_filters(
        FeatureConfig(sample_rate_hz=rate, window_samples=n_fft, hop_samples=100, mels=mels)
    )
    theirs = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=mels)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)


def test_decibels_are_librosas() -> None:
    audio = noisy_sweep()
    ours = LogMel(CONFIG)(torch.from_numpy(audio)[None])[0].numpy()
    assert ours.shape == (2, 128, 401) and ours.dtype == np.float32
    np.testing.assert_allclose(ours, librosa_db(audio), atol=0.01)


def test_both_channels_share_the_reference_and_items_do_not() -> None:
    audio = noisy_sweep()
    quiet = torch.from_numpy(np.stack([audio, 0.01 * audio]))
    decibel = LogMel(CONFIG)(quiet)
    torch.testing.assert_close(decibel[0], decibel[1], atol=0.02, rtol=0)
    assert decibel[0, 0].max() == 0.0
    assert decibel[0, 1].max() < -10.0


def test_values_stay_within_the_floor_and_silence_is_finite() -> None:
    click = torch.zeros(2, 2, CONFIG.samples)
    click[0, 0, 100] = 1.0
    decibel = LogMel(CONFIG)(click)
    assert decibel[0].min() == -80.0 and decibel[0].max() == 0.0
    assert bool((decibel[1] == 0.0).all())


def test_stays_float32_under_autocast() -> None:
    audio = torch.from_numpy(noisy_sweep())[None]
    with torch.autocast("cpu", torch.bfloat16):
        inside = LogMel(CONFIG)(audio)
    torch.testing.assert_close(inside, LogMel(CONFIG)(audio))


@pytest.mark.parametrize("shape", [(2, 176_400), (1, 1, 176_400), (1, 2, 176_399)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="the model needs"):
        LogMel(CONFIG)(torch.zeros(shape))


def test_quantised_decibels_return_within_half_a_step() -> None:
    decibel = np.linspace(-80.0, 0.0, 1001, dtype=np.float32)
    stored = quantise_db(decibel)
    assert stored.dtype == np.uint8 and stored[0] == 0 and stored[-1] == 255
    back = dequantise_db(torch.from_numpy(stored)).numpy()
    assert np.abs(back - decibel).max() <= 0.5 * 80 / 255 + 1e-4


def test_every_stored_byte_survives_the_round_trip() -> None:
    stored = torch.arange(256, dtype=torch.uint8)
    again = quantise_db(dequantise_db(stored).numpy())
    np.testing.assert_array_equal(again, stored.numpy())


def test_values_outside_are_clipped() -> None:
    assert quantise_db(np.array([-300.0, 3.0], dtype=np.float32)).tolist() == [0, 255]


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ConfigError, match="hop_samples"):
        FeatureConfig(hop_samples=2000)
