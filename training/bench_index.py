"""Measure the index of renders: what its neighbours are worth beside the model's samples.

    python -m training.bench_index --targets GOLDEN/surge_full --spec surge_full

For each target as many samples of the model as neighbours are rendered on a real Surge XT and
scored. The table has the nearest of so many samples and so many neighbours, for every way to split
the same number of renders; targets that cannot be drawn parameters (factory patches) can be given
too. Printed before it: how long a look-up takes on one core, and how large the index is.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from backend.errors import SynthmatchError
from backend.matching.index import RenderIndex, index_stem, load_index
from backend.matching.metrics import TargetMetrics
from backend.matching.neighbours import listen
from backend.matching.propose import Proposer, load_proposer
from backend.records import AudioRegion, Score, Vector
from backend.synth.finder import find_surge
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import SAMPLE_RATE_HZ
from training.score_table import Row, table
from training.targets import Target, folder_targets, render_sets

#: Splits of the renders: samples of every so many.
PARTS = 4


def look_ups_s(index: RenderIndex, targets: Sequence[Target], count: int) -> list[float]:
    """Return how long each target's look-up took, on one core, in seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    took = []
    for target in targets:
        region = AudioRegion(target.audio, SAMPLE_RATE_HZ, target.name)
        start_s = time.process_time()
        index.nearest(listen(index.embedding, region), count)
        took.append(time.process_time() - start_s)
    torch.set_num_threads(threads)
    return took


def proposals(
    proposer: Proposer, index: RenderIndex, target: Target, count: int, seed: int
) -> tuple[list[Vector], list[Vector]]:
    """Return as many samples as neighbours of a target, each in its own order."""
    region = AudioRegion(target.audio, SAMPLE_RATE_HZ, target.name)
    samples = proposer.sample(proposer.hear(region), count=count, seed=seed)
    near = index.nearest(listen(index.embedding, region), count)
    return samples, [neighbour.vector for neighbour in near]


def split_rows(scores: Sequence[tuple[list[Score | None], list[Score | None]]]) -> list[Row]:
    """Return the nearest of every split of as many renders as each kind has.

    Args:
        scores: of each target's samples and neighbours, None where there was no sound.
    """
    count = len(scores[0][0])
    rows = []
    for part in range(PARTS + 1):
        samples = count * (PARTS - part) // PARTS
        nearest: list[Score | None] = []
        for of_samples, of_neighbours in scores:
            heard = [
                score
                for score in (*of_samples[:samples], *of_neighbours[: count - samples])
                if score is not None
            ]
            nearest.append(min(heard, key=lambda score: score.distance, default=None))
        name = f"{samples} samples, {count - samples} neighbours"
        rows.append(Row(name, tuple(nearest)))
    return rows


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=Path, required=True, help="folder of targets")
    parser.add_argument("--items", type=int, help="at most this many targets")
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument("--index", type=Path, help="index without ending; else the shipped one")
    parser.add_argument("--count", type=int, default=32, help="renders of each kind, in fours")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    parser.add_argument("--json", type=Path, help="also write every score here")
    a = parser.parse_args(argv)
    stem = a.index or index_stem(a.spec)
    scores: list[tuple[list[Score | None], list[Score | None]]] = []
    try:
        index, proposer = load_index(a.spec, stem), load_proposer(a.spec)
        targets = folder_targets(a.targets, a.items)
        took = look_ups_s(index, targets, a.count)
        with RenderPool.of_surge(find_surge(a.surge), 2) as pool:
            for place, target in enumerate(targets):
                kinds = proposals(proposer, index, target, a.count, a.seed + place)
                sets = [proposer.spec.decode(vector) for kind in kinds for vector in kind]
                metrics = TargetMetrics(target.audio)
                found = [
                    None if audio is None else metrics.score(audio)
                    for audio in render_sets(pool, sets)
                ]
                scores.append((found[: a.count], found[a.count :]))
    except SynthmatchError as error:
        parser.exit(2, f"bench_index: {error}\n")
    size = sum(stem.with_name(stem.name + end).stat().st_size for end in (".json", ".safetensors"))
    print(f"{len(targets)} targets ({a.targets.name}), {len(index):,} renders, {size:,} bytes")
    print(f"look-up on one core: median {1e3 * np.median(took):.0f} ms, most {1e3 * max(took):.0f}")
    print(f"\n{table(split_rows(scores))}")
    if a.json:
        report = [
            [[score and asdict(score) for score in kind] for kind in kinds] for kinds in scores
        ]
        a.json.write_text(json.dumps(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
