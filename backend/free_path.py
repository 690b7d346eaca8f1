"""Names for new files where others are already: ``kick.wav``, ``kick-2.wav``, ``kick-3.wav``."""

from __future__ import annotations

from pathlib import Path

from backend.errors import OutputError

MAX_NUMBER = 10_000


def free_path(folder: Path, stem: str, *endings: str) -> Path:
    """Return a path in a folder that nothing has, under any of the endings.

    Args:
        folder: need not be there.
        stem: how the name begins.
        endings: with their point; the path has the first of them.

    Raises:
        OutputError: all names up to number 10,000 are in use.
    """
    for number in range(1, MAX_NUMBER + 1):
        name = stem if number == 1 else f"{stem}-{number}"
        if not any((folder / f"{name}{ending}").exists() for ending in endings):
            return folder / f"{name}{endings[0]}"
    raise OutputError(f"{folder} is full of files called {stem}; choose another folder with -o")
