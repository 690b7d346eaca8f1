"""Measure locked sections: matching around what is locked against overwriting it afterwards.

    python -m training.bench_locks --targets GOLDEN/surge_full             # whole matches
    python -m training.bench_locks --targets GOLDEN/surge_full --samples   # the model alone

The user's patch is that of the target after the one that is matched, so that it has nothing to do
with the sound. Each section of it is locked in turn, and the rest is found in two ways, with the
same seed: *overwritten*: as if nothing were locked, and the locked section put in after; *around*:
with the section known, along the flow and in the search. As many of each are rendered within the
user's patch on a real Surge XT, and the nearest of them counts. Every patch is read back, and what
is locked in it compared with the user's, bit by bit.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from backend.errors import AudioError, RenderError, SynthmatchError
from backend.matching.distance import TargetDistance
from backend.matching.propose import Proposer, load_proposer
from backend.pipeline import MatchRequest, MatchResult, Workshop
from backend.records import AudioRegion, Note
from backend.synth.finder import find_surge
from backend.synth.patch_file import Patch, fxp_bytes, parse_body, parse_fxp, patch_body, read_fxp
from backend.synth.patch_lock import PatchLock
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import SAMPLE_RATE_HZ, RenderJob
from backend.synth.sections import SECTIONS, section_of
from backend.synth.spec import ParameterSpec, load_spec
from backend.synth.table import surge_table
from training.score_table import half_interval
from training.targets import Target, folder_targets

WAYS = ("overwritten", "around")
#: Draws of the targets, with repetition, that the interval of a ratio is read from.
RESAMPLES = 4000
#: ``find(target, lock, seed)``: patch bodies and their notes, of each way.
Find = Callable[[Target, PatchLock, int], list[list[tuple[bytes, Note]]]]


@dataclass(frozen=True)
class Measured:
    """What came of one section.

    Args:
        section: that is locked.
        distances: of the nearest of each way, ``(targets, ways)``.
        checked: how many locked values were read back.
        changed: how many of them were not the user's, bit by bit.
    """

    section: str
    distances: npt.NDArray[np.float64]
    checked: int
    changed: int


def user_patches(folder: Path, spec: ParameterSpec, count: int) -> list[Patch]:
    """Return the patches of a folder's targets, each moved on by one.

    Raises:
        AudioError: the folder's index is not there, or does not say how the targets were made.
    """
    try:
        items = json.loads((folder / "index.json").read_text("utf-8"))["items"][:count]
        sets = [
            spec.from_host(
                item["parameters"], Note(item["pitch"], item["note_on"], item["note_off"])
            )
            for item in items
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AudioError(
            f"{folder} has no index.json with the parameters of its targets ({error!r}); name a "
            "folder of targets that were made by Surge XT"
        ) from error
    patches = [parse_body(patch_body(each, "the user's"), "the user's") for each in sets]
    return patches[1:] + patches[:1]


def by_samples(proposer: Proposer, count: int) -> Find:
    """Return what finds ``count`` patches in each way by the model alone, from the same noise."""
    spec = proposer.spec

    def find(target: Target, lock: PatchLock, seed: int) -> list[list[tuple[bytes, Note]]]:
        heard = proposer.hear(AudioRegion(target.audio, SAMPLE_RATE_HZ, target.name))
        free = proposer.sample(heard, count=count, seed=seed)
        around = proposer.sample(heard, count=count, seed=seed, known=lock.known(spec))
        return [
            [(lock.body(each, target.name), each.note) for each in map(spec.decode, vectors)]
            for vectors in (free, around)
        ]

    return find


def by_matches(workshop: Workshop, spec_name: str, count: int, budget_s: float) -> Find:
    """Return what finds ``count`` patches in each way by whole matches of the same budget."""
    known: dict[str, MatchResult] = {}

    def match(target: Target, seed: int, lock: PatchLock | None, folder: Path) -> MatchResult:
        region = AudioRegion(target.audio, SAMPLE_RATE_HZ, target.name)
        request = MatchRequest(region, folder, count, seed, spec_name, False, budget_s, lock)
        return workshop.match(request)

    def find(target: Target, lock: PatchLock, seed: int) -> list[list[tuple[bytes, Note]]]:
        with TemporaryDirectory() as folder:
            if target.name not in known:  # it is the same for all sections
                known[target.name] = match(target, seed, None, Path(folder, "free"))
            around = match(target, seed, lock, Path(folder, "around"))
            notes = [each.candidate.parameters.note for each in around.matches]
            bodies = [read_fxp(path).body for path in around.written.presets]
        free = [each.candidate.parameters for each in known[target.name].matches]
        return [
            [(lock.body(each, target.name), each.note) for each in free],
            list(zip(bodies, notes, strict=True)),
        ]

    return find


def changed_values(lock: PatchLock, body: bytes) -> tuple[int, int]:
    """Read a patch back from its file; return how many values are locked, and how many differ."""
    written = parse_fxp(fxp_bytes(body, "written"), "written").natives
    locked = [p.storage for p in surge_table().parameters if section_of(p) in lock.sections]
    there = [storage for storage in locked if storage in lock.patch.natives]
    same = [written.get(storage) == lock.patch.natives[storage] for storage in there]
    return len(there), same.count(False)


def measure(
    find: Find, pool: RenderPool, targets: Sequence[Target], patches: Sequence[Patch], section: str
) -> Measured:
    """Measure both ways with one section locked.

    Raises:
        RenderError: Surge XT gave no sound for any of a target's patches.
    """
    nearest = np.full((len(targets), len(WAYS)), np.inf)
    checked = changed = 0
    for place, (target, patch) in enumerate(zip(targets, patches, strict=True)):
        lock = PatchLock(patch, (section,))
        distance = TargetDistance(target.audio)
        for way, found in enumerate(find(target, lock, place)):
            for body, _ in found:
                counts = changed_values(lock, body)
                checked, changed = checked + counts[0], changed + counts[1]
            name = f"{target.name} {section}"
            renders = pool.render([RenderJob(body, note, name) for body, note in found])
            sounds = [each.audio for each in renders if not isinstance(each, RenderError)]
            if not sounds:
                raise RenderError(f"Surge XT played no patch of {name}; see what it printed.")
            nearest[place, way] = min(distance.measure(sound).total for sound in sounds)
    return Measured(section, nearest, checked, changed)


def nearer_percent(distances: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Return by how many percent the second way's mean is below the first's, with its interval.

    Args:
        distances: ``(targets, 2)``.

    Returns:
        The percentage, and the ends of its 95% interval over draws of the targets.
    """
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(distances), size=(RESAMPLES, len(distances)))
    means = distances[drawn].mean(axis=1)
    low, high = np.percentile(100 * (1 - means[:, 1] / means[:, 0]), [2.5, 97.5])
    first, second = distances.mean(axis=0)
    return float(100 * (1 - second / first)), float(low), float(high)


