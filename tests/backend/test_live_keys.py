from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator

import pytest

from backend.live_keys import LineReader, command_of, keys


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("n", "next"),
        ("right", "next"),
        ("previous", "previous"),
        ("left", "previous"),
        ("space", "switch"),
        ("a", "switch"),
        ("t", "target"),
        ("u", "undo"),
        ("k", "keep"),
        ("l", "more"),
        ("+", "wider"),
        ("-", "nearer"),
        ("q", "quit"),
        ("12", "12"),
        ("x", "x"),
    ],
)
def test_what_is_typed_stands_for_a_command(typed: str, command: str) -> None:
    assert command_of(typed) == command


def test_lines_are_read_one_by_one_and_end_in_quit() -> None:
    reader = LineReader(io.StringIO("n\n\n  Keep \n12"))
    assert [reader.read(0.0) for _ in range(6)] == ["n", None, "keep", "12", "quit", "quit"]


def test_no_terminal_means_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("u\n"))
    with keys() as reader:
        assert isinstance(reader, LineReader)
        assert reader.read(0.0) == "u"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The other end of a terminal that is standard input."""
    if sys.platform == "win32":
        pytest.skip("a console cannot be made by hand")
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield ours
    os.close(ours)


def test_keys_are_read_one_by_one(terminal: int) -> None:
    with keys() as reader:
        os.write(terminal, b"N\x1b[C\x1b[D\x1bOC 3k")
        found = [reader.read(30.0) for _ in range(7)]
        assert found == ["n", "right", "left", "right", "space", "3", "k"]
        assert reader.read(0.0) is None


def test_keys_without_a_meaning_are_nothing(terminal: int) -> None:
    with keys() as reader:
        os.write(terminal, b"\x1b[5~\x1b[1;5C\xc3\xbc\tq")  # page up, ctrl-right, a letter, tab
        assert [reader.read(30.0) for _ in range(6)] == [None] * 5 + ["q"]


def test_the_terminal_is_set_back(terminal: int) -> None:
    import termios

    before = termios.tcgetattr(sys.stdin.fileno())
    with pytest.raises(KeyboardInterrupt), keys():
        assert termios.tcgetattr(sys.stdin.fileno()) != before
        raise KeyboardInterrupt
    assert termios.tcgetattr(sys.stdin.fileno()) == before
