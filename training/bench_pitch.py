"""Measure the pitch detector on sounds of known pitch, by source.

    python -m training.bench_pitch

A pitch is right within 50 cents; an octave off is wrong. Sounds come from models (additive,
strings, bars, pipes, FM, vowels, ...) and from the engines that are installed: Surge XT, vita,
csound, espeak-ng.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.audio.pitch import find_pitch
from backend.errors import SurgeNotFoundError, SynthmatchError
from backend.synth.finder import find_surge
from backend.synth.renderer import SurgeRenderer
from training.bench_render import machine
from training.foreign_sounds import physical_sounds
from training.pitch_engines import csound_sounds, espeak_sounds, surge_sounds, vita_sounds
from training.pitch_models import KnownSound, model_sounds

RIGHT_CENTS = 50.0


@dataclass(frozen=True)
class Finding:
    """What was found in one sound.

    Args:
        sound: with its true pitch.
        cents: error; infinite where nothing was found.
        tonal: whether it was called tonal.
        cpu_s: CPU time of the pitch detector.
    """

    sound: KnownSound
    cents: float
    tonal: bool
    cpu_s: float

    @property
    def right(self) -> bool:
        """Whether the note and octave are right."""
        return abs(self.cents) < RIGHT_CENTS


def measure(sounds: Iterable[KnownSound]) -> list[Finding]:
    """Find the pitch of each sound that has one."""
    findings = []
    for sound in sounds:
        if not sound.tonal:
            continue
        started_s = time.process_time()
        pitch = find_pitch(sound.region)
        cpu_s = time.process_time() - started_s
        cents = 100 * (pitch.midi - sound.midi) if pitch else float("inf")
        findings.append(Finding(sound, cents, pitch is not None and pitch.tonal, cpu_s))
    return findings


def table(findings: list[Finding]) -> list[str]:
    """Return a Markdown table by source, and a line for each sound that went wrong."""
    lines = [
        "| source | sounds | right | median error, cents | called tonal | CPU ms |",
        "|---|---|---|---|---|---|",
    ]
    sources = list(dict.fromkeys(finding.sound.source for finding in findings))
    groups = [(s, [f for f in findings if f.sound.source == s]) for s in sources]
    for name, group in [*groups, ("all", findings)]:
        right = [f for f in group if f.right]
        cents = float(np.median([abs(f.cents) for f in right])) if right else float("nan")
        lines.append(
            f"| {name} | {len(group)} | {len(right) / len(group):.1%} | {cents:.1f} "
            f"| {np.mean([f.tonal for f in group]):.1%} "
            f"| {1000 * np.mean([f.cpu_s for f in group]):.0f} |"
        )
    wrong = [f"- {f.sound.name}: {f.cents:+.0f} cents" for f in findings if not f.right]
    return [*lines, "", *wrong]


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0, help="other sounds of the same kinds")
    parser.add_argument("--each", type=int, default=12, help="sounds of each model")
    parser.add_argument("--engine", type=int, default=40, help="sounds of each engine")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    if a.each < 1 or a.engine < 1:
        parser.error("--each and --engine must be 1 or more")
    try:
        findings = measure(model_sounds(a.seed, a.each))
        findings += measure(physical_sounds(a.seed, a.each))
        try:
            renderer = SurgeRenderer(find_surge(a.surge))
        except SurgeNotFoundError as error:
            print(f"without Surge XT: {error}")
        else:
            for space in ("surge_full", "surge_simple"):
                findings += measure(surge_sounds(renderer, space, a.seed, a.engine))
        for engine in (vita_sounds, csound_sounds, espeak_sounds):
            findings += measure(engine(a.seed, a.engine))
    except SynthmatchError as error:
        parser.exit(2, f"bench_pitch: {error}\n")
    print(f"{machine()}\n")
    print("\n".join(table(findings)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
