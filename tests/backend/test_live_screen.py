from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from rich.live import Live

from backend.live_screen import PlainScreen, TerminalScreen, screen
from backend.live_words import Said
from backend.osc.protocol import CandidateReady, Progress
from backend.records import Note

CANDIDATES = tuple(
    CandidateReady(
        *(1, rank, rank), Note(57, 0.0, 1.0), distance, near, f"{rank}.fxp", "", ("bright [/b]",)
    )
    for rank, distance, near in ((1, 0.25, 77.0), (2, -1.0, -1.0))
)


def test_plain_lines_hold_each_list_of_candidates_once_and_every_line() -> None:
    file = io.StringIO()
    plain = PlainScreen(Console(file=file, width=160, markup=False, highlight=False))
    plain.progress(Progress(1, "render", 0.5, 3.0))
    plain.show(CANDIDATES, 0)
    plain.show(CANDIDATES, 2)
    plain.say(Said("a long line " * 30))
    text = file.getvalue()
    assert text.count("bright [/b]") == 2 and text.count("77% close") == 1
    assert "A3" in text and "a long line " * 29 in text
    assert "50%" not in text
    plain.show(CANDIDATES[:1], 1)
    assert file.getvalue().count("77% close") == 2


def test_a_terminal_shows_progress_then_the_place_and_the_last_lines() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, markup=False)
    with Live(console=console, auto_refresh=False) as live:
        terminal = TerminalScreen(live)

        def shown() -> str:
            file = io.StringIO()
            Console(file=file, width=100, markup=False).print(live.get_renderable())
            return file.getvalue()

        terminal.progress(Progress(1, "render", 0.5, 3.0))
        assert "rendering and scoring" in shown() and "about 3 s left" in shown()
        terminal.show(CANDIDATES, 2)
        for number in range(10):
            terminal.say(Said(f"line {number}"))
        text = shown()
    assert "rendering" not in text
    marked = [line for line in text.splitlines() if ">" in line]
    assert len(marked) == 1 and " 2 " in marked[0]
    assert "line 9" in text and "line 0" not in text
    assert "n next" in text


@pytest.mark.parametrize("current", [0, 1, 9, 30, 64])
def test_many_candidates_fit_a_small_terminal(current: int) -> None:
    many = tuple(replace(CANDIDATES[0], rank=n, tells=("long " * 40,)) for n in range(1, 65))
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24, markup=False)
    with Live(console=console, auto_refresh=False) as live:
        terminal = TerminalScreen(live)
        terminal.show(many, current)
        for _ in range(10):
            terminal.say(Said("a line that wraps " * 6))
        file = io.StringIO()
        Console(file=file, width=80, markup=False).print(live.get_renderable())
    lines = file.getvalue().splitlines()
    assert len(lines) <= 24
    shown = {int(line.split("A3")[0].strip(" >")) for line in lines if "A3" in line}
    assert len(shown) == 10 and shown <= set(range(1, 65))
    assert (current or 1) in shown


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with screen() as view:
        view.say(Said("a line"))
    assert capsys.readouterr().out == "a line\n"
