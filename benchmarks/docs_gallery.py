"""Builds the gallery of the documentation: the same few of every target set, matched as for a user.

    python -m training.foreign_sounds --out TARGETS/foreign
    python -m benchmarks.docs_gallery --targets TARGETS -o docs/gallery --matches out/gallery

Of each set in the folder of targets, sounds are taken at even distances from its first to its last,
so that nobody chooses them. The presets are kept: a run that was stopped goes on where it ended,
and ``synthmatch gallery out/gallery`` makes the page again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.audio.region import load_region
from backend.errors import AudioError, SynthmatchError
from backend.gallery.commands import told
from backend.gallery.content import content_of
from backend.gallery.folder import check_goal, write_gallery
from backend.gallery.matching import match_row
from backend.gallery.pages import page_files
from backend.gallery.rows import Row, read_rows
from backend.output import check_folder, file_stem
from backend.pipeline import MatchRequest, Workshop
from backend.records import AudioRegion

TITLE = "Hear what Synthmatch finds"


@dataclass(frozen=True)
class TargetSet:
    """A folder of targets with an ``index.json``, as ``training.targets`` describes it.

    Args:
        group: heading of its rows.
        folder: within the folder of targets.
        spec_name: the parameter space that is matched in.
        count: how many of its sounds are shown.
    """

    group: str
    folder: str
    spec_name: str
    count: int


SETS = (
    TargetSet("random Full patch", "surge_full", "surge_full", 3),
    TargetSet("random Simple patch", "surge_simple", "surge_simple", 3),
    TargetSet("factory patch of Surge XT", "factory", "surge_full", 4),
    TargetSet("not made by Surge XT", "foreign", "surge_full", 4),
)


def targets_of(folder: Path, count: int) -> Iterator[AudioRegion]:
    """Yield sounds of a set at even distances, each with a name for people.

    Args:
        folder: with ``index.json``.
        count: how many; all where there are no more.

    Raises:
        AudioError: there is no index, or a sound cannot be read.
    """
    try:
        items = json.loads((folder / "index.json").read_text("utf-8"))["items"]
        named = [(folder / str(item["file"]), _name(item)) for item in items]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AudioError(f"{folder} has no readable index.json of targets ({error!r})") from error
    places = np.linspace(0, len(named) - 1, min(count, len(named))).round().astype(int)
    for path, name in (named[place] for place in places):
        yield replace(load_region(path), name=name)


def _name(item: dict[str, object]) -> str:
    if "patch" in item:
        return Path(str(item["patch"])).stem
    return str(item.get("name", f"patch {Path(str(item['file'])).stem}")).split(" at ")[0]


def kept_row(folder: Path, region: AudioRegion, group: str) -> Row | None:
    """Return the row of a sound that an earlier run has matched, None without one.

    Args:
        folder: of the group's presets.
        region: the sound.
        group: the row's heading.

    Raises:
        SynthmatchError: what was kept cannot be read.
    """
    stem = file_stem(region.name)
    for place in sorted(folder.iterdir()):
        if (place / f"{stem}.wav").is_file():  # the last file of a match
            [row] = read_rows(place)
            return replace(row, target=region, group=group)
    return None


def main(argv: list[str] | None = None) -> int:
    """Build the gallery from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=Path, required=True, help="folder of the target sets")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the page")
    parser.add_argument("--matches", type=Path, required=True, help="folder for the presets")
    parser.add_argument("--budget", type=float, default=10.0, help="seconds a match, default 10")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    try:
        check_goal(a.output)
        found = [one for one in SETS if (a.targets / one.folder).is_dir()]
        rows = []
        with Workshop(surge=a.surge) as workshop:
            for one in found:
                folder = a.matches / one.group
                check_folder(folder)
                for region in targets_of(a.targets / one.folder, one.count):
                    row = kept_row(folder, region, one.group)
                    if row is None:
                        request = MatchRequest(
                            region, folder, spec_name=one.spec_name, budget_s=a.budget
                        )
                        row, _ = match_row(workshop, request, one.group)
                    print(f"{one.group}: {told(row)}", flush=True)
                    rows.append(row)
        files = page_files(content_of(rows, TITLE))
        write_gallery(a.output, files)
    except SynthmatchError as error:
        parser.exit(2, f"docs_gallery: {error}\n")
    size = sum(len(content) for content in files.values())
    print(f"{len(rows)} rows, {size / 1e6:.1f} MB in {a.output}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
