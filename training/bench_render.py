"""Measure the renderer beside the reference procedure, on the same patches in one run.

    python -m training.bench_render [--patches 6] [--rounds 7] [--json]

The reference is what the papers' code does for each render: base preset, 32 s of silence, set the
parameters one by one, 32 s of silence, the note, 32 s of silence (Hayes et al. 2025). It is given
parameter objects looked up once, which that code does not do: looking them up each time costs it
another 1.5 s. CPU time is of one core, whatever else the machine does; wall time is not.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from pedalboard import VST3Plugin

from backend.errors import SynthmatchError
from backend.records import NOTE_VELOCITY, ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.finder import find_surge
from backend.synth.patch_file import patch_body
from backend.synth.plugin_state import state_from_body
from backend.synth.renderer import (
    BUFFER_SAMPLES,
    DURATION_S,
    SAMPLE_RATE_HZ,
    RenderJob,
    SurgeRenderer,
    quiet,
)
from backend.synth.spec import ParameterSpec, load_spec

SPACES = ("surge_full", "surge_simple")
FLUSH_S = 32.0


@dataclass(frozen=True)
class Timing:
    """What one procedure cost per render of 4 s, patch writing included.

    Args:
        space: parameter space of the patches.
        procedure: ``reference``, ``ours``, or ``ours, dry effects at rest``.
        renders: how many were timed.
        cpu_s: mean CPU time of all threads.
        wall_s: mean time by the clock.
        ratio: how many times less CPU time than the reference.
    """

    space: str
    procedure: str
    renders: int
    cpu_s: float
    wall_s: float
    ratio: float

    @property
    def per_core_s(self) -> float:
        """Renders per second that one core has time for."""
        return 1 / self.cpu_s


class ReferenceRenderer:
    """The procedure of the papers' code, in a plugin of its own."""

    def __init__(self, path: Path, spec: ParameterSpec) -> None:
        """Load the plugin and look up the space's parameters under the names a host shows."""
        self._plugin = _load(path)
        self._base = state_from_body(patch_body(draw_parameters(spec, 0), "base"))
        self._plugin.raw_state = self._base
        self._play([], 1.0)  # names follow the patch only now
        shown = {parameter.name: parameter for parameter in self._plugin.parameters.values()}
        self._parameters = [(shown[row.surge.host], row.surge.storage) for row in spec.parameters]
        self._to_host = {row.surge.storage: row.surge.native_to_host for row in spec.parameters}
        self._spec = spec

    def render(self, parameters: ParameterSet) -> None:
        """Render a parameter set the reference way; the sound is dropped."""
        self._plugin.raw_state = self._base
        self._flush()
        natives = self._spec.natives(parameters)
        for parameter, storage in self._parameters:
            parameter.raw_value = self._to_host[storage](natives[storage])
        self._flush()
        note = parameters.note
        on, off = (bytes([status, note.pitch, NOTE_VELOCITY]) for status in (0x90, 0x80))
        self._play([(on, note.on_s), (off, note.off_s)], DURATION_S)
        self._flush()

    def _flush(self) -> None:
        self._play([], FLUSH_S)
        self._plugin.reset()

    def _play(self, messages: list[Any], duration_s: float) -> None:
        self._plugin.process(messages, duration_s, SAMPLE_RATE_HZ, 2, BUFFER_SAMPLES, True)


def _load(path: Path) -> Any:  # pedalboard's stubs lack ``parameters``
    with quiet():
        return VST3Plugin(str(path))


class _Stopwatch:
    """Adds up what renders cost."""

    def __init__(self) -> None:
        self.cpu_s, self.wall_s, self.renders = 0.0, 0.0, 0

    def time(self, render: Callable[[ParameterSet], object], parameters: ParameterSet) -> None:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        render(parameters)
        self.cpu_s += time.process_time() - cpu_s
        self.wall_s += time.perf_counter() - wall_s
        self.renders += 1


def measure_space(space: str, surge: Path, patches: int, rounds: int) -> list[Timing]:
    """Time all procedures, in turns, on the first patches that training draws from a space.

    Raises:
        RenderError: Surge XT cannot be loaded, or delivers no sound.
    """
    spec = load_spec(space)
    drawn = [draw_parameters(spec, index) for index in range(patches)]
    renderer = SurgeRenderer(surge)

    def ours(parameters: ParameterSet, *, rest: bool = False) -> None:
        body = patch_body(parameters, "bench", rest_dry_effects=rest)
        renderer.render(RenderJob(body, parameters.note, "bench"))

    procedures: dict[str, Callable[[ParameterSet], object]] = {
        "reference": ReferenceRenderer(surge, spec).render,
        "ours": ours,
    }
    if any(p.surge.section == "effects" for p in spec.parameters):
        procedures["ours, dry effects at rest"] = partial(ours, rest=True)
    watches = {name: _Stopwatch() for name in procedures}
    for render in (*procedures.values(), *procedures.values()):
        render(drawn[0])  # the first ones are slower, and not counted
    gc.collect()  # a plugin of the space before would be unloaded while we measure
    for parameters in drawn:
        for name, render in procedures.items():
            for _ in range(1 if name == "reference" else rounds):
                watches[name].time(render, parameters)
    reference_s = watches["reference"].cpu_s / watches["reference"].renders
    return [
        Timing(
            space=space,
            procedure=name,
            renders=watch.renders,
            cpu_s=watch.cpu_s / watch.renders,
            wall_s=watch.wall_s / watch.renders,
            ratio=reference_s * watch.renders / watch.cpu_s,
        )
        for name, watch in watches.items()
    ]


def machine() -> str:
    """Say in one line what the figures were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if "model name" in line), model)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{model}, {os.cpu_count()} cores{load}, Python {platform.python_version()}, "
        f"pedalboard {metadata.version('pedalboard')}"
    )


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patches", type=int, default=6, help="patches of each space")
    parser.add_argument("--rounds", type=int, default=7, help="times that ours renders each")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    a = parser.parse_args(argv)
    if a.patches < 1 or a.rounds < 1:
        parser.error("--patches and --rounds must be 1 or more")
    try:
        surge = find_surge(a.surge)
        on = machine()
        timings = [t for space in SPACES for t in measure_space(space, surge, a.patches, a.rounds)]
    except SynthmatchError as error:
        parser.exit(2, f"bench_render: {error}\n")
    if a.json:
        rows = [{**asdict(t), "renders_per_core_s": t.per_core_s} for t in timings]
        print(json.dumps({"machine": on, "render_s": DURATION_S, "timings": rows}, indent=1))
        return 0
    print(f"{on}\n")
    print("| space | procedure | renders | CPU ms | wall ms | renders/s per core | ratio |")
    print("|---|---|---|---|---|---|---|")
    for t in timings:
        print(
            f"| {t.space} | {t.procedure} | {t.renders} | {t.cpu_s * 1000:.1f} "
            f"| {t.wall_s * 1000:.1f} | {t.per_core_s:.1f} | {t.ratio:.1f} |"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
