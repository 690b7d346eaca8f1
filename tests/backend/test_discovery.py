from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend import discovery
from backend.discovery import DISCOVERY_NAME, Discovery, Presence, new_token, read_discovery
from backend.errors import OutputError, ServiceError

HERE = Discovery(os.getpid(), 40_000, "0123456789abcdef" * 2, "0.1.0", 1)

#: Holds the presence of a folder until its input closes.
HOLDER = """
import sys
from pathlib import Path
from backend.discovery import Discovery, Presence, new_token
import os
presence = Presence(Path(sys.argv[1]))
presence.announce(Discovery(os.getpid(), 40000, new_token(), "0.1.0", 1))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "LOCK_WAIT_S", 0.1)


def test_what_is_announced_is_read(tmp_path: Path) -> None:
    with Presence(tmp_path) as presence:
        assert read_discovery(tmp_path) is None  # held, but not talking yet
        presence.announce(HERE)
        assert read_discovery(tmp_path) == HERE
    assert read_discovery(tmp_path) is None
    assert not (tmp_path / DISCOVERY_NAME).exists()


def test_leaving_twice_is_leaving(tmp_path: Path) -> None:
    presence = Presence(tmp_path)
    presence.leave()
    with Presence(tmp_path) as next_one:
        next_one.announce(HERE)
        presence.leave()
        assert read_discovery(tmp_path) == HERE


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        with Presence(tmp_path) as presence:
            presence.announce(HERE)
            assert stat.S_IMODE((tmp_path / DISCOVERY_NAME).stat().st_mode) == 0o600
    finally:
        os.umask(umask)


def test_a_second_one_is_refused_and_told_which_process_runs(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        with pytest.raises(ServiceError, match=f"running already .process {process.pid}."):
            Presence(tmp_path)
        found = read_discovery(tmp_path)
        assert found is not None and found.pid == process.pid


def test_the_lock_of_a_killed_one_is_free_and_its_file_is_stale(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        process.kill()
        process.wait(60)
        assert (tmp_path / DISCOVERY_NAME).exists()
        assert read_discovery(tmp_path) is None
        with Presence(tmp_path) as presence:
            assert not (tmp_path / DISCOVERY_NAME).exists()
            presence.announce(HERE)
            assert read_discovery(tmp_path) == HERE


def test_one_that_is_about_to_end_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "LOCK_WAIT_S", 0.0)
    with another_process(tmp_path) as process:
        (tmp_path / DISCOVERY_NAME).unlink()
        tries = 0

        def end_it_later(file: object) -> bool:
            nonlocal tries
            tries += 1
            if tries == 3:
                process.kill()
                process.wait(60)
            return really(file)  # type: ignore[arg-type]

        really = discovery._try_lock
        monkeypatch.setattr(discovery, "_try_lock", end_it_later)
        monkeypatch.setattr(discovery, "CHANGING_WAIT_S", 60.0)
        with Presence(tmp_path):
            assert tries >= 3


def test_one_that_comes_up_for_ever_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "CHANGING_WAIT_S", 0.1)
    with another_process(tmp_path) as process:
        (tmp_path / DISCOVERY_NAME).unlink()
        with pytest.raises(ServiceError, match=f"process {process.pid}"):
            Presence(tmp_path)


def test_withdrawing_keeps_the_lock(tmp_path: Path) -> None:
    with Presence(tmp_path) as presence:
        presence.announce(HERE)
        presence.withdraw()
        assert read_discovery(tmp_path) is None
        assert discovery.is_running(tmp_path)
    assert not discovery.is_running(tmp_path)


def test_a_reader_never_keeps_a_backend_from_starting(tmp_path: Path) -> None:
    """Readers hold the lock for an instant; a start waits that out."""
    (tmp_path / DISCOVERY_NAME).write_text(json.dumps(vars(HERE)))
    lock = discovery._open_lock(tmp_path)
    assert discovery._try_lock(lock)
    tries = 0

    def release_later(file: object) -> bool:
        nonlocal tries
        tries += 1
        if tries == 2:
            discovery._unlock(lock)
        return really(file)  # type: ignore[arg-type]

    really = discovery._try_lock
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery, "_try_lock", release_later)
        patch.setattr(discovery, "LOCK_WAIT_S", 60.0)
        with Presence(tmp_path):
            assert tries >= 2
    lock.close()


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe\x00",
    b"[" * 5000,
    b" " * 5000,
    b"{}",
    *(
        json.dumps(vars(HERE) | change).encode()
        for change in (
            {"port": 0},
            {"port": 65_536},
            {"port": "40000"},
            {"port": 1.5},
            {"pid": None},
            {"pid": True},
            {"token": "short"},
            {"token": "/" * 32},
            {"more": 1},
        )
    ),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_none(tmp_path: Path, content: bytes) -> None:
    with Presence(tmp_path):
        (tmp_path / DISCOVERY_NAME).write_bytes(content)
        assert read_discovery(tmp_path) is None


def test_nothing_there_is_none(tmp_path: Path) -> None:
    assert read_discovery(tmp_path) is None
    assert read_discovery(tmp_path / "missing") is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="missing"):
        Presence(tmp_path / "missing")


def test_tokens_differ_and_are_hexadecimal() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(bytes.fromhex(token)) == 16 for token in tokens)
