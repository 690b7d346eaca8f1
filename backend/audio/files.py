"""Writes a region as a WAV file."""

from __future__ import annotations

import io
import os
from typing import Literal

from pedalboard.io import AudioFile

from backend.files import write_whole
from backend.records import AudioRegion


def write_wav(
    path: str | os.PathLike[str], region: AudioRegion, *, bits: Literal[24, 32] = 32
) -> None:
    """Write a region as a WAV file, replacing one that is there.

    Args:
        path: the file to write; its folder must exist.
        region: its audio, in its own sample rate.
        bits: 32 for float samples (exact), 24 for integers (clipped to -1..1).

    Raises:
        OutputError: the file cannot be written; whatever was there before is untouched.
    """
    buffer = io.BytesIO()
    channels = region.audio.shape[0]
    with AudioFile(
        buffer, "w", region.sample_rate_hz, channels, bit_depth=bits, format="wav"
    ) as file:
        file.write(region.audio)
    write_whole(path, buffer.getvalue())
