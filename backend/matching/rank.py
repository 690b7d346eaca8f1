"""Trials become matches: put in order, told apart, and scored where that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from backend.matching.contrasts import tell_apart
from backend.matching.metrics import TargetMetrics
from backend.matching.threads import one_thread
from backend.matching.trials import Trial
from backend.records import Candidate, Match, Vector
from backend.synth.spec import ParameterSpec


class Ranking:
    """Makes matches of the trials of one search, each of which keeps its number."""

    def __init__(self) -> None:
        self._numbers: dict[Trial, int] = {}

    def rank(self, chosen: Sequence[Trial], metrics: TargetMetrics | None = None) -> list[Match]:
        """Make matches of chosen trials.

        Args:
            chosen: nearest first.
            metrics: of the target, to score them by; None: they are not, which saves as much time
                as a render of each.

        Returns:
            A match for each, with rank 1, 2, ..., and how it differs from the others. A trial that
            was shown before has the number that it had, others the next ones, from 1.
        """
        with one_thread():
            matches = [
                Match(
                    place + 1,
                    Candidate(trial.parameters, self._number(trial), trial.origin),
                    trial.render,
                    trial.distance,
                    metrics.score(trial.render.audio) if metrics else None,
                )
                for place, trial in enumerate(chosen)
            ]
            return tell_apart(matches)

    def _number(self, trial: Trial) -> int:
        return self._numbers.setdefault(trial, len(self._numbers) + 1)


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