def line(name: str, distances: npt.NDArray[np.float64]) -> str:
    """Return a row of the table."""
    ways = " | ".join(f"{way.mean():.3f} ± {half_interval(way):.3f}" for way in distances.T)
    nearer, low, high = nearer_percent(distances)
    return f"| {name} | {ways} | {nearer:.0f}% ({low:.0f} to {high:.0f}) |"


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=Path, required=True, help="folder of golden targets")
    parser.add_argument("--items", type=int, help="at most this many targets")
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument(
        "--weights", type=Path, help="for --samples, without ending; else the shipped ones"
    )
    parser.add_argument("--sections", nargs="+", default=list(SECTIONS), choices=SECTIONS)
    parser.add_argument("--samples", action="store_true", help="by the model alone, unsearched")
    parser.add_argument("--count", type=int, default=8, help="patches of each way")
    parser.add_argument("--budget", type=float, default=3.0, help="seconds of each search")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    try:
        targets = folder_targets(a.targets, a.items)
        patches = user_patches(a.targets, load_spec(a.spec), len(targets))
        how = "samples" if a.samples else f"of a match of {a.budget:g} s"
        print(
            f"{len(targets)} targets ({a.targets.name}), nearest of {a.count} {how}, "
            f"{platform.machine()}\n\n| locked | {' | '.join(WAYS)} | nearer |\n|---|---|---|---|"
        )
        rows = []
        with (
            RenderPool.of_surge(find_surge(a.surge), 2) as pool,
            Workshop(a.device, a.surge) as workshop,
        ):
            if a.samples:
                find = by_samples(load_proposer(a.spec, a.device, a.weights), a.count)
            else:
                find = by_matches(workshop, a.spec, a.count, a.budget)
            for section in a.sections:
                rows.append(measure(find, pool, targets, patches, section))
                print(line(section, rows[-1].distances), flush=True)
    except SynthmatchError as error:
        parser.exit(2, f"bench_locks: {error}\n")
    print(line("mean", np.mean([row.distances for row in rows], axis=0)))
    checked, changed = sum(row.checked for row in rows), sum(row.changed for row in rows)
    print(f"\n{checked:,} locked values read back, {changed} of them not the user's")
    return 1 if changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
