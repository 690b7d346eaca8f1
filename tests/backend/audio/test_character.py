"""What is said of a sound before it is matched, and that nothing is said of one clean note."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_notes import RATE_HZ, harmonics, hz_of, noise, region, saw, seconds

from backend.audio.character import (
    CLICK,
    CLIPPED,
    IN_TURN,
    NOISY,
    NOTHING,
    SEVERAL_NOTES,
    describe_sound,
    is_clipped,
)
from backend.audio.pitch import find_pitch
from backend.records import AudioRegion


def said(sound: AudioRegion) -> tuple[str, ...]:
    remarks = describe_sound(sound, find_pitch(sound))
    assert all(remark.isprintable() and remark.endswith(".") for remark in remarks)
    return remarks


def faded(sound: np.ndarray) -> np.ndarray:
    edges = np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1])
    return sound * np.minimum(1, edges / 500)


CLEAN = {
    "saw": saw(110, 2.0),
    "hollow": harmonics(233.0, [n % 2 / n for n in range(1, 20)], 2.0),
    "sine": np.sin(2 * np.pi * 880 * seconds(2.0)),
    "sub": np.sin(2 * np.pi * 30 * seconds(2.0)),
    "whistle": np.sin(2 * np.pi * 15_000 * seconds(2.0)),
    "vibrato": harmonics(330 * 2 ** (0.06 * np.sin(35 * seconds(2.0))), [1, 0.5, 0.3], 2.0),
    "detuned": sum(saw(hz_of(45 + d), 2.0) for d in (-0.2, 0, 0.2)),
    "two octaves": saw(98, 2.0) + saw(196, 2.0),
    "pluck": saw(147, 2.0) * np.exp(-seconds(2.0) / 0.2),
    "breathy": saw(196, 2.0) + 0.1 * noise(2.0),
    "tremolo": saw(196, 2.0) * (1 + 0.9 * np.sin(2 * np.pi * 5 * seconds(2.0))),
    "blip": saw(440, 0.06),
    "hit": noise(0.3) * np.exp(-seconds(0.3) / 0.03),
}


@pytest.mark.parametrize("kind", CLEAN)
def test_nothing_is_said_of_one_sound(kind: str) -> None:
    assert said(region(faded(CLEAN[kind]))) == ()


def test_a_repeated_note_is_one_sound() -> None:
    once = faded(saw(147, 0.5) * np.exp(-seconds(0.5) / 0.08))
    echoes = np.concatenate([once, 0.7 * once, 0.5 * once, 0.35 * once])
    assert said(region(echoes)) == ()


@pytest.mark.parametrize("kind", ["saw", "sine"])
@pytest.mark.parametrize("intervals", [(0, 4, 7), (0, 3, 7), (0, 4), (0, 5), (0, 3, 6)], ids=str)
def test_a_chord_is_told(intervals: tuple[int, ...], kind: str) -> None:
    notes = [hz_of(57 + interval) for interval in intervals]
    tones = [
        saw(hz, 2.0) if kind == "saw" else np.sin(2 * np.pi * hz * seconds(2.0)) for hz in notes
    ]
    assert said(region(faded(sum(tones)))) == (SEVERAL_NOTES,)


def test_partials_out_of_tune_are_no_chord() -> None:
    for interval in (3.5, 4.6, 6.4):
        both = saw(hz_of(57), 2.0) + saw(hz_of(57 + interval), 2.0)
        assert said(region(faded(both))) == ()


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_told(seed: int) -> None:
    white = noise(2.0, seed)
    for sound in (white, np.cumsum(white), white * np.exp(-seconds(2.0) / 0.5)):
        assert said(region(faded(sound))) == (NOISY,)


def test_a_note_in_noise_of_its_own_level_is_told() -> None:
    tone = saw(196, 2.0)
    assert said(region(faded(tone + tone.std() * noise(2.0)))) == (NOISY,)


def test_a_melody_with_rests_is_told() -> None:
    notes = [faded(saw(hz_of(midi), 0.4) * np.exp(-seconds(0.4) / 0.06)) for midi in (50, 57, 63)]
    assert said(region(np.concatenate(notes))) == (IN_TURN,)


def test_drums_are_told() -> None:
    rng = np.random.default_rng(1)
    kick = np.sin(2 * np.pi * (50 * seconds(0.4) - 4 * np.exp(-seconds(0.4) / 0.03)))
    hat = np.diff(rng.standard_normal(round(0.4 * RATE_HZ) + 1)) * np.exp(-seconds(0.4) / 0.05)
    loop = np.concatenate([kick * np.exp(-seconds(0.4) / 0.1), 0.5 * hat] * 2)
    assert said(region(loop)) == (IN_TURN,)


@pytest.mark.parametrize("samples", [1, 44, 130])
def test_a_click_is_told(samples: int) -> None:
    sound = np.zeros(RATE_HZ)
    sound[5000 : 5000 + samples] = noise(1.0)[:samples]
    assert said(region(sound)) == (CLICK,)


@pytest.mark.parametrize("drive", [1.5, 4.0])
def test_clipping_is_told_once(drive: float) -> None:
    clipped = region(np.clip(drive * faded(saw(110, 2.0)), -1, 1), peak=1.0)
    assert said(clipped) == (CLIPPED,)
    assert said(replace(clipped, remarks=(CLIPPED,))) == ()


@pytest.mark.parametrize(
    "sound",
    [np.sin(2 * np.pi * 30 * seconds(1.0)), saw(41, 1.0), noise(1.0)],
    ids=["sub", "saw", "noise"],
)
@pytest.mark.parametrize("peak", [0.5, 1.0])
def test_full_scale_alone_is_not_clipping(sound: np.ndarray, peak: float) -> None:
    assert not is_clipped(region(sound, peak=peak).audio)


def test_a_limited_sound_below_full_scale_is_not_clipping() -> None:
    assert not is_clipped(region(np.clip(saw(110), -0.5, 0.5), peak=0.5).audio)


def test_a_whisper_is_told() -> None:
    remarks = said(region(faded(saw(220, 1.0)), peak=3e-4))
    assert remarks == ("The sound is very quiet (peak -70 dB): noise weighs as much.",)


@pytest.mark.parametrize("samples", [0, 1, 44_100])
def test_silence_is_told(samples: int) -> None:
    silence = AudioRegion(np.zeros((2, samples), np.float32), RATE_HZ, "x")
    assert describe_sound(silence, find_pitch(silence)) == (NOTHING,)


@settings(max_examples=40)
@given(
    samples=st.integers(1, 9000),
    channels=st.integers(1, 2),
    seed=st.integers(0, 1 << 30),
    kind=st.sampled_from(["noise", "steps", "sparse", "huge", "bursts"]),
)
def test_any_samples_give_sentences(samples: int, channels: int, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    audio = rng.standard_normal((channels, samples))
    if kind == "steps":
        audio = np.sign(audio)
    elif kind == "sparse":
        audio *= rng.random(audio.shape) < 0.001
    elif kind == "huge":
        audio *= 1e8
    elif kind == "bursts":
        audio *= np.sin(np.arange(samples) / 300) > 0.9
    said(AudioRegion(audio.astype(np.float32), RATE_HZ, "x"))
