from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import launcher
from backend.discovery import Discovery, Presence, is_running, read_discovery
from backend.errors import OutputError, ServiceError
from backend.launcher import start_service

#: A backend that only is there, until it is told to end.
BACKEND = """
import os, sys, time
from backend.discovery import Discovery, Presence
from backend.userdata import data_folder
try:
    presence = Presence(data_folder())
except Exception as error:
    sys.exit(f"synthmatch: {error}")
time.sleep(float(sys.argv[1]))
presence.announce(Discovery(os.getpid(), 40000, "ab" * 16, "0.1.0", 1))
while True:
    time.sleep(0.1)
"""


def backend(delay_s: float = 0.0) -> list[str]:
    return [sys.executable, "-c", BACKEND, str(delay_s)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A user's folder; a backend that is left in it is ended."""
    folder = tmp_path / "müsic data"
    yield folder
    found = read_discovery(folder)
    if found is not None:
        os.kill(found.pid, signal.SIGTERM)
        until_s = time.monotonic() + 60
        while is_running(folder) and time.monotonic() < until_s:
            time.sleep(0.02)


def test_it_starts_and_is_found(folder: Path) -> None:
    found = start_service(folder, command=backend())
    assert read_discovery(folder) == found
    assert found.pid != os.getpid()


def test_one_that_runs_is_used(folder: Path) -> None:
    first = start_service(folder, command=backend())
    assert start_service(folder, command=["/no/such/program"]) == first


def test_two_starts_at_once_find_the_same_one(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from backend.launcher import start_service; "
        "print(start_service(Path(sys.argv[1]), command=sys.argv[2:]).pid)"
    )
    words = [sys.executable, "-c", code, str(folder), *backend(1.5)]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    pids = [process.communicate(timeout=120)[0] for process in both]
    assert pids[0] == pids[1] != ""
    found = read_discovery(folder)
    assert found is not None and pids[0] == f"{found.pid}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="sessions of POSIX")
def test_it_outlives_the_session_that_started_it(folder: Path) -> None:
    found = start_service(folder, command=backend())
    assert os.getsid(found.pid) == found.pid != os.getsid(0)


def test_why_it_does_not_start_is_told(folder: Path) -> None:
    code = "import sys; print('warming up'); sys.exit('synthmatch: the disk is full\\n')"
    with pytest.raises(ServiceError, match="^the backend does not start: the disk is full$"):
        start_service(folder, command=[sys.executable, "-c", code])


def test_one_that_ends_without_a_word_is_told(folder: Path) -> None:
    with pytest.raises(ServiceError, match="without a word.*synthmatch serve"):
        start_service(folder, command=[sys.executable, "-c", "import os; os._exit(1)"])


def test_one_that_hangs_is_told(folder: Path) -> None:
    code = "import time; time.sleep(600)"
    started: list[subprocess.Popen[bytes]] = []
    really = launcher._start

    def start(*words: object) -> subprocess.Popen[bytes]:
        started.append(really(*words))  # type: ignore[arg-type]
        return started[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launcher, "_start", start)
        with pytest.raises(ServiceError, match="not ready after 0 s"):
            start_service(folder, command=[sys.executable, "-c", code], wait_s=0.3)
    started[0].kill()
    started[0].wait(60)


def test_a_program_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(OutputError, match="cannot be started"):
        start_service(folder, command=["/no/such/program"])


def test_a_clock_that_is_set_back_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files from the future, and a wall clock that runs backwards."""
    now_s = [2e9]

    def back() -> float:
        now_s[0] -= 1000.0
        return now_s[0]

    monkeypatch.setattr(time, "time", back)
    with Presence(start_folder(folder)) as presence:
        presence.announce(here := Discovery(os.getpid(), 40_000, "ab" * 16, "0.1.0", 1))
        os.utime(folder / "backend.json", (4e9, 4e9))
        assert start_service(folder) == here


def start_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
