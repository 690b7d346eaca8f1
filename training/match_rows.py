"""What a user gets from the whole matcher, for the table of ``training.evaluate``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from backend.matching.metrics import TargetMetrics
from backend.pipeline import MatchRequest, MatchResult, Workshop
from backend.records import AudioRegion, Score
from backend.synth.renderer import SAMPLE_RATE_HZ
from training.score_table import Row
from training.targets import Target


def match_rows(
    workshop: Workshop, targets: Sequence[Target], spec_name: str, budget_s: float, seed: int
) -> list[Row]:
    """Measure whole matches: the nearest of the first results, and after the budget."""
    first: list[Score | None] = []
    last: list[Score | None] = []

    def nearest(result: MatchResult, metrics: TargetMetrics) -> Score | None:
        render = result.matches[0].render if result.matches else None
        return metrics.score(render.audio) if render else None

    for place, target in enumerate(targets):
        metrics = TargetMetrics(target.audio)
        rounds: list[MatchResult] = []
        with tempfile.TemporaryDirectory() as folder:
            result = workshop.match(
                MatchRequest(
                    AudioRegion(target.audio, SAMPLE_RATE_HZ, target.name),
                    Path(folder),
                    seed=seed + place,
                    spec_name=spec_name,
                    picture=False,
                    budget_s=budget_s,
                ),
                on_round=rounds.append,
            )
        first.append(nearest(rounds[0] if rounds else result, metrics))
        last.append(nearest(result, metrics))
    return [
        Row("first results", tuple(first)),
        Row(f"after {budget_s:g} s", tuple(last)),
    ]
