"""The words of the command line: what can be asked for, and which values are allowed.

Only the standard library is imported here, so that ``synthmatch --help`` answers at once.
"""

from __future__ import annotations

import argparse
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from backend.errors import SynthmatchError
from backend.gallery.arguments import add_gallery
from backend.wishes import add_device, add_like, add_start, add_surge, add_wishes, number

MAX_LIVE_SEED = 2**31 - 1  # what OSC holds
MAX_NOTE_S = 60.0
#: How many of the user's own presets are named, if nothing else is said, and at most.
DEFAULT_PRESETS, MAX_PRESETS = 5, 50
NOT_INSTALLED = "not installed"


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
    add_wishes(match)
    add_start(match)
    add_device(match)
    add_like(match)
    match.add_argument(
        "--presets",
        type=number(int, 0, MAX_PRESETS),
        default=DEFAULT_PRESETS,
        metavar="N",
        help="how many of your own presets to name that are nearest, once synthmatch presets scan "
        f"has played them, 0 to {MAX_PRESETS} (default {DEFAULT_PRESETS})",
    )
    add_surge(match)

    add_gallery(commands.add_parser("gallery", help="write a page to listen and compare"))

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
    add_surge(render)

    show = commands.add_parser("show", help="print what a Surge XT preset sets")
    show.description = (
        "Print what a Surge XT preset sets, in readable units: of a preset of ours all that "
        "differs from the resting synth, of another its outline."
    )
    _add_preset(show)

    _add_presets(commands.add_parser("presets", help="make your own presets part of a match"))
    _add_record(commands.add_parser("record", help="record a sound to match, with look-back"))
    _add_live(commands.add_parser("live", help="match into the Surge XT that is running"))

    _add_service(commands)

    doctor = commands.add_parser("doctor", help="check this computer and this installation")
    doctor.description = (
        "Check versions, compute devices, Surge XT, the model's weights and audio devices. "
        "Status 0: synthmatch match works; 2: it does not."
    )
    add_surge(doctor)
    return parser


def _add_presets(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Your own presets can be proposed too: each is played once on Surge XT and remembered by "
        "its sound; synthmatch match then also names those that are nearest."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    scan = actions.add_parser("scan", help="play what is new or has changed")
    scan.description = (
        "Play the presets that came with Surge XT, and those that you saved; only what is new or "
        "has changed since the last time. It can be stopped at any time and goes on where it was."
    )
    scan.add_argument(
        "--folder",
        type=Path,
        action="append",
        metavar="DIR",
        help="a folder of presets, with all below it, in place of Surge XT's own; more than once "
        "for several",
    )
    add_surge(scan)


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
    add_wishes(parser, MAX_LIVE_SEED)
    add_start(parser)
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
        "--no-presets",
        dest="presets",
        action="store_false",
        help="never play your own presets while there is nothing to do",
    )
    add_device(serve)
    add_surge(serve)
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
    add_surge(report)


def _add_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", type=Path, metavar="PRESET.fxp", help="the preset file")
