from __future__ import annotations

from pathlib import Path

import pytest

from backend.cli import make_parser
from backend.errors import SynthmatchError
from backend.wishes import MAX_SEED


def test_match_has_the_documented_defaults() -> None:
    a = make_parser().parse_args(["match", "song.wav"])
    assert (a.command, a.sound, a.count, a.output) == ("match", Path("song.wav"), 8, None)
    assert (a.seed, a.spec, a.device, a.start, a.surge) == (0, "full", "auto", None, None)


def test_match_takes_all_its_options() -> None:
    words = "match s.wav -n 3 -o d --seed 7 --spec simple --device cpu --start 1.5 --surge p"
    a = make_parser().parse_args(words.split())
    assert (a.count, a.output, a.seed, a.spec) == (3, Path("d"), 7, "simple")
    assert (a.device, a.start, a.surge) == ("cpu", 1.5, Path("p"))


def test_render_takes_all_its_options() -> None:
    words = "render p.fxp -o o.wav --pitch 61 --length 0.5 --force --surge s"
    a = make_parser().parse_args(words.split())
    assert (a.preset, a.output, a.pitch, a.length) == (Path("p.fxp"), Path("o.wav"), 61, 0.5)
    assert (a.force, a.surge) == (True, Path("s"))


@pytest.mark.parametrize("command", ["match", "live"])
@pytest.mark.parametrize(
    ("words", "seconds"), [("quick", 3.0), ("normal", 10.0), ("deep", 60.0), ("7.5", 7.5), ("0", 0)]
)
def test_a_budget_is_a_name_or_seconds(command: str, words: str, seconds: float) -> None:
    a = make_parser().parse_args([command, "s.wav", "--budget", words])
    assert a.budget == seconds


@pytest.mark.parametrize("edge", [["-n", "1"], ["-n", "64"], ["--seed", str(MAX_SEED)]])
def test_the_edges_of_the_ranges_are_allowed(edge: list[str]) -> None:
    make_parser().parse_args(["match", "s.wav", *edge])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("match s.wav -n 0", "1 to 64; got '0'"),
        ("match s.wav -n 65", "1 to 64; got '65'"),
        ("match s.wav -n 2.5", "whole number from 1 to 64; got '2.5'"),
        ("match s.wav -n many", "got 'many'"),
        ("match s.wav --seed -1", "0 to"),
        (f"match s.wav --seed {MAX_SEED + 1}", "0 to"),
        ("match s.wav --start nan", "got 'nan'"),
        ("match s.wav --start -0.1", "got '-0.1'"),
        ("match s.wav --budget 61", "from 0.0 to 60.0; got '61', or one of quick, normal, deep"),
        ("live s.wav --budget slow", "got 'slow', or one of quick, normal, deep"),
        ("match s.wav --spec huge", "huge"),
        ("match s.wav --device tpu", "tpu"),
        ("match", "SOUND"),
        ("match a.wav b.wav", "b.wav"),
        ("render p.fxp --pitch 128", "0 to 127"),
        ("render p.fxp --length 0", "0.01 to 60"),
        ("render p.fxp --length inf", "got 'inf'"),
        ("show", "PRESET.fxp"),
        ("play s.wav", "play"),
        ("", "COMMAND"),
    ],
)
def test_a_wrong_command_says_what_is_allowed_and_where_to_look(words: str, said: str) -> None:
    with pytest.raises(SynthmatchError) as caught:
        make_parser().parse_args(words.split())
    assert said in str(caught.value)
    assert "--help" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("words", ["--help", "match --help", "render --help", "doctor --help"])
def test_help_leaves_with_status_0(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        make_parser().parse_args(words.split())
    assert caught.value.code == 0
    assert "usage: synthmatch" in capsys.readouterr().out
