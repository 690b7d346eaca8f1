"""A workshop without a model or renderers: real presets of random settings, in no time.

Its behaviour follows the name of the sound: ``fail`` cannot be rendered, ``bug`` breaks it, and
``long`` goes on until it is cancelled or ``let_go``, and ``better`` has two rounds, the best of the
second a new candidate. Processes of tests import this by name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from fake_renderers import FakeRenderer

from backend.errors import CancelledError, RenderError
from backend.pipeline import MatchRequest, MatchResult, Progress
from backend.records import Candidate, Match
from backend.synth.render_pool import RenderPool
from backend.synth.spec import load_spec

REMARK = "Made by a fake."


class FakeWorkshop:
    """Stands in for ``backend.pipeline.Workshop``.

    Args:
        renderer_log: where a renderer process beside it writes that it has started; None for none.
    """

    def __init__(self, renderer_log: Path | None = None) -> None:
        self.pool = renderer_log and RenderPool(partial(FakeRenderer, renderer_log), 1)
        self.let_go = threading.Event()
        self.began = threading.Event()
        self.requests: list[MatchRequest] = []
        self.closed = False

    def warm_up(self, progress: Callable[[str, float], None]) -> None:
        progress("load", 0.0)
        progress("load", 1.0)

    def match(
        self,
        request: MatchRequest,
        progress: Progress = lambda stage, fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
        on_round: Callable[[MatchResult], None] = lambda result: None,
    ) -> MatchResult:
        from backend.output import write_matches

        self.requests.append(request)
        request.folder.mkdir(parents=True, exist_ok=True)
        progress("load", 0.0)
        progress("propose", 0.0)
        self.began.set()
        while request.region.name == "long" and not self.let_go.wait(0.01):
            if cancelled():
                raise CancelledError("noticed")
            progress("render", 0.5)
        if request.region.name == "fail":
            raise RenderError("no candidate could be rendered")
        if request.region.name == "bug":
            raise ZeroDivisionError("a bug")
        spec = load_spec(request.spec_name)
        rng = np.random.default_rng(request.seed)
        vectors = [rng.random(spec.width, np.float32) for _ in range(request.count + 1)]
        candidates = [
            Candidate(spec.decode(spec.settle(vector)), place + 1)
            for place, vector in enumerate(vectors)
        ]

        def result(chosen: Sequence[Candidate]) -> MatchResult:
            matches = [
                Match(
                    place + 1,
                    candidate,
                    request.region if place == 0 else None,
                    0.25 if place == 0 else None,
                )
                for place, candidate in enumerate(chosen)
            ]
            written = write_matches(request.region, matches, request.folder, picture=False)
            return MatchResult(tuple(matches), written, None, (REMARK,))

        if request.region.name == "better":
            on_round(result(candidates[:-1]))
            progress("refine", 0.5)
            candidates = [candidates[-1], *candidates[:-2], candidates[-2]]
        progress("write", 0.0)
        final = result(candidates[: request.count])
        progress("write", 1.0)
        return final

    def close(self) -> None:
        self.closed = True
        if self.pool:
            self.pool.close()
