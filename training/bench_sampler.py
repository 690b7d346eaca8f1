"""Measure samplers: what each costs and how near its one sample sounds, on unseen test indices.

    python -m training.bench_sampler --spec surge_full --items 48

Every sampler starts from the same noise and is scored on the same targets with a real Surge XT. The
paper's setting (RK4, 100 steps, guidance 2: 800 field evaluations) is the first row; the default
that weights are exported with is chosen from this table.
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from backend.errors import SynthmatchError
from backend.matching.metrics import TargetMetrics
from backend.matching.propose import load_proposer
from backend.synth.finder import find_surge
from backend.synth.render_pool import RenderPool
from backend.synth.spec import load_spec
from models.sampler import PAPER_SAMPLER, SamplerConfig
from training.score_table import METRICS, Row, row
from training.targets import render_sets, unseen_targets

#: What is compared with the paper's sampler unless ``--guidance`` or ``--steps`` narrow it.
SCHEDULES: tuple[Literal["uniform", "cosine"], ...] = ("uniform", "cosine")


@dataclass(frozen=True)
class Measured:
    """One sampler's cost and score.

    Args:
        sampler: the setting.
        evaluations: field evaluations for one sound, the unconditional ones included.
        seconds: for one sample of one sound, encoder included, mean over the targets.
        row: the scores.
    """

    sampler: SamplerConfig
    evaluations: int
    seconds: float
    row: Row


def candidates(guidances: list[float], steps: list[int]) -> list[SamplerConfig]:
    """List the samplers to compare, the paper's first."""
    cheap = [
        SamplerConfig(method, count, guidance, schedule)
        for guidance in guidances
        for count in steps
        for method in ("euler", "ab2")
        for schedule in SCHEDULES
    ]
    return [PAPER_SAMPLER, *cheap]


def evaluations(sampler: SamplerConfig) -> int:
    """Return how often a sampler evaluates the field for one sound, both branches of guidance."""
    calls = sampler.steps * {"rk4": 4, "heun": 2}.get(sampler.method, 1)
    return calls * (1 if sampler.guidance == 1.0 else 2)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument("--weights", type=Path, help="weights without ending; else those shipped")
    parser.add_argument("--items", type=int, default=48, help="unseen targets")
    parser.add_argument("--guidance", type=float, nargs="+", default=[1.0, 1.5, 2.0])
    parser.add_argument("--steps", type=int, nargs="+", default=[12, 25])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    try:
        proposer = load_proposer(a.spec, a.device, a.weights)
        spec = load_spec(a.spec)
        with RenderPool.of_surge(find_surge(a.surge), 2) as pool:
            targets = unseen_targets(spec, "test", a.items, pool)
            metrics = [TargetMetrics(target.audio) for target in targets]
            print(
                f"{len(targets)} unseen targets, {a.spec}, {platform.machine()}, "
                f"{torch.get_num_threads()} threads, torch {torch.__version__}\n"
            )
            print("| sampler | evaluations | s per sound | MSS dB | wMFCC | SOT | RMS | distance |")
            print("|---|---|---|---|---|---|---|---|")
            for sampler in candidates(a.guidance, a.steps):
                tried = replace(proposer, sampler=sampler)
                started_s = time.perf_counter()
                vectors = [
                    tried.model.sample(target.audio, count=1, seed=place, sampler=sampler)[0]
                    for place, target in enumerate(targets)
                ]
                seconds = (time.perf_counter() - started_s) / len(targets)
                sets = [spec.decode(spec.settle(vector)) for vector in vectors]
                scores = row(str(sampler), metrics, render_sets(pool, sets))
                print(_line(Measured(sampler, evaluations(sampler), seconds, scores)), flush=True)
    except SynthmatchError as error:
        parser.exit(2, f"bench_sampler: {error}\n")
    return 0


def _line(measured: Measured) -> str:
    s = measured.sampler
    cells = [
        f"{measured.row.mean(metric):.3f} ± {measured.row.interval(metric):.3f}"
        for metric in METRICS
    ]
    name = f"{s.method} {s.steps} {s.schedule}, guidance {s.guidance:g}"
    return f"| {name} | {measured.evaluations} | {measured.seconds:.3f} | {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
