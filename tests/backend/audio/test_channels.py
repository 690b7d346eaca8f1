"""Two channels become one sound, and a wide sound stays wide."""

from __future__ import annotations

import numpy as np
import pytest
from known_notes import noise, saw
from numpy.testing import assert_array_equal

from backend.audio.channels import whole_sound

SAW = saw(220, 0.2).astype(np.float32)


@pytest.mark.parametrize("full", [0, 1])
@pytest.mark.parametrize("rest", [0.0, 5e-4])
def test_a_silent_side_gets_the_other_s_sound(full: int, rest: float) -> None:
    audio = np.stack([SAW, SAW])
    audio[1 - full] *= np.float32(rest)
    found, remark = whole_sound(audio)
    assert_array_equal(found, [SAW, SAW])
    name = ("left", "right")[full]
    assert remark == f"Only the {name} channel has sound: it is heard on both sides."


@pytest.mark.parametrize("gain", [1.0, 0.9])
def test_opposite_signs_are_made_to_add_up(gain: float) -> None:
    audio = np.stack([SAW, np.float32(-gain) * SAW])
    found, remark = whole_sound(audio)
    assert_array_equal(found, [SAW, np.float32(gain) * SAW])
    assert remark == "The channels cancel each other out: the right one was turned over."


@pytest.mark.parametrize(
    "right",
    [SAW, 0.01 * SAW, -0.4 * SAW, noise(0.2), -saw(223, 0.2), 0 * SAW + 1e-3],
    ids=["same", "panned", "part cancelled", "noise", "detuned", "faint"],
)
def test_what_can_be_heard_stays_as_it_is(right: np.ndarray) -> None:
    audio = np.stack([SAW, right]).astype(np.float32)
    if abs(audio[1]).max() < 2e-3:
        audio *= np.float32(1.0)
        audio[1, ::2] *= -1  # not silent beside a faint first channel
        audio[0] *= np.float32(1e-3)
    found, remark = whole_sound(audio)
    assert_array_equal(found, audio)
    assert remark == ""


def test_one_channel_and_silence_stay_as_they_are() -> None:
    for audio in (SAW[None], np.zeros((2, 9), np.float32), np.zeros((2, 0), np.float32)):
        found, remark = whole_sound(audio)
        assert_array_equal(found, audio)
        assert remark == ""
