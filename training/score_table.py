"""Rows of scores and the table they make: means over targets with 95% intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.matching.metrics import TargetMetrics
from backend.records import Audio, Score

METRICS = ("mss_db", "wmfcc", "sot", "rms", "distance")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        method: what was measured.
        scores: one per target, None where the method gave no sound.
    """

    method: str
    scores: tuple[Score | None, ...]

    @property
    def found(self) -> tuple[Score, ...]:
        """The scores of the targets that the method gave a sound for."""
        return tuple(score for score in self.scores if score is not None)

    @property
    def missing(self) -> int:
        """How many targets the method gave no sound for."""
        return len(self.scores) - len(self.found)

    def mean(self, metric: str) -> float:
        """Return the mean over the targets; NaN where there is none."""
        values = [getattr(score, metric) for score in self.found]
        return float(np.mean(values)) if values else math.nan

    def interval(self, metric: str) -> float:
        """Return half the width of the 95% interval of the mean; NaN for fewer than two."""
        return half_interval([getattr(score, metric) for score in self.found])

    def ahead_of(self, peer: Row) -> tuple[int, int]:
        """Return for how many targets this is nearer than a peer, and of how many.

        A target for which one of the two gave no sound goes to the other; where neither did, to
        none.
        """
        pairs = [
            (math.inf if mine is None else mine.distance, math.inf if its is None else its.distance)
            for mine, its in zip(self.scores, peer.scores, strict=True)
        ]
        return sum(mine < its for mine, its in pairs), len(pairs)


def half_interval(values: Sequence[float] | npt.NDArray[np.float64]) -> float:
    """Return half the width of the 95% interval of a mean; NaN for fewer than two values."""
    if len(values) < 2:
        return math.nan
    return 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values))


def row(method: str, targets: Sequence[TargetMetrics], renders: Sequence[Audio | None]) -> Row:
    """Score one render per target."""
    scores = tuple(
        None if render is None else target.score(render)
        for target, render in zip(targets, renders, strict=True)
    )
    return Row(method, scores)


def table(rows: Sequence[Row], peer: Row | None = None) -> str:
    """Write the rows as a Markdown table, means with their 95% intervals.

    Args:
        rows: the methods.
        peer: one of them; how often each other is nearer to the target than it is one column more.
    """
    lines = [
        "| method | MSS dB ↓ | wMFCC ↓ | SOT ↓ | RMS ↑ | distance ↓ |",
        "|---|---|---|---|---|---|",
    ]
    if peer is not None:
        lines = [f"{lines[0]} nearer than {peer.method} |", f"{lines[1]}---|"]
    for r in rows:
        cells = []
        for metric, digits in zip(METRICS, (2, 2, 3, 3, 3), strict=True):
            cells.append(f"{r.mean(metric):.{digits}f} ± {r.interval(metric):.{digits}f}")
        if peer is not None:
            ahead, of = r.ahead_of(peer)
            cells.append(
                "" if r is peer or not of else f"{ahead} of {of} ({100 * ahead / of:.0f}%)"
            )
        lost = f" ({r.missing} without sound)" if r.missing else ""
        lines.append(f"| {r.method}{lost} | {' | '.join(cells)} |")
    return "\n".join(lines)
