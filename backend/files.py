"""Writes files whole or not at all: the one way in which this project puts bytes on disk."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from backend.errors import OutputError


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
            f"{target} ({len(content):,} bytes) cannot be written ({reason}): choose a "
            "folder that exists and can be written to, with enough free space."
        ) from error
