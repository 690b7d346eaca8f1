"""The ends of FLAC, Ogg and MP3 files, and headers that lie."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.audio.compressed import check_flac, check_ogg, find_mp3, id3_length
from backend.errors import AudioError
from backend.records import Audio

Tone = Callable[..., Audio]
Bytes = Callable[..., bytes]

PATH = Path("sound")


def flac(content: bytes) -> None:
    file = io.BytesIO(content)
    file.seek(content.index(b"fLaC") + 4)
    check_flac(PATH, file, len(content))


def test_flac_with_an_id3_tag_before_and_after_is_whole(tone: Tone, encoded: Bytes) -> None:
    content = encoded(tone(1.0), "flac")
    flac(content + b"TAG" + bytes(125))
    tagged = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + content
    assert id3_length(io.BytesIO(tagged)) == 138
    flac(tagged)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_flac_channels_must_agree_with_the_first_frame(
    channels: int, tone: Tone, encoded: Bytes
) -> None:
    content = bytearray(encoded(tone(0.2, channels=channels), "flac"))
    flac(bytes(content))
    # Byte 12 of STREAMINFO: the last bits of the rate, three bits of channels, one of sample size.
    content[8 + 12] ^= 0b1000
    with pytest.raises(AudioError, match="damaged FLAC header"):
        flac(bytes(content))


def test_flac_of_unknown_length_is_left_to_the_decoder(tone: Tone, encoded: Bytes) -> None:
    content = bytearray(encoded(tone(1.0), "flac"))
    content[8 + 13] &= 0xF0
    content[8 + 14 : 8 + 18] = bytes(4)
    flac(bytes(content[: len(content) // 2]))


def test_flac_without_its_last_frame_is_cut_off(tone: Tone, encoded: Bytes) -> None:
    content = encoded(tone(1.0), "flac")
    last_frame = content.rfind(b"\xff\xf8")
    with pytest.raises(AudioError, match="last FLAC frame is missing"):
        flac(content[: last_frame + 4])


def test_ogg_of_other_codecs_is_named(tone: Tone, encoded: Bytes) -> None:
    content = encoded(tone(0.5), "ogg")
    for packet, name in ((b"OpusHead", "Opus"), (b"\x7fFLAC\x01\x00\x00", "something else")):
        other = content[:28] + packet + content[36:]
        with pytest.raises(AudioError, match=f"holding {name}, not Vorbis"):
            check_ogg(PATH, io.BytesIO(other), len(other))


def test_ogg_without_channels_is_refused(tone: Tone, encoded: Bytes) -> None:
    content = bytearray(encoded(tone(0.5), "ogg"))
    content[28 + 11] = 0
    with pytest.raises(AudioError, match="0 channels"):
        check_ogg(PATH, io.BytesIO(content), len(content))


def test_mp3_is_found_behind_a_tag_and_a_little_junk(tone: Tone, encoded: Bytes) -> None:
    content = b"ID3\x03\x00\x00\x00\x00\x00\x14" + bytes(20) + bytes(100)
    content += encoded(tone(0.5), "mp3")
    start = id3_length(io.BytesIO(content))
    assert start == 30
    assert find_mp3(PATH, io.BytesIO(content), len(content), start=start)


def test_mp3_without_a_byte_count_is_taken_as_it_is(tone: Tone, encoded: Bytes) -> None:
    content = encoded(tone(0.5), "mp3")
    plain = content.replace(b"Info", b"....").replace(b"Xing", b"....")
    half = plain[: len(plain) // 2]
    assert find_mp3(PATH, io.BytesIO(half), len(half), start=0)


def test_random_bytes_are_no_mp3() -> None:
    text = bytes(range(255)) * 100
    assert not find_mp3(PATH, io.BytesIO(text), len(text), start=0)
