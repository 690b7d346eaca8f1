"""The note in a sound: right to the octave and to cents, or told to be missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_notes import RATE_HZ, harmonics, hz_of, noise, region, saw, seconds

from backend.audio.pitch import Pitch, find_pitch, midi_of
from backend.records import AudioRegion


def cents_off(sound: np.ndarray, hz: float, rate_hz: int = RATE_HZ) -> float:
    pitch = find_pitch(region(sound, rate_hz=rate_hz))
    assert pitch is not None and pitch.tonal, pitch
    assert pitch.midi == pytest.approx(midi_of(pitch.hz))
    return abs(1200 * float(np.log2(pitch.hz / hz)))


@pytest.mark.parametrize("midi", range(24, 101, 4))
def test_a_saw_is_found_to_a_cent(midi: int) -> None:
    hz = hz_of(midi + 0.3)
    assert cents_off(saw(hz), hz) < 1


@pytest.mark.parametrize("hz", [30.0, 55.0, 440.0, 8000.0, 15_000.0])
def test_a_sine_from_sub_bass_to_whistle(hz: float) -> None:
    assert cents_off(np.sin(2 * np.pi * hz * seconds(1.5)), hz) < 3


@pytest.mark.parametrize("first", [2, 3, 4])
@pytest.mark.parametrize("hz", [70.0, 150.0, 333.0, 900.0])
def test_a_missing_fundamental_is_heard(first: int, hz: float) -> None:
    levels = [0.0] * (first - 1) + [1 / n for n in range(first, 13)]
    assert cents_off(harmonics(hz, levels), hz) < 5


@pytest.mark.parametrize("loudest", range(2, 8))
def test_a_resonance_on_a_harmonic_is_not_the_note(loudest: int) -> None:
    levels = [1 / n for n in range(1, 15)]
    levels[loudest - 1] *= 8
    assert cents_off(harmonics(131.0, levels), 131.0) < 2


def test_a_vibrato_counts_by_its_middle() -> None:
    times_s = seconds(2.0)
    hz = 330 * 2 ** (80 / 1200 * np.sin(2 * np.pi * 5.5 * times_s))
    assert cents_off(harmonics(hz, [1, 0.5, 0.3, 0.2], 2.0), 330) < 15


def test_a_glide_counts_by_where_it_rests() -> None:
    times_s = seconds(2.0)
    hz = 200 * 2 ** (np.clip(1 - times_s / 0.6, 0, 1) * 0.8)
    assert cents_off(harmonics(hz, [1, 0.5, 0.3, 0.2], 2.0), 200) < 5


def test_detuned_saws_count_by_their_middle() -> None:
    spread = [hz_of(45 + offset) for offset in (-0.25, -0.1, 0.0, 0.1, 0.25)]
    assert cents_off(sum(saw(hz, 2.0) for hz in spread), hz_of(45)) < 20


def test_a_struck_bar_counts_by_its_lowest_mode() -> None:
    times_s = seconds(1.0)
    modes = sum(
        np.sin(2 * np.pi * 261.6 * ratio * times_s + ratio) * np.exp(-3 * ratio * times_s)
        for ratio in (1, 2.756, 5.404, 8.933)
    )
    assert cents_off(modes, 261.6) < 5


def test_a_note_in_noise_is_found() -> None:
    tone = saw(185.0, 2.0)
    assert cents_off(tone + 0.3 * tone.std() * noise(2.0), 185.0) < 5


def test_eighty_milliseconds_are_enough() -> None:
    assert cents_off(saw(220.0, 0.08), 220.0) < 15


@pytest.mark.parametrize("rate_hz", [22_050, 48_000, 96_000])
def test_every_rate(rate_hz: int) -> None:
    assert cents_off(saw(146.8, 1.0, rate_hz), 146.8, rate_hz) < 1


@pytest.mark.parametrize("right", [0.0, -1.0, 0.3])
def test_every_pair_of_channels(right: float) -> None:
    left = (0.3 * saw(98.0)).astype(np.float32)
    pitch = find_pitch(AudioRegion(np.stack([left, right * left]), RATE_HZ, "x"))
    assert pitch is not None and pitch.tonal
    assert pitch.hz == pytest.approx(98.0, rel=1e-3)


@pytest.mark.parametrize("peak", [1e-3, 1.0, 30.0])
def test_the_level_does_not_matter(peak: float) -> None:
    pitch = find_pitch(region(saw(440.0), peak=peak))
    assert pitch is not None and pitch.hz == pytest.approx(440.0, rel=1e-4)


@pytest.mark.parametrize("intervals", [(0, 4, 7), (0, 7), (0, 5), (0, 7, 16)])
def test_a_chord_counts_by_one_of_its_notes(intervals: tuple[int, ...]) -> None:
    pitch = find_pitch(region(sum(saw(hz_of(50 + i), 2.0) for i in intervals)))
    assert pitch is not None
    assert min(abs((pitch.midi - 50 - i + 6) % 12 - 6) for i in intervals) < 0.3
    assert pitch.midi > 49  # and not by the period that they have in common


def test_silence_has_no_pitch() -> None:
    assert find_pitch(AudioRegion(np.zeros((2, 44_100), np.float32), RATE_HZ, "x")) is None
    assert find_pitch(AudioRegion(np.zeros((1, 0), np.float32), RATE_HZ, "x")) is None


def click(duration_s: float) -> np.ndarray:
    sound = np.zeros(RATE_HZ)
    samples = max(1, round(duration_s * RATE_HZ))
    sound[5000 : 5000 + samples] = noise(duration_s + 1)[:samples]
    return sound


@pytest.mark.parametrize(
    "sound",
    [noise(2.0), np.cumsum(noise(2.0)), noise(1.0) * np.exp(-seconds(1.0) / 0.1), click(0.003)]
    + [click(0.0)],
    ids=["white noise", "brown noise", "hit", "click of 3 ms", "one sample"],
)
def test_what_has_no_note_is_not_called_tonal(sound: np.ndarray) -> None:
    pitch = find_pitch(region(sound))
    assert pitch is not None and not pitch.tonal and pitch.confidence < 0.3


@pytest.mark.parametrize(("midi", "note"), [(60.49, 60), (60.51, 61), (-3.0, 0), (134.0, 127)])
def test_the_note_is_the_nearest_on_the_keyboard(midi: float, note: int) -> None:
    assert Pitch(hz_of(midi), midi, 1.0, True).note == note


@settings(max_examples=60)
@given(
    samples=st.integers(1, 9000),
    channels=st.integers(1, 2),
    rate_hz=st.sampled_from([8_000, 44_100, 192_000]),
    seed=st.integers(0, 1 << 30),
    kind=st.sampled_from(["noise", "steps", "sparse", "huge"]),
)
def test_any_samples_give_a_pitch_or_none(
    samples: int, channels: int, rate_hz: int, seed: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    audio = rng.standard_normal((channels, samples))
    if kind == "steps":
        audio = np.sign(audio)
    elif kind == "sparse":
        audio *= rng.random(audio.shape) < 0.001
    elif kind == "huge":
        audio *= 1e8
    pitch = find_pitch(AudioRegion(audio.astype(np.float32), rate_hz, "x"))
    if pitch is not None:
        assert 10 < pitch.hz < 22_050
        assert 0 <= pitch.confidence <= 1
