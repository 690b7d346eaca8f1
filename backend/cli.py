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
#: How long presets are improved, in seconds, by the names that the plugin has for it.
BUDGETS_S = {"quick": 3.0, "normal": 10.0, "deep": 60.0}
DEFAULT_BUDGET_S, MAX_BUDGET_S = BUDGETS_S["normal"], BUDGETS_S["deep"]
MAX_SEED = 2**63 - 1
MAX_LIVE_SEED = 2**31 - 1  # what OSC holds
MAX_NOTE_S = 60.0
SPEC_NAMES = {"full": "surge_full", "simple": "surge_simple"}
NOT_INSTALLED = "not installed"
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
        return NOT_INSTALLED


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
        *("-o", "--output"),
        type=Path,
        metavar="DIR",
        help="folder for the presets, made if needed (default ./SOUND-presets)",
    )
    _add_wishes(match)
    match.add_argument(
        "--device", choices=DEVICES, default="auto", help="where the model runs (default auto)"
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

    _add_record(commands.add_parser("record", help="record a sound to match, with look-back"))
    _add_live(commands.add_parser("live", help="match into the Surge XT that is running"))

    _add_service(commands)

    doctor = commands.add_parser("doctor", help="check this computer and this installation")
    doctor.description = (
        "Check versions, compute devices, Surge XT, the model's weights and audio devices. "
        "Status 0: synthmatch match works; 2: it does not."
    )
    _add_surge(doctor)
    return parser


def _add_wishes(parser: argparse.ArgumentParser, max_seed: int = MAX_SEED) -> None:
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
    parser.add_argument(
        "--start",
        type=number(float, 0.0, 600.0),
        metavar="SECONDS",
        help="where in the file to begin (default: just before the first onset)",
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


def _add_record(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Listen to an input, or to a loopback of what the computer plays, and keep the last "
        "seconds when Enter is pressed; or record a stretch that begins now (--seconds)."
    )
    parser.add_argument(
        *("-o", "--output"),
        type=Path,
        metavar="FILE.wav",
        help="default: ./recording.wav, or the next free number",
    )
    parser.add_argument(
        "--device", metavar="N|NAME", help="the device, by its number or a part of its name"
    )
    parser.add_argument("--list", action="store_true", help="list the devices and leave")
    stretch = parser.add_mutually_exclusive_group()
    stretch.add_argument(
        "--seconds",
        type=number(float, 0.05, 600.0),
        metavar="S",
        help="record this long from now on, without asking",
    )
    stretch.add_argument(
        "--look-back",
        type=number(float, 0.05, 600.0),
        default=10.0,
        metavar="S",
        help="how much Enter keeps (default 10)",
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def _add_live(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Match a sound, and put the presets into the Surge XT that is open in the DAW, one after "
        "the other, at a key. Surge XT must have OSC switched on. Commands are read from a "
        "terminal as keys, from a file or pipe one a line."
    )
    parser.add_argument("sound", type=Path, metavar="SOUND", help="the sound file")
    _add_wishes(parser, MAX_LIVE_SEED)
    parser.add_argument(
        "--port",
        type=number(int, 1, 65_535),
        metavar="PORT",
        help="OSC In port of the Surge XT to write into, where more than one runs",
    )
    parser.add_argument(
        *("-o", "--output"),
        type=Path,
        metavar="DIR",
        help="folder for presets that are kept (default: beside the sound)",
    )
    parser.add_argument(
        "--device",
        metavar="N|NAME",
        help="audio device to listen on, by its number or a part of its name",
    )


def _add_service(commands: argparse._SubParsersAction[Parser]) -> None:
    serve = commands.add_parser("serve", help="run the backend that clients talk to")
    serve.description = (
        "Run the resident backend: it keeps the model warm and answers clients on this computer, "
        "until synthmatch stop, or until no client was there for long."
    )
    serve.add_argument(
        "--idle-minutes",
        type=number(float, 0.01, 1440.0),
        default=15.0,
        metavar="N",
        help="leave after so long without a client (default 15)",
    )
    serve.add_argument(
        "--device", choices=DEVICES, default="auto", help="where the model runs (default auto)"
    )
    _add_surge(serve)
    commands.add_parser("status", help="tell how the backend is")
    commands.add_parser("stop", help="end the backend")
    report = commands.add_parser("report", help="pack the logs into one file to send")
    report.description = (
        "Pack the backend's logs, all versions and what synthmatch doctor finds into one file to "
        "send. It holds no sounds and no presets."
    )
    report.add_argument(
        *("-o", "--output"),
        type=Path,
        metavar="OUT.zip",
        help="default ./synthmatch-report.zip, or with a number if that is there",
    )
    _add_surge(report)


def _add_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", type=Path, metavar="PRESET.fxp", help="the preset file")


def _add_surge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--surge",
        type=Path,
        metavar="PATH",
        help="the Surge XT VST3, or the folder it is in, where that is no standard place",
    )
