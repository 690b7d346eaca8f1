"""Looks at a sound file's own structure before a decoder sees it.

Decoders fill what is missing with silence and believe any header, so three things are settled
here, from a few kilobytes of the file: which format it is, whether all that it promises is there,
and that its header asks for nothing absurd. Formats: WAV and AIFF here, FLAC, Ogg Vorbis and MP3
in ``backend.audio.compressed``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from backend.audio.compressed import check_flac, check_ogg, find_mp3, id3_length
from backend.audio.faults import FORMATS, shown, unusable
from backend.audio.limits import check_channels, check_rate, check_sample_bits
from backend.errors import AudioError

#: Data sizes that programs write when they cannot know the length in advance (piped recordings).
OPEN_ENDED_SIZES = frozenset({0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF})

#: Some writers count the header into the data size; that little is not called cut off.
SIZE_SLACK_BYTES = 64

MAX_CHUNKS = 1000

WAV_PCM, WAV_FLOAT, WAV_EXTENSIBLE = 1, 3, 0xFFFE


@dataclass(frozen=True)
class Container:
    """What a file is.

    Args:
        kind: ``WAV``, ``AIFF``, ``FLAC``, ``Ogg`` or ``MP3``.
        frames: samples per channel that are really in the file, where its structure tells
            (uncompressed WAV and AIFF); None where only decoding can tell.
    """

    kind: str
    frames: int | None = None


@dataclass(frozen=True)
class _Chunk:
    """One chunk of a RIFF or IFF file: ``start`` is the offset of its body."""

    tag: bytes
    start: int
    size_bytes: int


def inspect_container(path: Path) -> Container:
    """Recognise a file by its content, whatever its extension says.

    Raises:
        AudioError: the file is not there, empty, not a sound of a known format, cut off, or its
            header contradicts itself.
    """
    if path.is_dir():
        raise AudioError(f"{shown(path)} is a folder: give one sound file ({FORMATS}).")
    if not path.exists():
        raise AudioError(f"{shown(path)} does not exist: check the name and the folder.")
    if not path.is_file():
        raise AudioError(f"{shown(path)} is a device or pipe: save the sound as a file first.")
    try:
        size_bytes = path.stat().st_size
        if size_bytes == 0:
            raise unusable(path, "is empty (0 bytes)", "record or export it again.")
        with path.open("rb") as file:
            return _inspect(path, file, size_bytes)
    except OSError as error:
        raise unusable(
            path, f"cannot be read ({error.strerror or error})", "check its permissions."
        ) from error


def _inspect(path: Path, file: BinaryIO, size_bytes: int) -> Container:
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return _inspect_wav(path, file, size_bytes)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _inspect_aiff(path, file, size_bytes)
    if head[:4] == b"OggS":
        check_ogg(path, file, size_bytes)
        return Container("Ogg")
    tag_bytes = id3_length(file)
    file.seek(tag_bytes)
    if file.read(4) == b"fLaC":
        check_flac(path, file, size_bytes)
        return Container("FLAC")
    if find_mp3(path, file, size_bytes, start=tag_bytes):
        return Container("MP3")
    raise unusable(path, "is not a sound this program reads", f"use {FORMATS}.")


def _chunks(file: BinaryIO, size_bytes: int, size_format: str) -> Iterator[_Chunk]:
    position = 12
    for _ in range(MAX_CHUNKS):
        file.seek(position)
        header = file.read(8)
        if len(header) < 8:
            return
        body_bytes: int = struct.unpack(size_format, header[4:])[0]
        yield _Chunk(header[:4], position + 8, body_bytes)
        position += 8 + body_bytes + body_bytes % 2
        if position >= size_bytes:
            return


def _inspect_wav(path: Path, file: BinaryIO, size_bytes: int) -> Container:
    fmt = b""
    long_size_bytes: int | None = None
    for chunk in _chunks(file, size_bytes, "<I"):
        file.seek(chunk.start)
        if chunk.tag == b"ds64":
            body = file.read(16)
            long_size_bytes = struct.unpack("<Q", body[8:])[0] if len(body) == 16 else None
        elif chunk.tag == b"fmt ":
            fmt = file.read(min(chunk.size_bytes, 40))
        elif chunk.tag == b"data":
            if len(fmt) < 16:
                break
            promised = chunk.size_bytes
            if promised == 0xFFFFFFFF and long_size_bytes is not None:
                promised = long_size_bytes
            present = _present_bytes(path, promised, size_bytes - chunk.start)
            code, channels, rate_hz = struct.unpack("<HHI", fmt[:8])
            bits: int = struct.unpack("<H", fmt[14:16])[0]
            check_channels(path, channels)
            check_rate(path, rate_hz)
            linear = code in (WAV_PCM, WAV_FLOAT, WAV_EXTENSIBLE)
            # Packed codings may rightly say 0.
            check_sample_bits(path, bits if linear else max(1, bits))
            if not linear:
                return Container("WAV")
            return Container("WAV", present // max(1, channels * ((bits + 7) // 8)))
    raise _headless(path, "WAV")


def _inspect_aiff(path: Path, file: BinaryIO, size_bytes: int) -> Container:
    common = b""
    sound: _Chunk | None = None
    for chunk in _chunks(file, size_bytes, ">I"):
        if chunk.tag == b"COMM":
            file.seek(chunk.start)
            common = file.read(min(chunk.size_bytes, 22))
        elif chunk.tag == b"SSND":
            sound = chunk
    if sound is None or len(common) < 18:
        raise _headless(path, "AIFF")
    present = _present_bytes(path, sound.size_bytes, size_bytes - sound.start)
    channels, frames, bits = struct.unpack(">HIH", common[:8])
    check_channels(path, channels)
    check_sample_bits(path, bits)
    if common[18:22] not in (b"", b"NONE", b"sowt", b"twos", b"fl32", b"FL32"):
        return Container("AIFF")
    # The chunk's body begins with two 4-byte fields, the offset and block size of the samples.
    frame_bytes = max(1, channels * ((bits + 7) // 8))
    _present_bytes(path, frames * frame_bytes, present - 8)
    return Container("AIFF", min(frames, max(0, present - 8) // frame_bytes))


def _present_bytes(path: Path, promised: int, available: int) -> int:
    """Return how much of ``promised`` bytes of sound is there; a file cut off is refused."""
    available = max(0, available)
    if promised in OPEN_ENDED_SIZES:
        return available
    if promised > available + SIZE_SLACK_BYTES:
        found = f"its header promises {promised:,} bytes of sound and {available:,} are there"
        raise unusable(path, f"is cut off: {found}", "copy or export it again.")
    return min(promised, available)


def _headless(path: Path, kind: str) -> AudioError:
    found = f"starts as {kind} but its header is damaged or cut off"
    return unusable(path, found, "copy or export it again.")
