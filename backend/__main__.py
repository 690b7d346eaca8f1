"""The command ``synthmatch``; also ``python -m backend``.

Faults that a person can act on end as one line on stderr and status 2, an interruption as status
130; a traceback is a bug of ours. Render workers are new processes that import this file again, so
it stays light: torch, matplotlib and pedalboard are imported within the commands.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from backend.cli import make_parser
from backend.errors import SynthmatchError
from backend.program_file import note_program

FAULT, INTERRUPTED = 2, 130
#: They tell what is there, and leave nothing behind.
ASKING = ("show", "status", "stop", "report")

if multiprocessing.current_process().name != "MainProcess":
    # A worker: ctrl-C reaches the whole group of processes, and the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after ``synthmatch``; None takes those of the process.

    Returns:
        The exit status: 0, or 2 for a fault, or 130 for an interruption.
    """
    multiprocessing.freeze_support()
    signal.signal(signal.SIGTERM, _stop)
    if isinstance(sys.stdout, io.TextIOWrapper):  # file names may hold what the terminal cannot
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = _run(argv)
        sys.stdout.flush()
    except SynthmatchError as error:
        _complain(str(error))
        return FAULT
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output, for instance `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _run(argv: Sequence[str] | None) -> int:
    arguments = make_parser().parse_args(argv)
    if arguments.command not in ASKING:
        note_program()
    if arguments.command == "doctor":
        from backend.doctor import doctor

        return doctor(arguments)
    if arguments.command == "record":
        from backend.record_commands import record

        return record(arguments)
    if arguments.command == "live":
        from backend.live_commands import live

        return live(arguments)
    if arguments.command == "gallery":
        from backend.gallery.commands import gallery

        return gallery(arguments)
    if arguments.command == "presets":
        from backend.presets_commands import presets

        return presets(arguments)
    if arguments.command in ("serve", "status", "stop", "report"):
        from backend import service_commands

        return service_commands.COMMANDS[arguments.command](arguments)
    from backend import commands

    if arguments.command == "match":
        return commands.match(arguments)
    if arguments.command == "render":
        return commands.render(arguments)
    return commands.show(arguments)


def _complain(message: str) -> None:
    """Print a message as one line, whatever a file name in it holds."""
    line = "".join(letter if letter.isprintable() else " " for letter in message)
    print(f"synthmatch: {line}", file=sys.stderr)


def _stop(number: int, frame: object) -> NoReturn:
    """Leave on a request to terminate as on ctrl-C: with everything tidied up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
