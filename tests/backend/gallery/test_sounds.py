from __future__ import annotations

import io
import zlib
from dataclasses import replace

import numpy as np
import pytest
from gallery_rows import RATE_HZ, tone
from pedalboard.io import AudioFile

from backend.gallery.sounds import OUTLINE_COLUMNS, audible_s, grey_png, sound_of
from backend.records import Audio, AudioRegion


def decoded(mp3: bytes) -> Audio:
    with AudioFile(io.BytesIO(mp3)) as file:
        audio: Audio = file.read(file.frames)
    return audio


def pixels(png: bytes) -> np.ndarray:
    """Read what ``grey_png`` wrote, by the book."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    start = png.index(b"IDAT") + 4
    length = int.from_bytes(png[start - 8 : start - 4], "big")
    content = png[start : start + length]
    assert int.from_bytes(png[start + length : start + length + 4], "big") == zlib.crc32(
        b"IDAT" + content
    )
    lines = np.frombuffer(zlib.decompress(content), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()  # no filter
    return lines[:, 1:]


@pytest.mark.parametrize("peak", [0.001, 0.3, 3.0])
def test_every_sound_peaks_at_one_level(peak: float) -> None:
    sound = sound_of(tone(440, peak), 0.6)
    loudest = np.abs(decoded(sound.mp3)).max()
    assert 20 * np.log10(loudest) == pytest.approx(-1.0, abs=0.5)  # MP3 keeps it nearly
    assert sound.peak_db == pytest.approx(20 * np.log10(peak), abs=0.01)
    assert sound.raised_db == pytest.approx(-1 - 20 * np.log10(peak), abs=0.01)


def test_silence_stays_silence() -> None:
    silent = AudioRegion(np.zeros((2, RATE_HZ), np.float32), RATE_HZ, "nothing")
    sound = sound_of(silent, 1.0)
    assert sound.peak_db == -np.inf and sound.raised_db == 0.0
    assert np.abs(decoded(sound.mp3)).max() < 1e-4
    assert set(sound.outline) == {0} and not pixels(sound.picture).any()


def test_a_sound_has_the_length_of_its_row() -> None:
    for length_s in (0.3, 1.5):
        frames = decoded(sound_of(tone(440), length_s).mp3).shape[1]
        assert frames == pytest.approx(length_s * RATE_HZ, abs=4000)  # whole frames of MP3


def test_the_outline_follows_the_envelope() -> None:
    outline = sound_of(tone(440), 0.6).outline
    assert len(outline) == OUTLINE_COLUMNS and max(outline) == outline[0] == 99
    assert outline[80] == pytest.approx(99 * np.exp(-4 * 0.3), abs=3)


def test_the_picture_shows_pitch_from_below_and_time_from_the_left() -> None:
    half = tone(440, length_s=1.0)
    half.audio[:, RATE_HZ // 2 :] = 0
    low, high = (pixels(sound_of(r, 1.0).picture) for r in (half, replace_tone(half, 4000.0)))
    assert low[:, :45].any() and not low[:, 56:].any()
    assert low[:, 10].argmax() > high[:, 10].argmax()  # rows are counted from the top
    assert low.max() == 255


def replace_tone(like: AudioRegion, pitch_hz: float) -> AudioRegion:
    made = tone(pitch_hz, length_s=like.duration_s)
    made.audio[:, RATE_HZ // 2 :] = 0
    return made


def test_a_row_ends_where_nothing_is_heard_any_more() -> None:
    long = replace(tone(440), audio=np.pad(tone(440).audio, ((0, 0), (0, 3 * RATE_HZ))))
    assert audible_s([long]) == pytest.approx(0.7, abs=0.01)
    assert audible_s([long, tone(440, length_s=2.0)]) == pytest.approx(2.1, abs=0.01)
    assert audible_s([tone(440)]) == pytest.approx(0.6)  # not longer than the sound
    assert audible_s([]) == 0.0


def test_a_png_holds_its_pixels(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (7, 11), dtype=np.uint8)
    np.testing.assert_array_equal(pixels(grey_png(picture)), picture)
