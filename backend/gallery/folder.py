"""Puts a gallery on disk, whole or not at all.

All files are written into a new folder beside the goal, which then takes its place; the gallery
that was there goes only when the new one stands.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from backend.audio.faults import shown
from backend.errors import OutputError

#: A folder that has a file of this name, with this in it, is a gallery and may be replaced.
FRONT, MARK = "index.html", b'<meta name="generator" content="Synthmatch gallery">'


def check_goal(goal: Path) -> None:
    """See that a gallery can go to a folder, before any work is done.

    Raises:
        OutputError: something is there that is no gallery, or the place cannot be written to.
    """
    if goal.exists() and not _is_ours(goal):
        raise OutputError(
            f"{shown(goal)} is there and is no gallery, so it is left as it is; choose another "
            "folder with -o"
        )
    parent = goal.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        probe = parent / f".{goal.name}.{secrets.token_hex(4)}.part"
        probe.mkdir()
        probe.rmdir()
    except (OSError, ValueError) as error:
        raise _unwritable(goal, error) from error


def write_gallery(goal: Path, files: Mapping[str, bytes]) -> None:
    """Write all files of a gallery into a folder, in place of the gallery that was there.

    Args:
        goal: the folder; missing, empty, or a gallery.
        files: content by path within the folder, with ``/`` between folders.

    Raises:
        OutputError: as ``check_goal``, or the disk is full; whatever was there is untouched.
    """
    check_goal(goal)
    place = goal.absolute()
    token = secrets.token_hex(4)
    part, old = (place.with_name(f".{place.name}.{token}.{end}") for end in ("part", "old"))
    try:
        for name, content in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if place.exists():
            os.replace(place, old)
        try:
            os.replace(part, place)
        except BaseException:
            if old.exists() and not place.exists():
                os.replace(old, place)
            raise
    except (OSError, ValueError) as error:
        raise _unwritable(goal, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether a path is an empty folder or a gallery."""
    if not folder.is_dir() or folder.is_symlink():
        return False
    if not any(folder.iterdir()):
        return True
    with contextlib.suppress(OSError):
        return MARK in (folder / FRONT).read_bytes()
    return False


def _unwritable(goal: Path, error: Exception) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(
        f"the gallery cannot be written to {shown(goal)} ({reason}); free space, or choose another "
        "folder with -o"
    )
