"""Writes files whole or not at all: the one way in which this project puts bytes on disk."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from backend.errors import OutputError


def write_whole(path: str | os.PathLike[str], content: bytes, *, mode: int = 0o666) -> None:
    """Write bytes to a file so that it is never seen half written.

    They go to a hidden file beside it first, which then takes its name.

    Args:
        path: the file; one that is there is replaced.
        content: all of it.
        mode: who may read and write it, less what the user's umask takes away.

    Raises:
        OutputError: the folder is missing or not writable, the disk is full, or ``path`` is a
            folder; whatever was there before is untouched.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
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
