"""The command ``gallery``: from sounds or presets to a page, or from answers to a table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backend.audio.faults import shown
from backend.errors import SynthmatchError
from backend.wishes import SPEC_NAMES

if TYPE_CHECKING:
    from backend.gallery.rows import Row
    from backend.records import AudioRegion

#: A gallery that goes into a repository should stay below this.
MODEST_BYTES = 15_000_000
WITHOUT_SURGE = (
    "No Surge XT found, so no candidate was rendered: the page shows targets and parameters alone."
)


def gallery(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch gallery``.

    Raises:
        SynthmatchError: nothing was named; a sound, preset or file of answers cannot be used; the
            match fails; or the page cannot be written. A gallery that was there is untouched then.
    """
    if arguments.answers:
        from backend.gallery.answers import read_answers, summary

        print("\n".join(summary(read_answers(arguments.answers))))
        return 0
    if not arguments.paths:
        raise SynthmatchError(
            "synthmatch gallery needs sounds, or folders that synthmatch match has written; see "
            "synthmatch gallery --help"
        )
    from backend.gallery.content import content_of
    from backend.gallery.folder import FRONT, check_goal, write_gallery
    from backend.gallery.pages import page_files

    check_goal(arguments.output)
    rows = _rows(arguments)
    files = page_files(content_of(rows, arguments.title))
    write_gallery(arguments.output, files)
    size = sum(len(content) for content in files.values())
    sounds = sum(name.startswith("sounds/") for name in files)
    heading = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    print(f"{shown(arguments.output / FRONT)}: {heading}, {sounds} sounds, {size / 1e6:.1f} MB")
    if size > MODEST_BYTES:
        print(f"That is more than {MODEST_BYTES / 1e6:.0f} MB: much, if it goes into a repository.")
    return 0


def _rows(arguments: argparse.Namespace) -> list[Row]:
    """Return all rows in the order in which their sounds or folders were named."""
    from backend.audio.region import load_region
    from backend.gallery.rows import read_rows

    regions = {path: load_region(path) for path in arguments.paths if not path.is_dir()}
    known = {path: read_rows(path) for path in arguments.paths if path.is_dir()}
    if regions:
        for path, row in zip(regions, _matched(arguments, list(regions.values())), strict=True):
            known[path] = [row]
    return [row for path in dict.fromkeys(arguments.paths) for row in known[path]]


def _matched(arguments: argparse.Namespace, regions: Sequence[AudioRegion]) -> list[Row]:
    from backend.gallery.matching import match_row
    from backend.output import check_folder
    from backend.pipeline import MatchRequest, Workshop

    rows = []
    without_surge = None
    with tempfile.TemporaryDirectory() as passing:
        folder: Path = arguments.matches or Path(passing)
        check_folder(folder)
        with Workshop(arguments.device, arguments.surge) as workshop:
            for place, region in enumerate(regions, start=1):
                request = MatchRequest(
                    region,
                    folder,
                    count=arguments.count,
                    seed=arguments.seed,
                    spec_name=SPEC_NAMES[arguments.spec],
                    budget_s=arguments.budget,
                )
                row, result = match_row(workshop, request)
                without_surge = result.without_surge
                print(f"{place} of {len(regions)}: {told(row)}", flush=True)
                rows.append(row)
    if without_surge:
        print(WITHOUT_SURGE)
    return rows


def told(row: Row) -> str:
    """Return a row in a line: its title, and how near its first candidate is."""
    from backend.matching.similarity import similarity

    distance = row.matches[0].distance if row.matches else None
    return row.title if distance is None else f"{row.title}, {similarity(distance):.0f}%"
