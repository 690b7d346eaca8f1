"""What a match can be told on the command line, for every command that makes matches.

Only the standard library is imported here, so that ``synthmatch --help`` answers at once.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Number = TypeVar("Number", int, float)

MAX_COUNT = 64
#: How long presets are improved, in seconds, by the names that the plugin has for it.
BUDGETS_S = {"quick": 3.0, "normal": 10.0, "deep": 60.0}
DEFAULT_BUDGET_S, MAX_BUDGET_S = BUDGETS_S["normal"], BUDGETS_S["deep"]
MAX_SEED = 2**63 - 1
#: How much may change in more like a preset, if nothing else is said.
DEFAULT_AMOUNT = 0.3
SPEC_NAMES = {"full": "surge_full", "simple": "surge_simple"}
DEVICES = ("auto", "cpu", "cuda", "mps")


def number(kind: type[Number], lowest: Number, highest: Number) -> Callable[[str], Number]:
    """Return a reader of numbers within limits, both included."""

    def read(text: str) -> Number:
        try:
            value = kind(text)
        except ValueError:
            value = kind(lowest - 1)
        if not (lowest <= value <= highest and math.isfinite(value)):
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(
                f"must be {what} from {lowest} to {highest}; got {text!r}"
            )
        return value

    return read


def budget(text: str) -> float:
    """Read a budget: its name, or seconds."""
    if text in BUDGETS_S:
        return BUDGETS_S[text]
    try:
        return number(float, 0.0, MAX_BUDGET_S)(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, or one of {', '.join(BUDGETS_S)}") from error


def add_wishes(parser: argparse.ArgumentParser, max_seed: int = MAX_SEED) -> None:
    """Add what every match can be told: count, seed, parameter space and budget."""
    parser.add_argument(
        *("-n", "--count"),
        type=number(int, 1, MAX_COUNT),
        default=8,
        metavar="N",
        help=f"how many presets, 1 to {MAX_COUNT} (default 8)",
    )
    parser.add_argument(
        "--seed",
        type=number(int, 0, max_seed),
        default=0,
        metavar="S",
        help="another seed gives other presets, the same seed the same (default 0)",
    )
    parser.add_argument(
        "--spec",
        choices=tuple(SPEC_NAMES),
        default="full",
        help="parameter space: full has all that the model knows; simple only oscillators, "
        "filters, envelopes and LFOs (default full)",
    )
    names = ", ".join(f"{name} ({seconds:g} s)" for name, seconds in BUDGETS_S.items())
    parser.add_argument(
        "--budget",
        type=budget,
        default=DEFAULT_BUDGET_S,
        metavar="NAME|SECONDS",
        help=f"how long presets are improved on Surge XT after the first results: {names}, or 0 "
        f"to {MAX_BUDGET_S:g} seconds (default normal); 0 always gives the same for a seed",
    )


def add_start(parser: argparse.ArgumentParser) -> None:
    """Add where in its file the sound begins."""
    parser.add_argument(
        "--start",
        type=number(float, 0.0, 600.0),
        metavar="SECONDS",
        help="where in the file to begin (default: just before the first onset)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add where the model runs."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="where the model runs (default auto)"
    )


def add_surge(parser: argparse.ArgumentParser) -> None:
    """Add where Surge XT is."""
    parser.add_argument(
        "--surge",
        type=Path,
        metavar="PATH",
        help="the Surge XT VST3, or the folder it is in, where that is no standard place",
    )


def add_like(parser: argparse.ArgumentParser) -> None:
    """Add the preset that all others are to be like."""
    parser.add_argument(
        "--like",
        type=Path,
        metavar="PRESET",
        help="more like this one: a preset that a match wrote, .fxp or .json, is varied (into "
        "./SOUND-like-PRESET)",
    )
    parser.add_argument(
        "--amount",
        type=number(float, 0.0, 1.0),
        default=DEFAULT_AMOUNT,
        metavar="SHARE",
        help="how much of it may change, from 0, only details, to 1, everything (default "
        f"{DEFAULT_AMOUNT:g})",
    )
