"""What is not analysed, as nothing sounds there, is as if it had been."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.matching import distance_features
from backend.matching.distance_features import SoundFeatures
from backend.records import Audio

SAMPLES = 176_400
FEATURES = ("cepstra", "cumulative", "partials")
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


def test_a_sound_between_silences_takes_fewer_frames() -> None:
    frames = [
        SoundFeatures(between(60_000, end), SAMPLES)._middle_cells.power.shape[1]  # noqa: SLF001
        for end in (62_000, 80_000, SAMPLES)
    ]
    assert frames[0] <= 6 and 17 <= frames[1] <= 24 and frames[2] >= 110
