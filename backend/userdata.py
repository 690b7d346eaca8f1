"""The user's own folder of Synthmatch: where the live backend keeps what outlives it.

    audio/     sounds that clients hand over to be matched
    matches/   presets and renders of the last matches
    undo/      the user's patches as they were before we wrote over them
    logs/      what happened, without sounds
    presets.sqlite    how the user's own presets sound

It is made so that nobody but the user can read it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from backend.errors import OutputError

#: Names the folder where the standard one is not wanted.
DATA_VARIABLE = "SYNTHMATCH_DATA"
FOLDER_MODE = 0o700
#: What must fit on the disk for a start: a log and a discovery file.
ROOM_BYTES = 64 * 1024


@dataclass(frozen=True)
class UserData:
    """The user's folder of Synthmatch, made and found to be writable."""

    folder: Path

    @property
    def audio(self) -> Path:
        """Sounds handed over by clients; no other place is read for them."""
        return self.folder / "audio"

    @property
    def matches(self) -> Path:
        """A folder for each of the last matches."""
        return self.folder / "matches"

    @property
    def undo(self) -> Path:
        """The user's patches from before our writes."""
        return self.folder / "undo"

    @property
    def presets(self) -> Path:
        """What the user's own presets sound like."""
        return self.folder / "presets.sqlite"

    @property
    def logs(self) -> Path:
        """Logs of the backend, and of its starts."""
        return self.folder / "logs"


def data_folder() -> Path:
    """Return where the user's folder is, or would be; nothing is made."""
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library/Application Support/Synthmatch"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "Synthmatch"
    named = os.environ.get("XDG_DATA_HOME", "")
    # A relative path is to be ignored (XDG Base Directory Specification).
    return (Path(named) if Path(named).is_absolute() else home / ".local/share") / "synthmatch"


def open_user_data(folder: Path | None = None) -> UserData:
    """Make the user's folder where it is missing, and see that it can be written.

    Args:
        folder: a place other than ``data_folder()``.

    Raises:
        OutputError: it cannot be made or written, or the disk is full.
    """
    data = UserData(folder or data_folder())
    try:
        for path in (data.folder, data.audio, data.matches, data.undo, data.logs):
            path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path) as file:
                file.write(bytes(ROOM_BYTES))
                file.flush()
    except OSError as error:
        raise OutputError(
            f"the folder of Synthmatch, {data.folder}, cannot be written "
            f"({error.strerror or error}): make room and check its permissions, or name another "
            f"with {DATA_VARIABLE}=FOLDER."
        ) from error
    return data
