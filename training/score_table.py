"""Rows of scores and the table they make: means over targets with 95% intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.matching.metrics import TargetMetrics
from backend.records import Audio, Score

METRICS = ("mss_db", "wmfcc", "sot", "rms", "distance")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        method: what was measured.
        scores: one per target that gave a sound.
        missing: targets for which the method gave none.
    """

    method: str
    scores: tuple[Score, ...]
    missing: int = 0

    def mean(self, metric: str) -> float:
        """Return the mean over the targets; NaN where there is none."""
        values = [getattr(score, metric) for score in self.scores]
        return float(np.mean(values)) if values else math.nan

    def interval(self, metric: str) -> float:
        """Return half the width of the 95% interval of the mean; NaN for fewer than two."""
        values = [getattr(score, metric) for score in self.scores]
        if len(values) < 2:
            return math.nan
        return 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values))


def row(method: str, targets: Sequence[TargetMetrics], renders: Sequence[Audio | None]) -> Row:
    """Score one render per target."""
    scores = tuple(
        target.score(render)
        for target, render in zip(targets, renders, strict=True)
        if render is not None
    )
    return Row(method, scores, len(targets) - len(scores))


def table(rows: Sequence[Row]) -> str:
    """Write the rows as a Markdown table, means with their 95% intervals."""
    lines = [
        "| method | MSS dB ↓ | wMFCC ↓ | SOT ↓ | RMS ↑ | distance ↓ |",
        "|---|---|---|---|---|---|",
    ]
    for r in rows:
        cells = []
        for metric, digits in zip(METRICS, (2, 2, 3, 3, 3), strict=True):
            cells.append(f"{r.mean(metric):.{digits}f} ± {r.interval(metric):.{digits}f}")
        lost = f" ({r.missing} without sound)" if r.missing else ""
        lines.append(f"| {r.method}{lost} | {' | '.join(cells)} |")
    return "\n".join(lines)
