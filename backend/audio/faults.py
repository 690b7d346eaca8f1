"""The wording of audio errors: which file, what is wrong with it, and the next step."""

from __future__ import annotations

from pathlib import Path

from backend.errors import AudioError

#: The formats accepted, as named to the user.
FORMATS = "wav, flac, aiff, ogg (Vorbis) or mp3"


def shown(path: Path) -> str:
    """Return a path for one line of output: no line breaks, control or undecodable characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(path))


def unusable(path: Path, found: str, next_step: str) -> AudioError:
    """Return the error ``<path> <found>; <next step>``."""
    return AudioError(f"{shown(path)} {found}; {next_step}")
