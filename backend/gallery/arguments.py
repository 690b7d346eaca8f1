"""The words of ``synthmatch gallery``; only the standard library is imported here."""

from __future__ import annotations

import argparse
from pathlib import Path

from backend.wishes import add_device, add_surge, add_wishes


def add_gallery(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the gallery."""
    parser.description = (
        "Write a static page on which sounds and their candidates are heard side by side, and a "
        "second one on which two candidates are compared blind. Sound files are matched first; a "
        "folder that synthmatch match has written is shown as it is, with the sound beside its "
        "presets. The page needs no server and asks no other computer for anything."
    )
    parser.add_argument(
        "paths", type=Path, nargs="*", metavar="SOUND|FOLDER", help="sounds, or folders of presets"
    )
    parser.add_argument(
        *("-o", "--output"),
        type=Path,
        default=Path("gallery"),
        metavar="DIR",
        help="folder of the page, in place of a gallery that is there (default ./gallery)",
    )
    parser.add_argument(
        "--matches",
        type=Path,
        metavar="DIR",
        help="keep the presets of matched sounds in folders of this one (default: not kept)",
    )
    parser.add_argument(
        "--title", default="Synthmatch gallery", metavar="TEXT", help="heading of the page"
    )
    parser.add_argument(
        "--answers",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="print what files of answers from the blind page say, and leave",
    )
    add_wishes(parser)
    add_device(parser)
    add_surge(parser)
