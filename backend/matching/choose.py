"""Which of the trials a musician gets: near the target, and different from each other.

Two trials are different by ear (their courses in time and their spectra) and by how many units of
the synthesizer are set otherwise. Oscillators that merely traded places count as the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.matching.likeness import Profile
from backend.matching.trials import Trial
from backend.records import Vector
from backend.synth.sections import layout

#: By how much, 0..1, the chosen should differ, and what is enough where there are too few of them.
WANTED_DIFFERENCES = (0.3, 0.15, 0.07, 0.0)
#: A chosen trial should be no more than this many times further from the target than the best.
FURTHEST = 2.5
#: A unit counts as set otherwise from this change on (of a range of 2).
UNIT_CHANGE = 0.15
#: Dissimilarity of two sounds, 1 - cosine, that counts as wholly different.
EAR_SCALE = 0.2


def choose(trials: Sequence[Trial], count: int, keep: Trial | None = None) -> list[Trial]:
    """Return at most ``count`` trials, nearest first.

    The nearest trial always is among them; each other one is the nearest that differs enough from
    all chosen before it.

    Args:
        trials: any number of them, of one parameter space; those that occur twice count once.
        count: how many are wanted.
        keep: one that is to be among them, where there is more than one.
    """
    rest = sorted(dict.fromkeys(trials), key=lambda trial: trial.distance)
    chosen = list(dict.fromkeys([*rest[:1], keep or rest[0]])) if rest else []
    for furthest in (FURTHEST, 2 * FURTHEST, np.inf):
        for wanted in WANTED_DIFFERENCES:
            for trial in rest:
                if len(chosen) >= count or trial.distance > furthest * rest[0].distance:
                    break
                if trial not in chosen and all(difference(trial, c) >= wanted for c in chosen):
                    chosen.append(trial)
    return sorted(chosen[:count], key=lambda trial: trial.distance)


def difference(one: Trial, other: Trial) -> float:
    """Return how different two trials are, 0..1: half by ear, half by their settings."""
    by_ear = min(1.0, _unlike(one.profile, other.profile) / EAR_SCALE)
    spec_name = one.parameters.spec_name
    return 0.5 * by_ear + 0.5 * _changed_units(one.vector, other.vector, spec_name)


def _unlike(one: Profile, other: Profile) -> float:
    envelopes = _cosine(one.envelope, other.envelope)
    spectra = _cosine(one.pitch, other.pitch)
    return 1.0 - min(envelopes, spectra)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 0 else float(not one.any() and not other.any())


def _changed_units(one: Vector, other: Vector, spec_name: str) -> float:
    """Return the share of units that are set otherwise; oscillators in their best order."""
    units = layout(spec_name).units
    changed = sum(
        _changed(one[columns], other[columns])
        for name, columns in units.items()
        if not name.startswith("osc ")
    )
    first = sorted(one[units[f"osc {i}"]].tolist() for i in (1, 2, 3))
    second = sorted(other[units[f"osc {i}"]].tolist() for i in (1, 2, 3))
    for left, right in zip(first, second, strict=True):
        changed += _changed(np.array(left), np.array(right))
    return changed / len(units)


def _changed(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() > UNIT_CHANGE)
