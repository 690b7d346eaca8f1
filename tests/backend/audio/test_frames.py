"""The audible moments of a sound, and the one channel that is heard."""

from __future__ import annotations

import numpy as np
import pytest
from known_notes import RATE_HZ, noise, region, saw
from numpy.testing import assert_allclose

from backend.audio.frames import HOP_SAMPLES, heard_frames, one_channel
from backend.records import AudioRegion


def test_frames_lie_where_the_sound_is_and_weigh_as_it_is_loud() -> None:
    sound = np.zeros(2 * RATE_HZ)
    sound[RATE_HZ // 2 : RATE_HZ] = saw(220, 0.5)
    sound[RATE_HZ : 3 * RATE_HZ // 2] = 0.1 * saw(220, 0.5)
    heard = heard_frames(region(sound))
    assert heard is not None
    assert heard.weights.sum() == pytest.approx(1)
    assert (np.abs(heard.centres - RATE_HZ) <= RATE_HZ // 2 + HOP_SAMPLES).all()
    loud = heard.weights[heard.centres < RATE_HZ - HOP_SAMPLES]
    soft = heard.weights[heard.centres > RATE_HZ + HOP_SAMPLES]
    assert loud.max() / np.median(soft) == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize("samples", [0, 1, 1000])
def test_silence_has_no_frames(samples: int) -> None:
    assert heard_frames(AudioRegion(np.zeros((2, samples), np.float32), RATE_HZ, "x")) is None


def test_a_constant_is_silence() -> None:
    assert heard_frames(AudioRegion(np.full((2, 5000), 0.3, np.float32), RATE_HZ, "x")) is None


@pytest.mark.parametrize("samples", [1, 2, 100, 2205, 2206])
def test_the_shortest_sounds_have_a_frame(samples: int) -> None:
    audio = np.zeros((1, samples), np.float32)
    audio[0, 0] = 1.0
    heard = heard_frames(AudioRegion(audio, RATE_HZ, "x"))
    if samples == 1:  # nothing but its own offset
        assert heard is None
    else:
        assert heard is not None and len(heard.centres) >= 1
        assert np.isfinite(heard.mean_power(2048)).all()


def test_only_the_first_four_seconds_are_heard() -> None:
    heard = heard_frames(region(noise(6.0)))
    assert heard is not None and len(heard.mono) == 4 * RATE_HZ


def test_the_mean_power_of_a_tone_is_at_its_frequency() -> None:
    heard = heard_frames(region(np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ)))
    assert heard is not None
    power = heard.mean_power(4096)
    assert power.sum() == pytest.approx(1, rel=1e-3)
    assert np.argmax(power) * RATE_HZ / 4096 == pytest.approx(1000, abs=6)


@pytest.mark.parametrize("right", [0.0, 1.0, -1.0, -0.9])
def test_the_channel_that_is_heard_never_cancels_out(right: float) -> None:
    left = saw(220).astype(np.float32)
    mono = one_channel(AudioRegion(np.stack([left, right * left]), RATE_HZ, "x"))
    assert np.std(mono) >= 0.49 * np.std(left)


def test_other_rates_are_brought_to_44_1_khz() -> None:
    sound = region(saw(220, 1.0, 48_000), rate_hz=48_000)
    assert len(one_channel(sound)) == pytest.approx(RATE_HZ, abs=2)
    ours = one_channel(region(saw(220)))
    assert_allclose(one_channel(sound)[2000:40_000], ours[2000:40_000], atol=0.02)
