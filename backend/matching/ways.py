"""Ways to make children of a trial; the more one has led to, the more often it is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from weakref import WeakSet

import numpy as np

from backend.matching.likeness import Profile, delay_s, louder_db, transposition
from backend.matching.trials import Trial, Trials
from backend.matching.variation import Variation
from backend.records import Vector
from backend.synth.spec import ParameterSpec

#: What the chances of the ways start from, and how fast they forget.
PATIENCE, FORGET = 1.0, 0.98
#: The model varies a vector from a time drawn between these.
EARLIEST, LATEST = 0.4, 0.95
#: A note that begins less far from where it should is left where it is.
ALIGNED_S = 0.004
#: A sound that is less louder or softer than it should be is left as it is; by more than that much
#: a level is not changed at once.
ALIGNED_DB, MOST_LOUDER_DB = 0.7, 20.0

#: What a child costs the search, rendering and measuring it included, as a multiple of what one of
#: the ways costs that are not named here.
COSTS = {"model": 2.5}

#: ``vary(vector, time in 0..1, seed) -> vectors``: the model as prior.
ModelVary = Callable[[Vector, float, int], Sequence[Vector]]
#: ``vary(parent, trials) -> vectors``.
Vary = Callable[[Trial, Trials], Sequence[Vector]]


class Ways:
    """Makes children.

    Args:
        spec: the parameter space.
        target: profile of the sound.
        variation: what may be varied, and how.
        rng: all chance.
        model_vary: varies a vector by the model; None: that way is not used.
    """

    def __init__(
        self,
        spec: ParameterSpec,
        target: Profile,
        variation: Variation,
        rng: np.random.Generator,
        model_vary: ModelVary | None = None,
    ) -> None:
        self._spec = spec
        self._target = target
        self._variation = variation
        self._rng = rng
        self._model_vary = model_vary
        self._aligned: WeakSet[Trial] = WeakSet()
        self._ways: dict[str, Vary] = {
            "mutate": self._mutate,
            "cross": self._cross,
            "follow": self._follow,
            "align": self._align,
        }
        if model_vary is not None:
            self._ways["model"] = self._model
        self._tries = dict.fromkeys(self._ways, PATIENCE)
        self._gains = dict.fromkeys(self._ways, PATIENCE)

    def choose(self) -> str:
        """Return a way, by chance, and success for the time that it takes."""
        names = list(self._tries)
        success = [self._gains[name] / self._tries[name] / COSTS.get(name, 1.0) for name in names]
        return str(self._rng.choice(names, p=np.array(success) / sum(success)))

    def children(self, way: str, trials: Trials) -> Sequence[tuple[Trial, Vector]]:
        """Return what comes of parents by one way, each child with its own, maybe nothing.

        Args:
            way: from ``choose``.
            trials: all that was found, at least one.
        """
        parent = trials.parent(self._rng)
        return [(parent, child) for child in self._ways[way](parent, trials)]

    def credit(self, way: str, nearer: bool) -> None:
        """Take notice of whether a child came out nearer than its parent."""
        for name in self._tries:
            self._tries[name] = PATIENCE + FORGET * (self._tries[name] - PATIENCE)
            self._gains[name] = PATIENCE + FORGET * (self._gains[name] - PATIENCE)
        self._tries[way] += 1.0
        self._gains[way] += float(nearer)

    def _mutate(self, parent: Trial, trials: Trials) -> Sequence[Vector]:
        return [self._variation.mutate(parent.vector, self._rng)]

    def _cross(self, parent: Trial, trials: Trials) -> Sequence[Vector]:
        other = trials.other(parent, self._rng)
        if other is None:
            return []
        return [self._variation.cross(parent.vector, other.vector, self._rng)]

    def _follow(self, parent: Trial, trials: Trials) -> Sequence[Vector]:
        pair = trials.two(self._rng)
        if pair is None:
            return []
        better, worse = pair
        return [self._variation.follow(parent.vector, better.vector, worse.vector, self._rng)]

    def _align(self, parent: Trial, trials: Trials) -> Sequence[Vector]:
        """Move note and level to where they are needed, as far as heard; once for each parent."""
        if parent in self._aligned:
            return []
        self._aligned.add(parent)
        later_s = delay_s(self._target, parent.profile)
        semitones = round(transposition(self._target, parent.profile))
        louder = louder_db(self._target, parent.profile)
        levelled = parent.vector
        if abs(louder) >= ALIGNED_DB:
            louder = max(-MOST_LOUDER_DB, min(MOST_LOUDER_DB, louder))
            levelled = self._variation.louder(parent.vector, louder)
        if abs(later_s) < ALIGNED_S and semitones == 0:
            return [] if levelled is parent.vector else [levelled]
        both = self._rng.random() < 0.5
        if not both and semitones and abs(later_s) >= ALIGNED_S:
            semitones, later_s = (semitones, 0.0) if self._rng.random() < 0.5 else (0, later_s)
        scale = 2.0 / self._spec.duration_s
        pitch = 2.0 * semitones / (self._spec.pitch_high - self._spec.pitch_low)
        moved_s = later_s * scale
        return [self._variation.shift_note(levelled, pitch, moved_s, moved_s)]

    def _model(self, parent: Trial, trials: Trials) -> Sequence[Vector]:
        assert self._model_vary is not None
        time = float(self._rng.uniform(EARLIEST, LATEST))
        return self._model_vary(parent.vector, time, int(self._rng.integers(1 << 31)))
