"""Whether a FLAC, Ogg Vorbis or MP3 file is what it says and has its end.

Each format marks its end in its own way: the number in FLAC's last frame header (RFC 9639 section
9.1), the end-of-stream flag of Ogg's last page (RFC 3533 section 6), the byte count in MP3's
Xing/Info header. An MP3 without that header has no promise to break and is taken as it is.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from os import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

from backend.audio.faults import FORMATS, unusable
from backend.audio.limits import check_channels
from backend.errors import AudioError

#: An Ogg page is at most 27 + 255 + 255 * 255 bytes.
OGG_PAGE_MAX_BYTES = 65_307

#: The longest FLAC frame header with its checksum, and the samples of a frame by their 4-bit code
#: (0 is reserved; 6 and 7 mean that the number follows).
FLAC_HEADER_MAX_BYTES = 17
FLAC_BLOCK_SAMPLES = (0, 192, *(576 << n for n in range(4)), 0, 0, *(256 << n for n in range(8)))

#: How far into a file (after a tag) the first MP3 frame may begin.
MP3_SEARCH_BYTES = 16_384

_MP3_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES_HZ = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}


def id3_length(file: BinaryIO) -> int:
    """Return the length in bytes of an ID3v2 tag at the start of a file, 0 where there is none."""
    file.seek(0)
    head = file.read(10)
    if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)


def check_flac(path: Path, file: BinaryIO, size_bytes: int) -> None:
    """Refuse a FLAC stream whose header contradicts its frames, or whose last frame is missing.

    Where the stream's header claims more channels than its frames have, the decoder reads stray
    memory when it seeks; nothing but the first frame protects that header.

    Args:
        path: for messages.
        file: stands just after ``fLaC``.
        size_bytes: of the whole file.
    """
    damaged = unusable(path, "has a damaged FLAC header", "copy or export it again.")
    info = file.read(38)
    if len(info) < 38 or info[0] & 0x7F != 0 or int.from_bytes(info[1:4], "big") != 34:
        raise damaged
    largest_block = int.from_bytes(info[6:8], "big")
    largest_frame_bytes = int.from_bytes(info[11:14], "big")
    channels = (info[16] >> 1 & 7) + 1
    total = int.from_bytes(info[17:22], "big") & 0xF_FFFF_FFFF
    last = bool(info[0] & 0x80)
    while not last:
        block = file.read(4)
        if len(block) < 4:
            raise damaged
        last = bool(block[0] & 0x80)
        file.seek(int.from_bytes(block[1:4], "big"), SEEK_CUR)
    first = _flac_frame(file.read(FLAC_HEADER_MAX_BYTES), largest_block)
    if first is None or first.channels != channels or first.samples > largest_block:
        raise damaged
    if total == 0:
        # Written to a pipe, so the length was not known; the decoder then counts for itself.
        return
    tail_bytes = min(size_bytes, max(largest_frame_bytes, 65_536) + 8_192)
    file.seek(size_bytes - tail_bytes)
    tail = file.read(tail_bytes)
    at = tail.rfind(b"\xff")
    while at >= 0:
        frame = _flac_frame(tail[at : at + FLAC_HEADER_MAX_BYTES], largest_block)
        if frame is not None and frame.start + frame.samples == total:
            return
        at = tail.rfind(b"\xff", 0, at)
    raise _cut_off(path, "its last FLAC frame is missing")


@dataclass(frozen=True)
class _FlacFrame:
    """What a FLAC frame header says: number of its first sample, samples, and channels."""

    start: int
    samples: int
    channels: int


def _flac_frame(header: bytes, fixed_block: int) -> _FlacFrame | None:
    """Read a FLAC frame header (RFC 9639 section 9.1); None where none stands."""
    if len(header) < 7 or header[0] != 0xFF or header[1] not in (0xF8, 0xF9):
        return None
    # As in UTF-8, the number's first byte starts with one 1 for each byte of it, if several.
    ones = next((n for n in range(8) if not header[4] << n & 0x80), 8)
    number = header[4] & (0x7F >> ones)
    position = 5 + max(0, ones - 1)
    for byte in header[5:position]:
        number = number << 6 | byte & 0x3F
    code = header[2] >> 4
    if code in (6, 7):
        width = code - 5
        samples = int.from_bytes(header[position : position + width], "big") + 1
        position += width
    else:
        samples = FLAC_BLOCK_SAMPLES[code]
    position += {12: 1, 13: 2, 14: 2}.get(header[2] & 0x0F, 0)
    if position >= len(header) or _crc8(header[:position]) != header[position]:
        return None
    # Codes 8 to 10 are stereo coded as a side channel and one other.
    channels = (header[3] >> 4) + 1 if header[3] >> 4 < 8 else 2
    # The second byte tells whether the number counts samples or whole blocks of fixed size.
    start = number if header[1] == 0xF9 else number * fixed_block
    return _FlacFrame(start, samples, channels)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc


def check_ogg(path: Path, file: BinaryIO, size_bytes: int) -> None:
    """Refuse an Ogg file that is not Vorbis or whose last page is missing."""
    file.seek(0)
    first = file.read(27 + 255 + 12)
    packet = first[27 + first[26] :] if len(first) > 26 else b""
    if packet[:7] != b"\x01vorbis":
        held = "Opus" if packet[:8] == b"OpusHead" else "something else"
        raise unusable(path, f"is an Ogg file holding {held}, not Vorbis", f"use {FORMATS}.")
    if len(packet) > 11:
        check_channels(path, packet[11])
    tail_bytes = min(size_bytes, 2 * OGG_PAGE_MAX_BYTES)
    file.seek(size_bytes - tail_bytes)
    tail = file.read(tail_bytes)
    at = tail.rfind(b"OggS")
    while at >= 0:
        page = tail[at : at + 27 + 255]
        lacing = page[27 : 27 + page[26]] if len(page) > 26 else b""
        whole = len(page) > 26 and len(lacing) == page[26]
        if whole and at + 27 + len(lacing) + sum(lacing) <= len(tail) and page[5] & 4:
            return
        at = tail.rfind(b"OggS", 0, at)
    raise _cut_off(path, "its last Ogg page is missing")


def find_mp3(path: Path, file: BinaryIO, size_bytes: int, *, start: int) -> bool:
    """Tell whether MP3 frames begin at byte ``start`` or soon after, and refuse a cut-off file.

    Two frames in a row are asked for, because one frame header is only 11 fixed bits.
    """
    file.seek(start)
    head = file.read(MP3_SEARCH_BYTES + 2_048)
    at = head.find(b"\xff")
    while 0 <= at < MP3_SEARCH_BYTES:
        length = _mp3_frame_bytes(head[at : at + 4])
        following = head[at + length : at + length + 4] if length else b""
        if _mp3_frame_bytes(following) and _same_stream(head[at : at + 4], following):
            promised = _xing_bytes(head[at : at + length])
            available = size_bytes - start - at
            if promised > available + length:
                found = f"its header promises {promised:,} bytes and {available:,} are there"
                raise _cut_off(path, found)
            return True
        at = head.find(b"\xff", at + 1)
    return False


def _mp3_frame_bytes(header: bytes) -> int:
    """Return an MPEG audio frame's length in bytes from its 4-byte header, 0 where it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate_code, rate_code = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer == 4 or bitrate_code in (0, 15) or rate_code == 3:
        return 0
    generation = 1 if version == 3 else 2
    bits_per_s = 1000 * _MP3_KBPS[generation, layer][bitrate_code - 1]
    rate_hz = _MP3_RATES_HZ[version][rate_code]
    padding = header[2] >> 1 & 1
    if layer == 1:
        return 4 * (12 * bits_per_s // rate_hz + padding)
    samples = 72 if layer == 3 and generation == 2 else 144
    return samples * bits_per_s // rate_hz + padding


def _same_stream(first: bytes, second: bytes) -> bool:
    """Tell whether two frame headers share version, layer and sample rate."""
    return first[1] & 0xFE == second[1] & 0xFE and first[2] & 0x0C == second[2] & 0x0C


def _xing_bytes(frame: bytes) -> int:
    """Return the stream length in bytes from a Xing/Info header, 0 where there is none."""
    at = max(frame.find(b"Xing", 0, 64), frame.find(b"Info", 0, 64))
    if at < 0 or len(frame) < at + 16:
        return 0
    flags: int = struct.unpack(">I", frame[at + 4 : at + 8])[0]
    if not flags & 2:
        return 0
    field = at + 8 + (4 if flags & 1 else 0)
    return int.from_bytes(frame[field : field + 4], "big")


def _cut_off(path: Path, found: str) -> AudioError:
    return unusable(path, f"is cut off: {found}", "copy or export it again.")
