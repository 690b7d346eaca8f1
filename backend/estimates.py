"""How long a match will still take, learned from those before it."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict, deque
from collections.abc import Callable

#: The stages of a match, in order; those after the first take longer for more presets.
STAGES = ("load", "propose", "render", "refine", "write")
ONCE = "load"
#: Takes the time it is given, and so is not learned.
BUDGETED = "refine"
#: How many earlier matches count.
REMEMBERED = 5
#: From this share of a stage on, its own pace says something, too.
OWN_PACE_FROM = 0.2
UNKNOWN_S = -1.0


class Estimates:
    """What each stage of the last matches took; one for the life of a backend.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._took_s: dict[tuple[str, str], deque[float]] = defaultdict(
            lambda: deque(maxlen=REMEMBERED)
        )

    def start(self, spec_name: str, count: int, budget_s: float = 0.0) -> Course:
        """Begin to follow a match of so many presets, which are improved for so many seconds."""
        return Course(self, spec_name, count, budget_s, self._clock)

    def expected_s(self, spec_name: str, stage: str, count: int) -> float | None:
        """Return what a stage usually takes, None if it was never seen."""
        took_s = self._took_s.get((spec_name, stage))
        # The lower one of two: the first match of all is slow, because much is loaded in it.
        return statistics.median_low(took_s) * _scale(stage, count) if took_s else None

    def learn(self, spec_name: str, stage: str, count: int, took_s: float) -> None:
        """Take note of what a stage took."""
        self._took_s[spec_name, stage].append(took_s / _scale(stage, count))


class Course:
    """One match on its way; made by ``Estimates.start``."""

    def __init__(
        self,
        estimates: Estimates,
        spec_name: str,
        count: int,
        budget_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._estimates = estimates
        self._spec_name = spec_name
        self._count = count
        self._budget_s = budget_s
        self._clock = clock
        self._stage = STAGES[0]
        self._since_s = clock()

    def advance(self, stage: str, fraction: float) -> float:
        """Follow the match to a point.

        Args:
            stage: one of ``STAGES``.
            fraction: how much of the stage is done, 0..1.

        Returns:
            The seconds that remain, -1 as long as nothing is known.
        """
        now_s = self._clock()
        if stage != self._stage:
            self._learn(now_s)
            self._stage, self._since_s = stage, now_s
        if stage == STAGES[-1] and fraction >= 1.0:
            self._learn(now_s)
            return 0.0
        rest = [self._rest_of_stage_s(now_s - self._since_s, fraction)]
        rest += [self._expected_s(later) for later in STAGES[STAGES.index(stage) + 1 :]]
        known = [part for part in rest if part is not None]
        return sum(known) if len(known) == len(rest) else UNKNOWN_S

    def _rest_of_stage_s(self, elapsed_s: float, fraction: float) -> float | None:
        guesses = []
        expected_s = self._expected_s(self._stage)
        if expected_s is not None:
            guesses.append(max(0.0, expected_s - elapsed_s))
        if fraction >= OWN_PACE_FROM:
            guesses.append(elapsed_s * (1 - fraction) / fraction)
        # A stage may have work left when its last part is done, which only earlier matches know.
        return max(guesses, default=None)

    def _expected_s(self, stage: str) -> float | None:
        if stage == BUDGETED:
            return self._budget_s
        return self._estimates.expected_s(self._spec_name, stage, self._count)

    def _learn(self, now_s: float) -> None:
        if self._stage == BUDGETED:
            return
        self._estimates.learn(self._spec_name, self._stage, self._count, now_s - self._since_s)


def _scale(stage: str, count: int) -> int:
    return 1 if stage == ONCE else count
