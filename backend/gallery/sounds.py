"""A sound as a page needs it: compressed, brought to one peak, with its outline and spectrogram."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from backend.audio.loudness import loudness_lufs
from backend.audio.mp3 import mp3_bytes
from backend.matching.picture import RANGE_DB, spectrogram_db
from backend.records import AudioRegion

#: Where every sound's highest sample is brought to.
PEAK_DB = -1.0
#: What is further below a sound's peak than this is not heard, so a row may end there.
AUDIBLE_DB = 60.0
#: What is kept after the last audible moment of a row.
TAIL_S = 0.1

OUTLINE_COLUMNS = 160
OUTLINE_STEPS = 99
#: Shades of a spectrogram; more would take more room and show nothing.
SHADES = 32
#: Frames of 10 ms that are one column of the picture.
FRAMES_A_COLUMN = 2

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Sound:
    """A sound that is ready for the page.

    Args:
        mp3: the file.
        picture: its spectrogram as a grey PNG, 0 is silence.
        outline: how far it reaches from the middle in each of 160 columns, 0..99.
        peak_db: its highest sample before it was brought to -1 dBFS; -inf for silence.
        loudness_lufs: how loud it is now; -inf for silence.
    """

    mp3: bytes
    picture: bytes
    outline: tuple[int, ...]
    peak_db: float
    loudness_lufs: float

    @property
    def raised_db(self) -> float:
        """By how much it was raised to its peak; below 0 if it was lowered."""
        return PEAK_DB - self.peak_db if np.isfinite(self.peak_db) else 0.0


def sound_of(region: AudioRegion, length_s: float) -> Sound:
    """Make a sound ready for the page.

    Args:
        region: 44.1 kHz, mono or stereo.
        length_s: what is kept of it; silence is added where it is shorter.
    """
    samples = round(length_s * region.sample_rate_hz)
    audio = np.zeros((region.audio.shape[0], samples), np.float32)
    kept = region.audio[:, :samples]
    audio[:, : kept.shape[1]] = kept
    peak = float(np.abs(audio).max(initial=0.0))
    peak_db = 20.0 * float(np.log10(peak)) if peak > 0 else -np.inf
    gain = 10 ** ((PEAK_DB - peak_db) / 20) if peak > 0 else 1.0
    levelled = replace(region, audio=audio * np.float32(gain))
    return Sound(
        mp3_bytes(levelled),
        grey_png(_shades(spectrogram_db(levelled))),
        _outline(levelled),
        peak_db,
        loudness_lufs(levelled),
    )


def audible_s(regions: Sequence[AudioRegion]) -> float:
    """Return how long some of the regions can be heard, in seconds, with a short tail."""
    ends_s = [0.0]
    for region in regions:
        level = np.abs(region.audio).max(axis=0, initial=0.0)
        heard = np.flatnonzero(level > level.max(initial=0.0) * 10 ** (-AUDIBLE_DB / 20))
        if heard.size:
            ends_s.append(float(heard[-1] + 1) / region.sample_rate_hz)
    longest_s = max((region.duration_s for region in regions), default=0.0)
    return min(longest_s, max(ends_s) + TAIL_S)


def grey_png(pixels: Pixels) -> bytes:
    """Return a grey picture, uint8 ``(height, width)``, as a PNG of 8 bits (RFC 2083)."""
    height, width = pixels.shape
    lines = b"".join(b"\x00" + line.tobytes() for line in pixels)  # filter 0 for each line

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _shades(decibel: npt.NDArray[np.float32]) -> Pixels:
    """Return ``(mels, columns)`` with the lowest frequency at the bottom, loud is bright."""
    mels, frames = decibel.shape
    columns = -(-frames // FRAMES_A_COLUMN)
    padded = np.full((mels, columns * FRAMES_A_COLUMN), -RANGE_DB, np.float32)
    padded[:, :frames] = decibel
    loudest = padded.reshape(mels, columns, FRAMES_A_COLUMN).max(axis=2)
    steps = np.round((loudest / RANGE_DB + 1) * (SHADES - 1))
    shades: Pixels = np.round(steps * 255 / (SHADES - 1)).astype(np.uint8)[::-1]
    return shades


def _outline(region: AudioRegion) -> tuple[int, ...]:
    level = np.abs(region.audio).max(axis=0, initial=0.0)
    columns = [part.max(initial=0.0) for part in np.array_split(level, OUTLINE_COLUMNS)]
    highest = max(columns)
    return tuple(round(OUTLINE_STEPS * float(c / highest)) if highest > 0 else 0 for c in columns)
