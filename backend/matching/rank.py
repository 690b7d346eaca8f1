"""Trials become matches: chosen, measured by all metrics, put in order, and told apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from backend.matching.contrasts import tell_apart
from backend.matching.metrics import TargetMetrics
from backend.matching.threads import one_thread
from backend.matching.trials import Trial
from backend.records import Candidate, Match, Vector
from backend.synth.spec import ParameterSpec


class Numbers:
    """Gives each trial that is shown a number of its own, from 1, and keeps it."""

    def __init__(self) -> None:
        self._numbers: dict[Trial, int] = {}

    def of(self, trial: Trial) -> int:
        """Return the number of a trial; a new one for one that was not shown before."""
        return self._numbers.setdefault(trial, len(self._numbers) + 1)


def rank(metrics: TargetMetrics, chosen: Sequence[Trial], numbers: Numbers) -> list[Match]:
    """Make matches of chosen trials.

    Args:
        metrics: of the target.
        chosen: nearest first.
        numbers: by which they are known.

    Returns:
        A match for each, with rank 1, 2, ..., and how it differs from the others.
    """
    with one_thread():
        matches = [
            Match(
                place + 1,
                Candidate(trial.parameters, numbers.of(trial), trial.origin),
                trial.render,
                metrics.score(trial.render.audio),
            )
            for place, trial in enumerate(chosen)
        ]
        return tell_apart(matches)


def unheard(
    spec: ParameterSpec, proposals: Sequence[tuple[str, Sequence[Vector]]], count: int
) -> list[Match]:
    """Make matches of proposals that nobody can render: one of each kind in turn.

    Args:
        spec: the parameter space.
        proposals: kinds, and what is proposed, each in its own order.
        count: how many matches, at most.
    """
    columns = [[(origin, vector) for vector in vectors] for origin, vectors in proposals]
    in_turn = [one for row in zip_longest(*columns) for one in row if one is not None][:count]
    matches = [
        Match(place + 1, Candidate(spec.decode(vector), place + 1, origin))
        for place, (origin, vector) in enumerate(in_turn)
    ]
    return tell_apart(matches)
