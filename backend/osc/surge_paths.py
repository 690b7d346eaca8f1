"""Paths as Surge XT takes them over OSC: absolute, without ending, in characters it can open."""

from __future__ import annotations

import sys
from pathlib import Path

from backend.errors import LinkError

ENDING = ".fxp"
#: Surge keeps the path in a buffer of the system's longest file name.
MAX_BYTES = 250 if sys.platform == "win32" else 4000


def spoken_path(file: Path) -> str:
    """Return the path to send for a file that ends in ``.fxp``.

    On Windows, where Surge XT reads the bytes in the system's own code page, a folder with other
    than ASCII characters is given by its short name.

    Raises:
        LinkError: Surge XT could not open such a path.
    """
    path = str(file.absolute().with_suffix(""))
    if sys.platform == "win32" and not path.isascii():
        path = str(Path(_short_name(file.absolute().parent)) / file.stem)
    speakable = path.isascii() or sys.platform != "win32"
    whole = file.suffix == ENDING and path.isprintable() and len(path.encode()) < MAX_BYTES
    if not (speakable and whole):
        raise LinkError(
            f"Surge XT cannot open {file} over OSC: the path must be shorter than {MAX_BYTES} "
            f"bytes, end in {ENDING} and have no characters that it does not know; use another "
            "folder."
        )
    return path


def _short_name(folder: Path) -> str:
    if sys.platform != "win32":  # known to type checkers
        return str(folder)
    import ctypes

    buffer = ctypes.create_unicode_buffer(1024)
    ctypes.windll.kernel32.GetShortPathNameW(str(folder), buffer, len(buffer))
    return buffer.value or str(folder)
