"""Reading samples in blocks, and the limits on what is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from backend.audio.decoder import guarded, open_sound
from backend.errors import AudioError
from backend.records import Audio

Tone = Callable[..., Audio]
Save = Callable[..., Path]


def test_blocks_are_the_samples_from_start_to_stop(tone: Tone, save: Save) -> None:
    audio = tone(2.5)
    with open_sound(save(audio)) as reader:
        assert (reader.frames, reader.channels, reader.sample_rate_hz) == (110_250, 2, 44_100)
        blocks = list(reader.blocks(start=1000, stop=100_000))
        assert max(block.shape[1] for block in blocks) <= 44_100
        assert_array_equal(np.concatenate(blocks, axis=1), audio[:, 1000:100_000])
        again = list(reader.blocks(start=0, stop=500))
        assert_array_equal(again[0], audio[:, :500])


def test_more_than_two_channels_are_averaged(tone: Tone, save: Save) -> None:
    audio = tone(0.2, channels=6)
    with open_sound(save(audio)) as reader:
        mixed = np.concatenate(list(reader.blocks(start=0, stop=reader.frames)), axis=1)
    assert reader.channels == 6
    assert_allclose(mixed, audio.mean(axis=0, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_values_that_are_no_sound_are_refused_with_their_place(
    value: float, tone: Tone, save: Save
) -> None:
    audio = tone(3.0)
    audio[1, 2 * 44_100 + 5] = value
    with open_sound(save(audio)) as reader, pytest.raises(AudioError, match="near 2.00 s"):
        list(reader.blocks(start=0, stop=reader.frames))


@pytest.mark.parametrize(
    ("seconds", "rate_hz", "message"),
    [(0.049, 44_100, "lasts 49 ms, at least 50 ms"), (601, 8_000, "at most 10 min")],
)
def test_durations_outside_the_limits_are_refused(
    seconds: float, rate_hz: int, message: str, tone: Tone, save: Save
) -> None:
    path = save(tone(seconds, rate_hz=rate_hz, channels=1), rate_hz=rate_hz)
    with pytest.raises(AudioError, match=message), open_sound(path):
        pass


@pytest.mark.parametrize("error", [ValueError, RuntimeError, OSError, MemoryError])
def test_whatever_the_decoder_raises_becomes_an_audio_error(error: type[Exception]) -> None:
    def fail() -> None:
        raise error("internal\nmessage")

    with pytest.raises(AudioError) as caught:
        guarded(Path("a\nb.wav"), fail)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("a?b.wav is damaged")
