"""One thing of a sound is changed, and the ear must find that, in the right direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple

import numpy as np
import pytest

from backend.matching.contrasts import words_by_ear
from backend.matching.hearing import SAMPLE_RATE_HZ, Heard, hear
from backend.records import Audio, Note

NOTE = Note(57, 0.1, 1.5)
TIME_S = np.arange(4 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
SINCE_S = TIME_S - NOTE.on_s
HELD = (SINCE_S >= 0) & (TIME_S < NOTE.off_s)
AFTER_S = np.clip(TIME_S - NOTE.off_s, 0, None)
GATE = np.where(TIME_S >= NOTE.on_s, np.exp(-AFTER_S / 0.02), 0.0)
PITCH_HZ = 220.0


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, len(TIME_S))


def partials(tilt: float, highest_hz: float = 16_000.0) -> np.ndarray:
    """Harmonics of 220 Hz whose amplitudes fall as ``n ** -tilt``."""
    numbers = np.arange(1, int(highest_hz / PITCH_HZ))
    return np.sum([np.sin(2 * np.pi * PITCH_HZ * n * TIME_S + n) * n**-tilt for n in numbers], 0)


SAW = partials(1.0)


def stereo(left: np.ndarray, right: np.ndarray | None = None) -> Audio:
    return np.stack([left, left if right is None else right]).astype(np.float32) * 0.1


def plain() -> Audio:
    return stereo(GATE * SAW)


def heard(audio: Audio) -> Heard:
    found = hear(audio, NOTE)
    assert found is not None
    return found


def moving(depth: float) -> np.ndarray:
    """A saw that is bright and dull in turn, five times a second."""
    turn = 0.5 + 0.5 * depth * np.sin(2 * np.pi * 5 * TIME_S)
    return GATE * (turn * SAW + (1 - turn) * partials(3.0))


CHANGES: dict[str, Callable[[], Audio]] = {
    "darker": lambda: stereo(GATE * partials(1.6)),
    "brighter": lambda: stereo(GATE * partials(0.5)),
    "more bass": lambda: stereo(GATE * (SAW + 2 * np.sin(2 * np.pi * 55 * TIME_S))),
    "noisier": lambda: stereo(GATE * (SAW + noise())),
    "slower attack": lambda: stereo(GATE * np.clip(SINCE_S / 0.4, 0, 1) * SAW),
    "longer": lambda: stereo(np.where(TIME_S < 3.0, GATE + (AFTER_S > 0) * 0.9, 0) * SAW),
    "shorter": lambda: stereo(GATE * (SINCE_S < 0.5) * SAW),
    "more percussive": lambda: stereo(GATE * np.exp(-np.clip(SINCE_S, 0, None) / 0.4) * SAW),
    "longer tail": lambda: stereo(np.where(SINCE_S >= 0, np.exp(-AFTER_S / 0.15), 0) * SAW),
    "more movement": lambda: stereo(moving(1.0)),
    "wider": lambda: stereo(GATE * SAW, GATE * np.roll(SAW, 211) * np.sign(np.sin(TIME_S * 9))),
}


@pytest.mark.parametrize("word", CHANGES)
def test_what_is_changed_is_heard(word: str) -> None:
    others = [heard(plain())] * 7
    words = [found.text for found in words_by_ear(heard(CHANGES[word]()), others)]
    assert word in words[:2]


@pytest.mark.parametrize(
    ("word", "opposite"),
    [
        ("more bass", "less bass"),
        ("noisier", "purer"),
        ("slower attack", "faster attack"),
        ("more percussive", "more sustained"),
        ("longer tail", "shorter tail"),
        ("more movement", "steadier"),
        ("wider", "narrower"),
    ],
)
def test_the_other_way_round_the_opposite_is_heard(word: str, opposite: str) -> None:
    others = [heard(CHANGES[word]())] * 7
    assert opposite in [found.text for found in words_by_ear(heard(plain()), others)]


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(lambda: 0.02 * plain(), id="quieter"),
        pytest.param(lambda: -plain(), id="upside down"),
        pytest.param(lambda: plain()[:1], id="one channel of two that are alike"),
        pytest.param(lambda: plain() * np.array([[1.0], [0.3]], np.float32), id="panned"),
    ],
)
def test_what_makes_no_difference_is_not_heard(same: Callable[[], Audio]) -> None:
    assert words_by_ear(heard(same()), [heard(plain())] * 7) == []


def test_noise_is_all_noise_and_a_tone_has_none() -> None:
    assert heard(stereo(noise())).noise > -1.5
    assert heard(stereo(np.sin(2 * np.pi * 440 * TIME_S))).noise < -20.0


def test_silence_is_not_heard() -> None:
    assert hear(np.zeros((2, 1000), np.float32), NOTE) is None


@pytest.mark.parametrize("samples", [1, 100, 3000, 20_000])
def test_short_sounds_are_no_fault(samples: int) -> None:
    found = heard(plain()[:, 5000 : 5000 + samples])
    assert all(isinstance(value, float) for value in astuple(found))


def test_sides_that_cancel_each_other_are_heard() -> None:
    audio = plain() * np.array([[1.0], [-1.0]], np.float32)
    assert words_by_ear(heard(audio), [heard(plain())] * 7)[0].text == "wider"
