"""What ``synthmatch live`` shows: a table with the place in it on a terminal, lines elsewhere."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Protocol

from rich.box import SIMPLE
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from backend.commands import STAGES
from backend.live_words import KEYS, Said
from backend.matching.similarity import similarity_text
from backend.matching.tells import note_text
from backend.osc.protocol import CandidateReady, Progress

#: How many of the last lines stay under the table.
LINES = 4
#: Rows of a terminal that are not for candidates: head and frame, keys, and lines that may wrap.
BELOW = 4 + 2 + 2 * LINES
FEWEST_ROWS = 3


class Screen(Protocol):
    """Where the session is shown."""

    def progress(self, event: Progress) -> None:
        """Show how far the match is."""

    def show(self, candidates: Sequence[CandidateReady], current: int) -> None:
        """Show the candidates, and which of them was written last (0: none)."""

    def say(self, said: Said) -> None:
        """Show what came of a command."""


class PlainScreen:
    """Lines for a file or pipe; the candidates whenever they are others.

    Args:
        console: writes them.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: Sequence[CandidateReady] = ()

    def progress(self, event: Progress) -> None:
        """Show nothing: a file needs no progress."""

    def show(self, candidates: Sequence[CandidateReady], current: int) -> None:
        """Print the candidates when they are not those that were printed last."""
        if candidates and candidates != self._shown:
            self._shown = candidates
            self._console.print(_table(candidates, 0, fold=True))

    def say(self, said: Said) -> None:
        """Print a line."""
        self._console.print(_line(said), soft_wrap=True)


class TerminalScreen:
    """A table that stays in its place, with the last lines under it.

    Args:
        live: the part of the terminal that is drawn anew each time.
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self._candidates: Sequence[CandidateReady] = ()
        self._current = 0
        self._stage = ""
        self._lines: deque[Said] = deque(maxlen=LINES)

    def progress(self, event: Progress) -> None:
        """Show the stage, its share done, and the time that is left."""
        words, start, end = STAGES[event.stage]
        percent = 100 * (start + event.fraction * (end - start))
        left = f", about {event.remaining_s:.0f} s left" if event.remaining_s >= 0 else ""
        self._stage = f"{words}: {percent:.0f}%{left}"
        self._draw()

    def show(self, candidates: Sequence[CandidateReady], current: int) -> None:
        """Draw the candidates, the current one marked."""
        self._candidates, self._current, self._stage = candidates, current, ""
        self._draw()

    def say(self, said: Said) -> None:
        """Add a line."""
        self._lines.append(said)
        self._draw()

    def _draw(self) -> None:
        parts: list[Table | Text] = []
        if self._candidates:
            there = _around(self._candidates, self._current, self._live.console.height - BELOW)
            parts += [_table(there, self._current, fold=False), Text(KEYS, style="dim")]
        if self._stage:
            parts.append(Text(self._stage))
        parts += [_line(said) for said in self._lines]
        self._live.update(Group(*parts), refresh=True)


@contextlib.contextmanager
def screen() -> Iterator[Screen]:
    """Show on standard output as suits it."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = 160  # a file or pipe has no edge to fold lines at
        yield PlainScreen(console)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield TerminalScreen(live)


def _line(said: Said) -> Text:
    return Text(said.text, style="bold red" if said.fault else "")


def _around(
    candidates: Sequence[CandidateReady], current: int, rows: int
) -> Sequence[CandidateReady]:
    """Return as many as there are rows for, with the current one among them."""
    rows = max(FEWEST_ROWS, rows)
    start = max(0, min(current - 1 - rows // 2, len(candidates) - rows))
    return candidates[start : start + rows]


def _table(candidates: Sequence[CandidateReady], current: int, *, fold: bool) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("note", no_wrap=True)
    table.add_column("sound")
    table.add_column("similarity", no_wrap=True)
    for candidate in candidates:
        table.add_row(
            ">" if candidate.rank == current else " ",
            str(candidate.rank),
            note_text(candidate.note),
            Text("; ".join(candidate.tells), no_wrap=not fold, overflow="ellipsis"),
            similarity_text(candidate.similarity),
            style="bold" if candidate.rank == current else "",
        )
    return table
