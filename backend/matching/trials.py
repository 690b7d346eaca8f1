"""What a search has found: the nearest trials, and the nearest of each family of proposals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.matching.likeness import Profile, profile
from backend.records import AudioRegion, ParameterSet, Vector

#: How many of the best trials keep their sound and are varied, and how many families.
ELITE = 32
#: Chance that the parent is the best of a family rather than one of the best of all.
FAMILY_CHANCE = 0.4
#: Each rank is this much less likely to be varied than the one before.
RANK_DECAY = 0.85
#: Chance that two trials that are crossed are of different families, where there are such.
STRANGE_CHANCE = 0.7

#: Origin of the proposal that others are to be like.
CHOSEN = "chosen"


@dataclass(frozen=True, eq=False)
class Trial:
    """A rendered setting.

    Args:
        vector: the setting, ``(width,)``, idle parameters at rest.
        parameters: the same by name.
        origin: where it came from: a kind of proposal, or a way of variation.
        family: number of the proposal that it descends from.
        distance: from the target, lower is nearer.
        render: its sound.
    """

    vector: Vector
    parameters: ParameterSet
    origin: str
    family: int
    distance: float
    render: AudioRegion

    @cached_property
    def profile(self) -> Profile:
        """The profile of its sound, taken when it is first asked for."""
        return profile(self.render.audio)


class Trials:
    """The trials that are kept, of the many that were rendered."""

    def __init__(self) -> None:
        #: The best so far, nearest first.
        self.elite: list[Trial] = []
        #: The best of each family of proposals.
        self.families: dict[int, Trial] = {}
        #: The proposal that others are to be like, where there is one.
        self.chosen: Trial | None = None

    def add(self, trial: Trial) -> None:
        """Take in a trial; what is too far to be of use is let go."""
        if trial.origin == CHOSEN:
            self.chosen = trial
        best = self.families.get(trial.family)
        if best is None or trial.distance < best.distance:
            self.families[trial.family] = trial
        self.elite.append(trial)
        self.elite.sort(key=lambda one: one.distance)
        del self.elite[ELITE:]
        if len(self.families) > ELITE:  # sounds take room
            worst = max(self.families, key=lambda family: self.families[family].distance)
            del self.families[worst]

    def limit(self, family: int) -> float:
        """Return the distance beyond which a new trial of a family would not be kept."""
        best = self.families.get(family)
        if best is None or len(self.elite) < ELITE:
            return math.inf
        return max(best.distance, self.elite[-1].distance)

    def all(self) -> list[Trial]:
        """Return all that are kept; some occur twice."""
        return [*self.elite, *self.families.values()]

    def parent(self, rng: np.random.Generator) -> Trial:
        """Choose one to be varied, a near one rather than a far one; there must be one."""
        ranked: Sequence[Trial] = self.elite
        if rng.random() < FAMILY_CHANCE:
            ranked = sorted(self.families.values(), key=lambda trial: trial.distance)
        chances = RANK_DECAY ** np.arange(len(ranked))
        return ranked[int(rng.choice(len(ranked), p=chances / chances.sum()))]

    def parents(self, rng: np.random.Generator, count: int) -> list[Trial]:
        """Choose at most so many different ones to be varied, as ``parent`` does."""
        asked = dict.fromkeys(self.parent(rng) for _ in range(2 * count))
        return list(asked)[:count]

    def other(self, parent: Trial, rng: np.random.Generator) -> Trial | None:
        """Choose one of the best to be crossed with, of another family if may be."""
        others = [trial for trial in self.elite if trial is not parent]
        strange = [trial for trial in others if trial.family != parent.family]
        pool = strange if strange and rng.random() < STRANGE_CHANCE else others
        return pool[int(rng.integers(len(pool)))] if pool else None

    def two(self, rng: np.random.Generator) -> tuple[Trial, Trial] | None:
        """Choose a better and a worse one of the best, where there are three."""
        if len(self.elite) < 3:
            return None
        one, two = rng.choice(len(self.elite), size=2, replace=False)
        return self.elite[min(one, two)], self.elite[max(one, two)]
