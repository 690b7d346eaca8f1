"""The benchmark's own sounds: as many as asked for, the same each time, at the pitch they claim."""

from __future__ import annotations

import numpy as np
import pytest

from training.pitch_models import MODELS, RATE_HZ, KnownSound, hz_of, known_sound, model_sounds


@pytest.fixture(scope="module")
def sounds() -> list[KnownSound]:
    return list(model_sounds(seed=5, each=2))


def test_every_model_gives_its_share(sounds: list[KnownSound]) -> None:
    assert [sound.source for sound in sounds] == [name for name, *_ in MODELS for _ in range(2)]
    ranges = {name: (low, high) for name, _, low, high in MODELS}
    for sound in sounds:
        assert np.isfinite(sound.region.audio).all()
        assert 0.05 < np.abs(sound.region.audio).max() <= 1.0
        assert 0.05 < sound.region.duration_s <= 4.0
        low, high = ranges[sound.source]
        assert low - 1e-6 <= sound.midi <= high + 1e-6


def test_the_seed_decides_all(sounds: list[KnownSound]) -> None:
    again = list(model_sounds(seed=5, each=2))
    others = list(model_sounds(seed=6, each=2))
    for sound, same, other in zip(sounds, again, others, strict=True):
        assert sound.hz == same.hz and np.array_equal(sound.region.audio, same.region.audio)
        assert not np.array_equal(sound.region.audio, other.region.audio)


def test_hz_and_midi_are_inverse() -> None:
    assert hz_of(69) == 440
    assert known_sound("x", "x", np.ones(9), hz_of(33.3)).midi == pytest.approx(33.3)


@pytest.mark.parametrize("name", ["saw", "hollow", "organ", "pulse width", "blip"])
def test_the_lowest_partial_is_where_it_should_be(name: str, sounds: list[KnownSound]) -> None:
    for sound in sounds:
        if sound.source == name:
            samples = sound.region.audio.shape[1]
            spectrum = np.abs(np.fft.rfft(sound.region.audio[0] * np.hanning(samples)))
            bin_hz = RATE_HZ / samples
            near = slice(round(0.8 * sound.hz / bin_hz), round(1.2 * sound.hz / bin_hz) + 1)
            found_hz = (near.start + int(np.argmax(spectrum[near]))) * bin_hz
            assert found_hz == pytest.approx(sound.hz, abs=1.5 * bin_hz)
            assert spectrum[: round(0.6 * sound.hz / bin_hz)].max() < 0.1 * spectrum.max()
