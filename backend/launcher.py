"""Starts the resident backend as a process of its own, which outlives the one that asked."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from backend.discovery import Discovery, is_running, read_discovery
from backend.errors import OutputError, ServiceError
from backend.program_file import own_command
from backend.userdata import DATA_VARIABLE, open_user_data

#: Longest wait for a backend to be ready to talk; it takes about a second where nothing else runs.
START_WAIT_S = 60.0
POLL_S = 0.05
START_LOG = "start.log"


def start_service(
    folder: Path | None = None,
    *,
    command: Sequence[str] = (),
    wait_s: float = START_WAIT_S,
) -> Discovery:
    """Return where the backend of this user is; start it where none runs.

    Args:
        folder: the user's folder, where it is not the standard one.
        command: what starts it, instead of ``python -m backend serve``.
        wait_s: longest wait for it to be ready to talk.

    Raises:
        ServiceError: it does not start; the message says why, as far as that is known.
        OutputError: the user's folder cannot be written.
    """
    data = open_user_data(folder)
    found = read_discovery(data.folder)
    if found is not None:
        return found
    said = data.logs / START_LOG
    process = _start(command or (*own_command(), "serve"), data.folder, said)
    until_s = time.monotonic() + wait_s
    while time.monotonic() < until_s:
        ended = process.poll() is not None
        found = read_discovery(data.folder)
        if found is not None:
            return found  # also if another start was faster than ours
        if ended and not is_running(data.folder):
            raise ServiceError(f"the backend does not start: {_last_line(said)}")
        time.sleep(POLL_S)
    raise ServiceError(
        f"the backend (process {process.pid}) was not ready after {wait_s:.0f} s; see {said}, or "
        "start it in a terminal with synthmatch serve."
    )


def _start(command: Sequence[str], folder: Path, said: Path) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        with said.open("wb") as output:
            return subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,  # no folder of the user's is held, and none shadows our modules
                env=os.environ | {DATA_VARIABLE: str(folder)},
                start_new_session=True,  # of POSIX, and without effect on Windows
                creationflags=flags,
            )
    except OSError as error:
        raise OutputError(f"the backend cannot be started ({error}): install it again.") from error


def _last_line(said: Path) -> str:
    with contextlib.suppress(OSError):
        lines = said.read_text("utf-8", "replace").split("\n")
        for line in reversed(lines):
            if line.strip():
                return line.strip().removeprefix("synthmatch: ")
    return "it ended without a word; start it in a terminal with synthmatch serve."
