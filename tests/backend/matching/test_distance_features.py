"""What is not analysed, as nothing sounds there, is as if it had been."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.matching import distance_features
from backend.matching.distance_features import MIDDLE, TRANSPORT_STEP, SoundFeatures
from backend.matching.spectra import mel_power, power_to_db, same_length, spectrum
from backend.records import Audio
from models.features import FeatureConfig

SAMPLES = 176_400
FEATURES = ("cepstra", "cumulative", "partials", "steadiness")
SCALES = ("short", "middle", "long")


def between(begin: int, end: int) -> Audio:
    clip = np.zeros((2, SAMPLES), np.float32)
    clip[:, begin:end] = np.random.default_rng(begin).standard_normal((2, end - begin))
    return clip


def dying() -> Audio:
    """A sound whose tail goes on for ever, down to numbers that are no longer normal."""
    clip = between(30_000, SAMPLES)
    return clip * np.exp(-np.arange(SAMPLES) / 1_500.0).astype(np.float32) * np.float32(1e8)


def tensors(clip: Audio, samples: int) -> dict[str, torch.Tensor]:
    sound = SoundFeatures(clip, samples)
    found = {name: getattr(sound, name) for name in FEATURES}
    for name in SCALES:
        scale = getattr(sound, name)
        found |= {f"{name} dB": scale.db, f"{name} active": scale.active.float()}
    return found


@pytest.mark.parametrize("samples", [SAMPLES, 100_001])
@pytest.mark.parametrize(
    "clip",
    [
        between(60_001, 90_077),
        between(0, 30_000),
        between(99_000, SAMPLES),
        between(50_000, 50_001),
        between(0, SAMPLES),
        np.zeros((2, SAMPLES), np.float32),
        dying(),
    ],
    ids=["middle", "begin", "end", "click", "whole", "silence", "dying"],
)
def test_silence_around_a_sound_is_as_if_it_had_been_analysed(
    clip: Audio, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = tensors(clip, samples)
    monkeypatch.setattr(distance_features, "_sounding", lambda peaks, length: range(length))
    for name, whole in tensors(clip, samples).items():
        assert quick[name].shape == whole.shape, name
        if name == "cumulative":  # of faint frames, which do not count where none is heard
            heard = quick["middle active"][:: distance_features.TRANSPORT_STEP] > 0
            torch.testing.assert_close(quick[name][heard], whole[heard], atol=1e-5, rtol=0.0)
        else:
            torch.testing.assert_close(quick[name], whole, atol=1e-3, rtol=0.0, msg=name)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("name", "resolution"), [("short", distance_features.SHORT), ("middle", MIDDLE)]
)
def test_bands_are_those_of_the_whole_spectrum(
    name: str, resolution: FeatureConfig, channels: int
) -> None:
    """Loops over frames and bins, beside the spectra that the metrics take of the whole."""
    clip = between(30_000, 90_077)[:channels] * np.float32(0.3)
    whole = torch.from_numpy(same_length(clip, SAMPLES)) / float(abs(clip).max())
    mel = mel_power(spectrum(whole, resolution), resolution)
    expected = power_to_db(mel, own_peak=True).permute(2, 0, 1).flatten(1)
    found = getattr(SoundFeatures(clip, SAMPLES), name)
    torch.testing.assert_close(found.db, expected, atol=2e-3, rtol=0.0)
    assert torch.equal(found.active, (expected > -80.0).any(dim=1))


@pytest.mark.parametrize("channels", [1, 2])
def test_magnitudes_are_added_up_from_the_lowest_bin(channels: int) -> None:
    clip = between(30_000, 90_077)[:channels]
    whole = torch.from_numpy(same_length(clip, SAMPLES)) / float(abs(clip).max())
    power = spectrum(whole, MIDDLE).abs().square().mean(dim=0).T[::TRANSPORT_STEP]
    summed = power.sqrt().cumsum(dim=1)
    sound = SoundFeatures(clip, SAMPLES)
    assert sound.cumulative.shape == summed.shape
    heard = sound.middle.active[::TRANSPORT_STEP]
    expected = summed[heard] / summed[heard, -1:]
    torch.testing.assert_close(sound.cumulative[heard], expected, atol=1e-5, rtol=0.0)


def test_the_mix_is_heard_in_quarter_tones() -> None:
    """A tone in one channel, and its opposite in the other: nothing is left of it."""
    time_s = np.arange(SAMPLES) / 44_100.0
    low, high = (np.sin(2 * np.pi * hz * time_s).astype(np.float32) for hz in (220.0, 1_760.0))
    sound = SoundFeatures(np.stack([low + high, low - high]), SAMPLES)
    bands_per_octave, lowest_hz = distance_features.BANDS_PER_OCTAVE, distance_features.LOWEST_HZ
    there, gone = (round(bands_per_octave * np.log2(hz / lowest_hz)) for hz in (220.0, 1_760.0))
    middle = sound.long.db[20:60]
    assert (middle.argmax(dim=1) == there).all() and middle[:, gone].max() < -70.0


def test_a_tone_is_steady_and_noise_is_not() -> None:
    time_s = np.arange(SAMPLES) / 44_100
    tone = np.sin(2 * np.pi * 330.0 * time_s) * (np.abs(time_s - 2.0) < 1.0)
    steadiness = SoundFeatures(np.stack([tone, tone]).astype(np.float32), SAMPLES).steadiness
    silent = np.abs(np.arange(len(steadiness)) * 2_048 - 88_200) > 44_100 + 4_096
    assert steadiness[~silent][4:-4].min() > 0.99
    assert steadiness[silent].max() < 0.02
    hiss = SoundFeatures(between(0, SAMPLES), SAMPLES).steadiness
    assert 0.0 <= hiss.min() and hiss.mean() < 0.25
    for samples in (1, 3_000, 4_000):  # no two frames that share no sample
        assert SoundFeatures(between(0, samples)[:, :samples], samples).steadiness.max() < 1e-6


def test_a_sound_between_silences_takes_fewer_frames() -> None:
    frames = [
        SoundFeatures(between(60_000, end), SAMPLES)._middle_spectra.parts.shape[1]  # noqa: SLF001
        for end in (62_000, 80_000, SAMPLES)
    ]
    assert frames[0] <= 6 and 17 <= frames[1] <= 24 and frames[2] >= 110
