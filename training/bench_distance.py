"""Which distance is worth optimising: small searches by each, judged by the papers' metrics.

    python -m training.bench_distance --targets GOLDEN --items 5 --renders 120

For each target in the folders ``surge_full`` and ``surge_simple`` of GOLDEN, a search of so many
renders on a real Surge XT is made by each distance: same proposals, same seed. The table has what
it found nearest, judged by the four metrics of the papers; a distance worth optimising improves all
four. *Left* is what they are, 1 - RMS for RMS, as a share of what the nearest proposal has by the
mean of the four: the geometric mean of the four shares. Before it are printed floors and typical
values of the measures, on presets drawn for it alone, and the speed beside the papers' metrics.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from backend.errors import SynthmatchError
from backend.matching.distance import WEIGHTS, Measures, TargetDistance, combine
from backend.matching.metrics import TargetMetrics
from backend.matching.propose import Proposer, load_proposer
from backend.matching.search import Search
from backend.matching.similarity import confidence_word, similarity
from backend.matching.spectra import FloatArray
from backend.matching.threads import one_thread
from backend.matching.variation import Variation
from backend.records import Audio, AudioRegion, Score, Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.finder import find_surge
from backend.synth.render_pool import RenderPool, worker_count
from backend.synth.renderer import SAMPLE_RATE_HZ
from training.bench_render import machine
from training.targets import Target, folder_targets, unseen_targets

SPACES = ("surge_full", "surge_simple")
#: Proposals of each search: samples of the model, and random parameters.
SAMPLES, RANDOM = 12, 8
#: Random proposals are drawn from here on, far beyond what anything was trained on.
FIRST_RANDOM = 50_000_000
#: What each metric is divided by for their mean, about that of random presets (RMS: of 1 - RMS).
SCALES = (20.0, 20.0, 0.2, 0.5)

#: Weights of the eight measures, to be compared.
WEIGHED = {
    "ours": WEIGHTS,
    "all eight alike": Measures(1, 1, 1, 1, 1, 1, 1, 1),
    "spectral alone": Measures(1, 0, 0, 0, 0, 0, 0, 0),
    "cepstral alone": Measures(0, 1, 0, 0, 0, 0, 0, 0),
    "transport alone": Measures(0, 0, 1, 0.33, 0.67, 0, 0, 0),
    "envelope alone": Measures(0, 0, 0, 0, 0, 1.2, 0.1, 0.5),
}

Measure = Callable[[Audio], float]


@dataclass(frozen=True)
class Task:
    """A target and the proposals that all searches for it begin with."""

    target: Target
    metrics: TargetMetrics
    proposals: Sequence[Vector]


def metrics_of(score: Score) -> FloatArray:
    """Return the four metrics, all lower for nearer sounds."""
    return np.array([score.mss_db, score.wmfcc, score.sot, 1.0 - score.rms])


def mean_of_four(metrics: TargetMetrics, audio: Audio) -> float:
    """Return the mean of the four metrics, each by its scale."""
    return float((metrics_of(metrics.score(audio)) / SCALES).mean())


def measures_of(metrics: TargetMetrics) -> dict[str, Measure]:
    """Return the distances to compare, by name."""

    def weighed(weights: Measures) -> Measure:
        return lambda audio: combine(metrics.distance.measures(audio), weights).total

    return {
        **{name: weighed(weights) for name, weights in WEIGHED.items()},
        "MSS of the papers": lambda audio: metrics.score(audio).mss_db,
        "mean of the papers' four": lambda audio: mean_of_four(metrics, audio),
    }


def make_task(proposer: Proposer, target: Target, seed: int) -> Task:
    """Make the proposals for a target."""
    spec = proposer.spec
    heard = proposer.hear(AudioRegion(target.audio, SAMPLE_RATE_HZ, target.name))
    first = FIRST_RANDOM + seed * RANDOM
    drawn = [spec.encode(draw_parameters(spec, first + place)) for place in range(RANDOM)]
    vectors = [*proposer.sample(heard, count=SAMPLES, seed=seed), *drawn]
    return Task(target, TargetMetrics(target.audio), vectors)


def search_by(
    measure: Measure, proposer: Proposer, task: Task, pool: RenderPool, renders: int, seed: int
) -> AudioRegion | None:
    """Return the sound that a search by a distance found nearest; no render beyond ``renders``."""
    spec = proposer.spec

    def within(audio: Audio, limit: float) -> float:
        return measure(audio)

    search = Search(spec, task.target.audio, within, Variation(spec), seed=seed)
    search.offer(task.proposals, "proposal")
    asked = iter(range(renders))
    search.run(pool, lambda: next(asked, None) is None, vary=renders > len(task.proposals))
    return search.trials.elite[0].render if search.trials.elite else None


def compare(
    proposer: Proposer, targets: Sequence[Target], pool: RenderPool, renders: int
) -> dict[str, FloatArray]:
    """Return the four metrics of what each distance found, ``(targets, 4)``, by name."""
    found: dict[str, list[FloatArray]] = {}
    for seed, target in enumerate(targets):
        task = make_task(proposer, target, seed)
        by_name = measures_of(task.metrics)
        runs = {"nearest proposal": (by_name["mean of the papers' four"], len(task.proposals))}
        runs |= {name: (measure, renders) for name, measure in by_name.items()}
        for name, (measure, count) in runs.items():
            render = search_by(measure, proposer, task, pool, count, seed)
            if render is not None:
                score = task.metrics.score(render.audio)
                found.setdefault(name, []).append(metrics_of(score))
    return {name: np.array(rows) for name, rows in found.items()}


def table(found: dict[str, FloatArray]) -> str:
    """Write what each distance found as a Markdown table."""
    lines = [
        "| search by | MSS dB ↓ | wMFCC ↓ | SOT ↓ | RMS ↑ | left ↓ |",
        "|---|---|---|---|---|---|",
    ]
    start = np.maximum(found["nearest proposal"], 1e-4)
    for name, rows in found.items():
        mss, wmfcc, sot, unlike = rows.mean(axis=0)
        left = np.exp(np.log(np.maximum(rows, 1e-4) / start).mean())
        lines.append(
            f"| {name} | {mss:.2f} | {wmfcc:.2f} | {sot:.3f} | {1 - unlike:.3f} | {left:.3f} |"
        )
    return "\n".join(lines)


def known_pairs(targets: Sequence[Target]) -> tuple[FloatArray, FloatArray]:
    """Return the measures of presets rendered twice and of unrelated ones, ``(pairs, 7)``."""
    again = [
        astuple(TargetDistance(target.audio).measures(target.again))
        for target in targets
        if target.again is not None
    ]
    apart = [
        astuple(TargetDistance(one.audio).measures(other.audio))
        for one, other in pairwise([*targets, *targets[:1]])
    ]
    return np.array(again), np.array(apart)


def calibration(targets: Sequence[Target]) -> list[str]:
    """Say what the measures, the distance and the similarity are for known pairs, in lines."""
    lines = []
    for name, rows in zip(("FLOOR", "TYPICAL"), known_pairs(targets), strict=True):
        medians = ", ".join(f"{value:.3g}" for value in np.median(rows, axis=0))
        totals = [combine(Measures(*row)).total for row in rows]
        low, middle, high = np.quantile(totals, [0.25, 0.5, 0.75])
        percent = [similarity(total) for total in (high, middle, low)]
        lines.append(
            f"{name} = Measures({medians}): distance {middle:.3f} ({low:.3f} to {high:.3f}), "
            f"similarity {percent[1]:.0f}% ({percent[0]:.0f} to {percent[2]:.0f}), "
            f"{confidence_word(percent[1])}"
        )
    return lines


def speed(sounds: Sequence[Audio], rounds: int = 3) -> str:
    """Say what measuring a sound costs, beside the papers' metrics in the same run."""
    ours, papers = TargetDistance(sounds[0]).measure, TargetMetrics(sounds[0]).score
    taken_s: tuple[list[float], list[float]] = ([], [])
    with one_thread():
        for sound in [sounds[0], *list(sounds) * rounds]:
            for call, taken in zip((ours, papers), taken_s, strict=True):
                started_s = time.thread_time()
                call(sound)
                taken.append(time.thread_time() - started_s)
    ours_s, papers_s = (float(np.median(taken[1:])) for taken in taken_s)
    both_s = papers_s - ours_s  # a score contains a distance
    return (
        f"one sound, one thread: {1e3 * ours_s:.1f} ms, the papers' four {1e3 * both_s:.1f} ms: "
        f"1 : {both_s / ours_s:.1f} (CPU time, medians of {len(taken_s[0]) - 1})"
    )


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=Path, help="golden folders; else no searches")
    parser.add_argument("--items", type=int, default=5, help="targets of each space")
    parser.add_argument("--renders", type=int, default=120, help="of each search")
    parser.add_argument("--known", type=int, default=32, help="presets drawn for known pairs")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    try:
        with RenderPool.of_surge(find_surge(a.surge), worker_count()) as pool:
            print(machine(), flush=True)
            proposers = [load_proposer(name, "cpu") for name in SPACES]
            drawn = [
                target
                for proposer in proposers
                for target in unseen_targets(proposer.spec, "validation", a.known, pool)
            ]
            print("\n".join([*calibration(drawn), speed([target.audio for target in drawn])]))
            for proposer in proposers if a.targets else ():
                targets = folder_targets(a.targets / proposer.spec.name, a.items)
                found = compare(proposer, targets, pool, a.renders)
                print(f"\n{proposer.spec.name}, {len(targets)} targets:\n\n{table(found)}")
    except SynthmatchError as error:
        parser.exit(2, f"bench_distance: {error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
