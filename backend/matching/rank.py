"""Candidates become matches: rendered on the user's Surge XT, measured, and put in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backend.audio.region import fit_window
from backend.errors import RenderError
from backend.matching.metrics import TargetMetrics
from backend.records import AudioRegion, Candidate, Match
from backend.synth.patch_file import patch_body
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob


def rank(
    region: AudioRegion,
    candidates: Sequence[Candidate],
    pool: RenderPool | None,
    on_done: Callable[[int], None] | None = None,
) -> list[Match]:
    """Order candidates by how near their sound is to the target.

    Args:
        region: the target.
        candidates: in the model's own order.
        pool: renderers; None leaves the model's order, without sounds and scores.
        on_done: called with the number of finished renders.

    Returns:
        The candidates with rank 1, 2, ...; those that could not be rendered come last.

    Raises:
        RenderError: not one candidate could be rendered.
    """
    if pool is None:
        return [Match(place + 1, candidate) for place, candidate in enumerate(candidates)]
    jobs = [
        RenderJob(
            patch_body(candidate.parameters, region.name, rest_dry_effects=True),
            candidate.parameters.note,
            f"candidate {candidate.order + 1}",
        )
        for candidate in candidates
    ]
    renders = pool.render(jobs, on_done)
    errors = [render for render in renders if isinstance(render, RenderError)]
    if errors and len(errors) == len(jobs):
        raise errors[0]
    target = TargetMetrics(fit_window(region))
    scored = [
        Match(0, candidate, render, target.score(render.audio))
        if isinstance(render, AudioRegion)
        else Match(0, candidate)
        for candidate, render in zip(candidates, renders, strict=True)
    ]
    scored.sort(key=lambda match: match.score.distance if match.score else float("inf"))
    return [
        Match(place + 1, match.candidate, match.render, match.score)
        for place, match in enumerate(scored)
    ]
