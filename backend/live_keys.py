"""Commands from the keyboard: single keys from a terminal, whole lines from a file or pipe."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from typing import Protocol, TextIO

#: What is typed, in lower case, and the command it stands for; ranks stand for themselves.
COMMANDS = {
    **dict.fromkeys(("n", "right", "next"), "next"),
    **dict.fromkeys(("p", "left", "previous"), "previous"),
    **dict.fromkeys(("a", "space", "switch"), "switch"),
    **dict.fromkeys(("t", "target"), "target"),
    **dict.fromkeys(("c", "candidate"), "candidate"),
    **dict.fromkeys(("s", "stop"), "stop"),
    **dict.fromkeys(("u", "undo"), "undo"),
    **dict.fromkeys(("l", "more"), "more"),
    **dict.fromkeys(("+", "wider"), "wider"),
    **dict.fromkeys(("-", "nearer"), "nearer"),
    **dict.fromkeys(("k", "keep"), "keep"),
    **dict.fromkeys(("q", "quit", "exit"), "quit"),
}
#: What terminals send for keys without a letter: ANSI, and ANSI in application mode.
SEQUENCES = {
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1bOC": "right",
    "\x1bOD": "left",
    " ": "space",
    "\x04": "quit",
}
#: And what the Windows console gives after a first 0 or 224.
CONSOLE_KEYS = {"M": "right", "K": "left"}
#: The rest of an arrow key's sequence is there by then; a lone Escape is nothing.
SEQUENCE_WAIT_S = 0.05
POLL_S = 0.02


class Reader(Protocol):
    """Where commands come from; ``scripted`` where nobody sees what becomes of them."""

    scripted: bool

    def read(self, timeout_s: float) -> str | None:
        """Return what was typed next, in lower case, None if nothing was; ``quit`` at the end."""


def command_of(typed: str) -> str:
    """Return the command that something typed stands for, or what was typed where none does."""
    return COMMANDS.get(typed, typed)


class LineReader:
    """Reads a command a line; waits as long as the next line takes.

    Args:
        source: where the lines come from.
    """

    scripted = True

    def __init__(self, source: TextIO) -> None:
        self._source = source

    def read(self, timeout_s: float) -> str | None:
        """Return the next line without the space around it, None for an empty one."""
        line = self._source.readline()
        return line.strip().lower() or None if line else "quit"


class KeyReader:
    """Reads single keys from the terminal of this process; make it with ``keys``."""

    scripted = False

    def read(self, timeout_s: float) -> str | None:
        """Return the key that is pressed within a time, None if none is."""
        return _read_key(timeout_s)


@contextlib.contextmanager
def keys() -> Iterator[Reader]:
    """Read standard input: keys where it is a terminal, which is set back after, else lines."""
    if not sys.stdin.isatty():
        yield LineReader(sys.stdin)
        return
    with _unbuffered():
        yield KeyReader()


if sys.platform == "win32":
    import msvcrt

    @contextlib.contextmanager
    def _unbuffered() -> Iterator[None]:
        yield

    def _read_key(timeout_s: float) -> str | None:
        until_s = time.monotonic() + timeout_s
        while not msvcrt.kbhit():
            if time.monotonic() >= until_s:
                return None
            time.sleep(POLL_S)
        key = msvcrt.getwch()
        if key in ("\x00", "\xe0"):
            return CONSOLE_KEYS.get(msvcrt.getwch())
        if key == "\x03":
            raise KeyboardInterrupt
        return SEQUENCES.get(key, key.lower())

else:
    import termios
    import tty

    @contextlib.contextmanager
    def _unbuffered() -> Iterator[None]:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)  # ctrl-C still interrupts
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def _read_key(timeout_s: float) -> str | None:
        terminal = sys.stdin.fileno()
        if not _has_more(terminal, timeout_s):
            return None
        key = os.read(terminal, 1)
        if not key:
            return "quit"  # the terminal is gone
        while _goes_on(key) and _has_more(terminal, SEQUENCE_WAIT_S):
            key += os.read(terminal, 1)
        text = key.decode("ascii", "replace")
        known = text.isascii() and text.isprintable()
        return SEQUENCES.get(text, text.lower() if known else None)

    def _goes_on(key: bytes) -> bool:
        """Tell whether a sequence has no end yet: ECMA-48 5.4, a letter or ``~`` after ESC [."""
        if key[:2] == b"\x1b[":
            return len(key) == 2 or not 0x40 <= key[-1] <= 0x7E
        return key in (b"\x1b", b"\x1bO")

    def _has_more(terminal: int, timeout_s: float) -> bool:
        return bool(select.select([terminal], [], [], timeout_s)[0])
