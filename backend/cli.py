"""The words of the command line: what can be asked for, and which values are allowed.

Only the standard library is imported here, so that ``synthmatch --help`` answers at once.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn, TypeVar

from backend.errors import SynthmatchError

Number = TypeVar("Number", int, float)

MAX_COUNT = 64
MAX_SEED = 2**63 - 1
MAX_NOTE_S = 60.0
SPEC_NAMES = {"full": "surge_full", "simple": "surge_simple"}
DEVICES = ("auto", "cpu", "cuda", "mps")


class Parser(argparse.ArgumentParser):
    """Reports a wrong command as one line, like every other fault."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print with the usage in front.

        Raises:
            SynthmatchError: always.
        """
        raise SynthmatchError(f"{message}; see {self.prog} --help")


class Version(argparse.Action):
    """Prints the version; looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        """Print and leave with status 0."""
        print(f"synthmatch {installed_version('synthmatch')}")
        parser.exit()


def installed_version(package: str) -> str:
    """Return a package's version, or ``not installed``."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


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


def make_parser() -> Parser:
    """Return the parser; the result of parsing has ``command`` and that command's arguments."""
    parser = Parser(
        prog="synthmatch",
        description="A sound in, Surge XT presets out.",
        epilog="synthmatch COMMAND --help tells more about a command.",
    )
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and leave")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    match = commands.add_parser("match", help="find presets that sound like a sound file")
    match.description = (
        "Find Surge XT presets that sound like a sound file: wav, flac, aiff, ogg or mp3; 8 to "
        "192 kHz; 50 ms to 10 min, of which 4 s from the first onset are matched."
    )
    match.add_argument("sound", type=Path, metavar="SOUND", help="the sound file")
    match.add_argument(
        *("-n", "--count"),
        type=number(int, 1, MAX_COUNT),
        default=8,
        metavar="N",
        help=f"how many presets, 1 to {MAX_COUNT} (default 8)",
    )
    match.add_argument(
        *("-o", "--output"),
        type=Path,
        metavar="DIR",
        help="folder for the presets, made if needed (default ./SOUND-presets)",
    )
    match.add_argument(
        "--seed",
        type=number(int, 0, MAX_SEED),
        default=0,
        metavar="S",
        help="another seed gives other presets, the same seed the same (default 0)",
    )
    match.add_argument(
        "--spec",
        choices=tuple(SPEC_NAMES),
        default="full",
        help="parameter space: full has all that the model knows; simple only oscillators, "
        "filters, envelopes and LFOs (default full)",
    )
    match.add_argument(
        "--device", choices=DEVICES, default="auto", help="where the model runs (default auto)"
    )
    match.add_argument(
        "--start",
        type=number(float, 0.0, 600.0),
        metavar="SECONDS",
        help="where in the file to begin (default: just before the first onset)",
    )
    _add_surge(match)

    render = commands.add_parser("render", help="play a Surge XT preset into a WAV file")
    render.description = (
        "Play one note on a Surge XT preset into a WAV file. The note is the one in the .json "
        "beside the preset, where there is one."
    )
    _add_preset(render)
    render.add_argument(
        *("-o", "--output"), type=Path, metavar="OUT.wav", help="default: beside the preset"
    )
    render.add_argument(
        "--pitch",
        type=number(int, 0, 127),
        metavar="MIDI",
        help="MIDI note number, 60 is middle C (default: the preset's own, else 60)",
    )
    render.add_argument(
        "--length",
        type=number(float, 0.01, MAX_NOTE_S),
        metavar="SECONDS",
        help="how long the note is held (default: the preset's own, else 2.0)",
    )
    render.add_argument("--force", action="store_true", help="replace a WAV file that is there")
    _add_surge(render)

    show = commands.add_parser("show", help="print what a Surge XT preset sets")
    show.description = (
        "Print what a Surge XT preset sets, in readable units: of a preset of ours all that "
        "differs from the resting synth, of another its outline."
    )
    _add_preset(show)

    doctor = commands.add_parser("doctor", help="check this computer and this installation")
    doctor.description = (
        "Check versions, compute devices, Surge XT, the model's weights and audio devices. "
        "Status 0: synthmatch match works; 2: it does not."
    )
    _add_surge(doctor)
    return parser


def _add_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", type=Path, metavar="PRESET.fxp", help="the preset file")


def _add_surge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--surge",
        type=Path,
        metavar="PATH",
        help="the Surge XT VST3, or the folder it is in, where that is no standard place",
    )
