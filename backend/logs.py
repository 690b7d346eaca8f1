"""What the backend writes down, and the bundle of it that a user can send.

Logs hold what happened and the names of files, never sounds, the content of files, or tokens.
"""

from __future__ import annotations

import io
import logging
import logging.handlers
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from backend.files import write_whole
from backend.free_path import free_path

LOG_NAME = "backend.log"
MAX_LOG_BYTES = 1024 * 1024
KEPT_LOGS = 4
#: What belongs in a bundle: ``backend.log``, ``backend.log.1`` and the like.
LOG_PATTERN = re.compile(r"[\w-]+\.log(\.\d+)?")
HOME = "~"


class _LogFile(logging.handlers.RotatingFileHandler):
    """A log that a full disk silences, and that never stops what is being logged."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Let the line go."""


def start_log(folder: Path, name: str = LOG_NAME) -> logging.Handler:
    """Write all log lines of this process to a file from now on.

    Args:
        folder: where the log and ``KEPT_LOGS`` older ones are.
        name: of the file, of the form ``LOG_PATTERN``.

    Returns:
        What to give to ``stop_log``.

    Raises:
        OSError: the log cannot be opened.
    """
    handler = _LogFile(
        folder / name, maxBytes=MAX_LOG_BYTES, backupCount=KEPT_LOGS, encoding="utf-8"
    )
    form = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(form))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    return handler


def stop_log(handler: logging.Handler) -> None:
    """Write no more lines to what ``start_log`` has opened."""
    logging.getLogger().removeHandler(handler)
    handler.close()


def pack_report(logs: Path, texts: Mapping[str, str], output: Path) -> Path:
    """Pack the logs, and other texts, into one file to send.

    The name of the user's home folder is left out.

    Args:
        logs: the folder of logs; nothing else in it is packed.
        texts: name -> content of what else goes in.
        output: the zip file; if one is there, a number is added to the name.

    Returns:
        Where it is.

    Raises:
        OutputError: it cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in texts.items():
            bundle.writestr(name, _without_home(text))
        for path in sorted(logs.iterdir()) if logs.is_dir() else ():
            if LOG_PATTERN.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                bundle.writestr(f"logs/{path.name}", _without_home(_end_of(path)))
    free = free_path(output.parent, output.stem, output.suffix)
    write_whole(free, packed.getvalue())
    return free


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2 * MAX_LOG_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"cannot be read: {error.strerror or error}\n"


def _without_home(text: str) -> str:
    home = str(Path.home())
    return text.replace(home, HOME) if len(home) > 1 else text
