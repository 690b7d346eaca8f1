"""Measure what a climb costs beside the renders that it saves.

    python -m training.bench_climb [--targets 3]

Drawn settings climb to the sounds of others, first as proposals do, and then as trials do again.
The peer is the renderer, which plays the same settings in the same run: the ratio says for how many
renders one setting could have been moved by chance instead. CPU time of one core, whatever else
the machine does.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from backend.errors import SynthmatchError
from backend.matching.climber import CLIMBS, TOGETHER, TRIALS, Climber
from backend.matching.distance import TargetDistance
from backend.matching.known_sounds import KnownSounds
from backend.matching.threads import one_thread
from backend.matching.trials import Trial
from backend.matching.variation import Variation
from backend.synth.draw_parameters import draw_parameters
from backend.synth.finder import find_surge
from backend.synth.patch_file import patch_body
from backend.synth.renderer import RenderJob, SurgeRenderer
from backend.synth.spec import load_spec
from training.bench_render import SPACES, machine


def measure_space(space: str, surge: Path, targets: int) -> dict[str, float]:
    """Return the CPU seconds of a render, and of a setting that climbs, by what is done.

    Raises:
        RenderError: Surge XT cannot be loaded, or delivers no sound.
        SynthmatchError: the space has no spectral proxy.
    """
    spec, renderer = load_spec(space), SurgeRenderer(surge)
    known, free = KnownSounds(spec), Variation(load_spec(space)).continuous
    sets = [draw_parameters(spec, index) for index in range(targets + TOGETHER)]
    jobs = [RenderJob(patch_body(one, "x"), one.note, "x") for one in sets]
    renderer.render(jobs[0])  # the first is slower, and not counted
    start_s = time.process_time()
    renders = [renderer.render(job) for job in jobs]
    spent = {"render": (time.process_time() - start_s) / len(jobs), "proposal": 0.0, "trial": 0.0}
    for target in renders[:targets]:
        climber = known.climber(target.audio)
        if climber is None:
            raise SynthmatchError(f"{space} has no spectral proxy: " + " ".join(known.remarks))
        distance = TargetDistance(target.audio)
        trials = [
            Trial(spec.encode(one), one, "x", 0, distance.measure(render.audio).total, render)
            for one, render in list(zip(sets, renders, strict=True))[targets:]
        ]
        for kind, seconds in _climb(climber, trials, free).items():
            spent[kind] += seconds / targets
    return spent


def _climb(climber: Climber, trials: list[Trial], free: np.ndarray) -> dict[str, float]:
    """Return the CPU seconds that one setting takes as a proposal, and as a trial."""
    times_s = [time.process_time()]
    with one_thread():
        next(climber.climb([trial.vector for trial in trials], free))
        times_s.append(time.process_time())
        climber.climb_again(trials[:TRIALS], free, np.random.default_rng(0))
        times_s.append(time.process_time())
    first_s, again_s = np.diff(times_s)
    return {"proposal": float(first_s) / TOGETHER, "trial": float(again_s) / (TRIALS * CLIMBS)}


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=int, default=3, help="sounds of each space")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    try:
        surge = find_surge(a.surge)
        print(f"{machine()}\n\n| space | what | CPU ms | renders |\n|---|---|---|---|")
        for space in SPACES:
            spent = measure_space(space, surge, max(1, a.targets))
            for kind, seconds in spent.items():
                print(
                    f"| {space} | {kind} | {1e3 * seconds:.0f} | {seconds / spent['render']:.2f} |"
                )
    except SynthmatchError as error:
        parser.exit(2, f"bench_climb: {error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
