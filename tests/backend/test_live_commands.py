"""The arguments, and how a Surge XT is named; the command itself is in ``tests/integration``."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.cli import make_parser
from backend.errors import SynthmatchError
from backend.live_commands import _named
from backend.records import Instance


def test_live_has_the_documented_defaults() -> None:
    a = make_parser().parse_args(["live", "kick.wav"])
    assert (a.sound, a.count, a.seed, a.spec) == (Path("kick.wav"), 8, 0, "full")
    assert (a.start, a.port, a.output, a.device) == (None, None, None, None)
    assert a.budget == 10.0


def test_live_takes_all_its_options() -> None:
    words = "live s.wav -n 3 --seed 7 --spec simple --start 1.5 --port 53282 -o d --device 2"
    words += " --budget deep"
    a = make_parser().parse_args(words.split())
    assert (a.count, a.seed, a.spec, a.start) == (3, 7, "simple", 1.5)
    assert (a.port, a.output, a.device, a.budget) == (53_282, Path("d"), "2", 60.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [("--seed 2147483648", "0 to 2147483647"), ("--port 0", "1 to 65535"), ("-n 65", "1 to 64")],
)
def test_what_osc_does_not_hold_is_refused(words: str, said: str) -> None:
    with pytest.raises(SynthmatchError, match=said):
        make_parser().parse_args(["live", "s.wav", *words.split()])


@pytest.mark.parametrize(
    ("instance", "name"),
    [
        (Instance(53280, "/patches/Init Saw", answers=True), "port 53280, Init Saw"),
        (Instance(53281), "port 53281, does not answer (OSC Out is off)"),
        (
            Instance(53282, "a\nb", answers=True, shared=True),
            "port 53282, a?b, opened by two programs, of which one hears: give one of them "
            "another port",
        ),
    ],
)
def test_a_surge_is_named_with_what_is_wrong_with_it(instance: Instance, name: str) -> None:
    assert _named(instance) == name
