"""One backend per user, and how clients find it.

The backend holds a lock on ``backend.lock`` as long as it lives; the operating system releases it
however it ends. While it serves, ``backend.json`` says where it listens and holds the token that
every request must carry; only its owner can read it. A file without a held lock is stale.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO

from backend.errors import OutputError, ServiceError
from backend.files import write_whole

LOCK_NAME = "backend.lock"
DISCOVERY_NAME = "backend.json"
TOKEN_BYTES = 16
MAX_DISCOVERY_BYTES = 4096
FILE_MODE = 0o600
#: A reader holds the lock for an instant to see whether a backend does; a start waits that out.
LOCK_WAIT_S = 1.0
#: One that holds the lock but has no file is just coming up, or about to end.
CHANGING_WAIT_S = 10.0
LOCK_RETRY_S = 0.02


@dataclass(frozen=True)
class Discovery:
    """Where the backend of this user is.

    Args:
        pid: its process.
        port: its UDP port on 127.0.0.1.
        token: 32 hexadecimal digits that every request carries.
        version: of Synthmatch.
        protocol: version of the protocol it speaks.
    """

    pid: int
    port: int
    token: str
    version: str
    protocol: int


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_hex(TOKEN_BYTES)


class Presence:
    """The lock of the one backend, and its discovery file; a context manager.

    Args:
        folder: the user's folder.

    Raises:
        ServiceError: a backend runs already; the message names its process.
        OutputError: the lock file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = _open_lock(folder)
        since_s = time.monotonic()
        while not _try_lock(self._lock):
            wait_s = LOCK_WAIT_S if (folder / DISCOVERY_NAME).exists() else CHANGING_WAIT_S
            if time.monotonic() - since_s > wait_s:
                process = _pid_in(self._lock)
                self._lock.close()
                raise ServiceError(
                    f"a backend is running already (process {process}) for {folder}; use it, or "
                    "end it with synthmatch stop."
                )
            time.sleep(LOCK_RETRY_S)
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(str(os.getpid()).encode())
        self._lock.flush()
        _remove(folder / DISCOVERY_NAME)  # left by one that was killed

    def announce(self, discovery: Discovery) -> None:
        """Write the discovery file, whole and for its owner alone.

        Raises:
            OutputError: it cannot be written.
        """
        path = self._folder / DISCOVERY_NAME
        write_whole(path, (json.dumps(asdict(discovery)) + "\n").encode(), mode=FILE_MODE)

    def withdraw(self) -> None:
        """Take the discovery file away, so that nobody comes any more; the lock is kept."""
        if not self._lock.closed:
            _remove(self._folder / DISCOVERY_NAME)

    def leave(self) -> None:
        """Take the discovery file away and release the lock."""
        if not self._lock.closed:
            self.withdraw()
            _unlock(self._lock)
            self._lock.close()

    def __enter__(self) -> Presence:
        """Return the presence."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self.leave()


def read_discovery(folder: Path) -> Discovery | None:
    """Return where the backend is; None if none runs, or its file is missing or damaged."""
    try:
        with (folder / DISCOVERY_NAME).open("rb") as file:
            content = file.read(MAX_DISCOVERY_BYTES + 1)
    except OSError:
        return None
    discovery = _parse(content)
    return discovery if discovery is not None and is_running(folder) else None


def is_running(folder: Path) -> bool:
    """Whether a backend holds the lock: it is there, even if it does not talk yet."""
    try:
        with (folder / LOCK_NAME).open("r+b") as file:
            if _try_lock(file):
                _unlock(file)
                return False
            return True
    except OSError:
        return False


def _parse(content: bytes) -> Discovery | None:
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return None
    types = {"pid": int, "port": int, "token": str, "version": str, "protocol": int}
    assert types.keys() == {field.name for field in fields(Discovery)}
    if not isinstance(values, dict) or values.keys() != types.keys():
        return None
    if any(type(values[name]) is not kind for name, kind in types.items()):
        return None
    found = Discovery(**values)
    usable = 0 < found.port < 65_536 and len(found.token) == 2 * TOKEN_BYTES
    return found if usable and found.token.isascii() and found.token.isalnum() else None


def _open_lock(folder: Path) -> IO[bytes]:
    path = folder / LOCK_NAME
    try:
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE), "r+b")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}): check the permissions of its "
            "folder."
        ) from error


def _pid_in(lock: IO[bytes]) -> str:
    with contextlib.suppress(OSError):
        lock.seek(0)
        pid = lock.read(20)
        if pid.isdigit():
            return pid.decode()
    return "unknown"


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


if sys.platform == "win32":
    import msvcrt

    #: Windows keeps others from reading locked bytes, so those are locked that are never written.
    LOCKED_BYTE = 2**30

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
