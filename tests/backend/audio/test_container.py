"""Which format a file has, and whether uncompressed files are whole."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.audio.container import Container, inspect_container
from backend.errors import AudioError
from backend.records import Audio

Bytes = Callable[..., bytes]
Save = Callable[..., Path]

KINDS = {"wav": "WAV", "flac": "FLAC", "aiff": "AIFF", "ogg": "Ogg", "mp3": "MP3"}


@pytest.mark.parametrize("kind", KINDS)
def test_content_decides_not_the_extension(
    kind: str, tone: Callable[..., Audio], encoded: Bytes, save: Save
) -> None:
    path = save(encoded(tone(0.5), kind), "sound.txt")
    expected_frames = 22_050 if kind in ("wav", "aiff") else None
    assert inspect_container(path) == Container(KINDS[kind], expected_frames)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_off_file_is_refused(
    kind: str, share: float, tone: Callable[..., Audio], encoded: Bytes, save: Save
) -> None:
    # Two tones and a length at which every format has many frames or pages.
    whole = encoded(tone(2.0) + tone(2.0, hz=1234.5), kind)
    path = save(whole[: int(len(whole) * share)])
    with pytest.raises(AudioError, match="cut off"):
        inspect_container(path)


def test_a_data_size_of_a_piped_recording_means_the_rest_of_the_file(
    raw_wav: Bytes, save: Save
) -> None:
    path = save(raw_wav(b"\x01\x02" * 4000, data_bytes=0xFFFFFFFF))
    assert inspect_container(path) == Container("WAV", 2000)


def test_a_claim_of_four_gigabytes_is_refused(raw_wav: Bytes, save: Save) -> None:
    path = save(raw_wav(b"\x01\x02" * 4000, data_bytes=0xFFFFFFF0))
    with pytest.raises(AudioError, match=r"promises 4,294,967,280 bytes of sound and 8,000"):
        inspect_container(path)


def test_sizes_of_64_bits_are_read_from_the_ds64_chunk(raw_wav: Bytes, save: Save) -> None:
    plain = raw_wav(b"\x01\x02" * 4000, data_bytes=0xFFFFFFFF)
    for promised, frames in ((8000, 2000), (4000, 1000)):
        ds64 = b"ds64" + struct.pack("<IQQQI", 28, 0, promised, 0, 0)
        path = save(b"RF64" + plain[4:12] + ds64 + plain[12:])
        assert inspect_container(path) == Container("WAV", frames)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": 0}, "0 channels"),
        ({"channels": 60_000}, "60,000 channels, 1 to 64"),
        ({"rate_hz": 0}, "sample rate of 0 Hz"),
        ({"rate_hz": 7_999}, "sample rate of 7,999 Hz"),
        ({"rate_hz": 192_001}, "sample rate of 192,001 Hz"),
        ({"bits": 0}, "samples of 0 bits"),
        ({"bits": 23_312}, "samples of 23,312 bits"),
    ],
)
def test_absurd_headers_are_refused_before_a_decoder_sees_them(
    settings: dict[str, int], message: str, raw_wav: Bytes, save: Save
) -> None:
    with pytest.raises(AudioError, match=message):
        inspect_container(save(raw_wav(bytes(40_000), **settings)))


def test_an_aiff_with_absurd_sample_bits_is_refused(
    tone: Callable[..., Audio], encoded: Bytes, save: Save
) -> None:
    content = bytearray(encoded(tone(0.2), "aiff"))
    bits_at = content.index(b"COMM") + 14
    content[bits_at : bits_at + 2] = struct.pack(">H", 23_312)
    with pytest.raises(AudioError, match="23,312 bits"):
        inspect_container(save(bytes(content)))


@pytest.mark.parametrize(
    "content",
    [b"RIFF\x00\x00\x00\x00WAVE", b"FORM\x00\x00\x00\x00AIFF", b"fLaC", b"OggS", b"ID3\x04"],
)
def test_a_bare_beginning_is_refused(content: bytes, save: Save) -> None:
    with pytest.raises(AudioError):
        inspect_container(save(content))


@pytest.mark.parametrize(
    "content",
    [
        b"Dear diary, " * 500,
        b"%PDF-1.7\n" + bytes(range(256)) * 64,
        b"\xff\xd8\xff\xe0" + bytes(3000),
        b"\xff\xfb\x90\x64" + bytes(9000),  # one MP3 frame header, and no second
    ],
)
def test_what_is_no_sound_is_refused_with_the_formats(content: bytes, save: Save) -> None:
    with pytest.raises(AudioError, match=r"use wav, flac, aiff, ogg \(Vorbis\) or mp3"):
        inspect_container(save(content))


def test_missing_empty_folder_and_pipe(tmp_path: Path, save: Save) -> None:
    with pytest.raises(AudioError, match="does not exist"):
        inspect_container(tmp_path / "nothing.wav")
    with pytest.raises(AudioError, match=r"is empty \(0 bytes\)"):
        inspect_container(save(b""))
    with pytest.raises(AudioError, match="is a folder"):
        inspect_container(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.wav")
        with pytest.raises(AudioError, match="device or pipe"):
            inspect_container(tmp_path / "pipe.wav")
