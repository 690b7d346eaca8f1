"""How ``synthmatch`` was started last, for programs that find no Python of their own: the plugin.

``program.json`` in the user's folder holds ``{"command": [...], "version": "0.1.0"}``: the words
that go before ``serve``. An installed ``synthmatch`` notes its own whenever it is run for more than
a question.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from backend.cli import NOT_INSTALLED, installed_version
from backend.errors import OutputError
from backend.files import write_whole
from backend.userdata import FOLDER_MODE, data_folder

PROGRAM_NAME = "program.json"
FILE_MODE = 0o600


def own_command() -> tuple[str, ...]:
    """Return the words that start this ``synthmatch`` from anywhere, before those of a command."""
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    return (sys.executable, "-X", "utf8", "-m", "backend")


def note_program(folder: Path | None = None) -> None:
    """Write down how this ``synthmatch`` is started, if that is not what is there already.

    A run from a source tree that is not installed could not be started from elsewhere, and notes
    nothing. Nor does one that cannot write: what the user asked for is not held up by it.

    Args:
        folder: the user's folder, where it is not the standard one; made if it is missing.
    """
    version = installed_version("synthmatch")
    if version == NOT_INSTALLED:
        return
    content = (json.dumps({"command": own_command(), "version": version}) + "\n").encode()
    with contextlib.suppress(OSError, OutputError, RuntimeError):  # the last: a user without a home
        folder = folder or data_folder()
        path = folder / PROGRAM_NAME
        if path.exists() and path.read_bytes() == content:
            return
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        write_whole(path, content, mode=FILE_MODE)
