"""Trials become matches: chosen, measured by all metrics, put in order, and told apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from backend.matching.contrasts import tell_apart
from backend.matching.metrics import TargetMetrics
from backend.matching.threads import one_thread
from backend.matching.trials import Trial
from backend.records import Candidate, Match, Score, Vector
from backend.synth.spec import ParameterSpec


class Ranking:
    """Makes matches of the trials of one search; each keeps its number, and is measured once.

    Args:
        metrics: of the target.
    """

    def __init__(self, metrics: TargetMetrics) -> None:
        self._metrics = metrics
        self._numbers: dict[Trial, int] = {}
        self._scores: dict[Trial, Score] = {}

    def rank(self, chosen: Sequence[Trial]) -> list[Match]:
        """Make matches of chosen trials.

        Args:
            chosen: nearest first.

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
                    self._score(trial),
                )
                for place, trial in enumerate(chosen)
            ]
            return tell_apart(matches)

    def _number(self, trial: Trial) -> int:
        return self._numbers.setdefault(trial, len(self._numbers) + 1)

    def _score(self, trial: Trial) -> Score:
        if trial not in self._scores:
            self._scores[trial] = self._metrics.score(trial.render.audio)
        return self._scores[trial]


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
