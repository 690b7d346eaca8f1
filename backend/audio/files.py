"""Writes files whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from pathlib import Path
from typing import Literal

from pedalboard.io import AudioFile

from backend.audio.faults import shown
from backend.errors import OutputError
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


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write bytes to a file so that it is never seen half written.

    They go to a hidden file beside it first, which then takes its name.

    Raises:
        OutputError: the folder is missing or not writable, the disk is full, or ``path`` is a
            folder; whatever was there before is untouched.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            part.unlink()
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{shown(target)} ({len(content):,} bytes) cannot be written ({reason}): choose a "
            "folder that exists and can be written to, with enough free space."
        ) from error
