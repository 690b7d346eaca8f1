"""The search: proposals are rendered and measured, the best are varied, until time is up.

It can be ended at any time and has then what it found so far. The user's Surge XT renders without
pause (``render_pool.stream``): while one patch sounds, the next is made, in one of the ``ways``, of
one of the ``trials`` so far. Settings that sound the same are rendered once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backend.errors import RenderError
from backend.matching.likeness import profile
from backend.matching.threads import one_thread
from backend.matching.trials import Trial, Trials
from backend.matching.variation import Variation
from backend.matching.ways import ModelVary, Ways
from backend.records import Audio, AudioRegion, ParameterSet, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.patch_file import patch_body
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob
from backend.synth.spec import ParameterSpec

#: Vectors are told apart to this step (of a range of 2) when duplicates are looked for.
SAME_STEP = 1e-3
#: After so many parents without a child that is new, the search has come to its end.
LAST_TRY = 50
#: ``measure(render, limit) -> distance``, or None where it is sure to be more than the limit.
Measure = Callable[[Audio, float], float | None]


class MakeBody(Protocol):
    """Makes a patch body as ``patch_body`` does."""

    def __call__(
        self, parameters: ParameterSet, name: str, *, rest_dry_effects: bool = False
    ) -> bytes:
        """Return the body."""
        ...


@dataclass(frozen=True)
class _Draft:
    vector: Vector
    parameters: ParameterSet
    origin: str
    family: int
    parent: Trial | None


class Search:
    """One search; ``run`` may be called again and goes on where it ended.

    While it goes on in a thread of its own, others may offer proposals and ask for parents.

    Args:
        spec: the parameter space.
        target: the sound, float32 ``(channels, samples)`` at 44.1 kHz.
        measure: distance of a render from the target, if it is within a limit.
        variation: makes children, and knows what must stay as it is.
        seed: of all chance.
        model_vary: varies a vector by the model; None: that way is not used.
        body: makes the patch body that is rendered: ``patch_body``, or a lock's.
        hold: brings a vector within what is wanted.
    """

    def __init__(
        self,
        spec: ParameterSpec,
        target: Audio,
        measure: Measure,
        variation: Variation,
        *,
        seed: int = 0,
        model_vary: ModelVary | None = None,
        body: MakeBody = patch_body,
        hold: Callable[[Vector], Vector] = lambda vector: vector,
    ) -> None:
        self._spec = spec
        self._measure = measure
        self._equivalents = Equivalents(spec)
        self._rng = np.random.default_rng(seed)
        self._ways = Ways(spec, profile(target), variation, self._rng, model_vary)
        self._body = body
        self._hold = hold
        self._proposals: list[_Draft] = []
        self._varied: list[_Draft] = []
        self._drafts: dict[int, _Draft] = {}
        self._seen: set[bytes] = set()
        self._families = 0
        self._lock = threading.Lock()
        #: What was found.
        self.trials = Trials()
        self.rendered = 0
        self.failed: list[RenderError] = []

    def offer(self, vectors: Sequence[Vector], origin: str) -> None:
        """Add proposals, to be rendered before anything is varied, in this order."""
        with self._lock:
            for vector in vectors:
                if self._propose(vector, origin, self._families):
                    self._families += 1

    def offer_children(self, children: Sequence[tuple[Trial, Vector]], origin: str) -> None:
        """Add what was made of trials, each with its own, as proposals of the same families."""
        with self._lock:
            for parent, vector in children:
                self._propose(vector, origin, parent.family)

    def parents(self, count: int) -> list[Trial]:
        """Choose at most so many trials to be varied elsewhere."""
        with self._lock:
            return self.trials.parents(self._rng, count)

    def waiting(self) -> int:
        """Return how many proposals have not been given to a renderer."""
        return len(self._proposals)

    def run(self, pool: RenderPool, ended: Callable[[], bool], *, vary: bool = True) -> None:
        """Render until the time is up, or, without varying, all proposals have been.

        Args:
            pool: the renderers.
            ended: asked before every render; True ends the run.
            vary: whether to go on by varying.

        Raises:
            RenderError: no renderer starts.
        """
        numbers = iter(range(1 << 62))

        def supply() -> RenderJob | None:
            if ended() or (not vary and not self._proposals):
                return None
            with self._lock:
                draft = self._proposals.pop(0) if self._proposals else self._next_child()
            if draft is None:
                return None
            number = next(numbers)
            self._drafts[number] = draft
            name = f"{draft.origin} {number + 1}"
            body = self._body(draft.parameters, name, rest_dry_effects=True)
            return RenderJob(body, draft.parameters.note, name)

        self._drafts.clear()
        with one_thread():
            pool.stream(supply, self._take)

    @contextmanager
    def going_on(self, pool: RenderPool, ended: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
        """Go on in a thread of its own until the end of the block, which takes one thread too.

        The block gets a function that tells whether the search still goes on.

        Args:
            pool: the renderers, which are not to be used in the block.
            ended: asked in that thread before every render; True ends the run earlier.

        Raises:
            RenderError: as ``run``.
        """
        over = threading.Event()
        with ThreadPoolExecutor(1) as aside, one_thread():
            running = aside.submit(self.run, pool, lambda: over.is_set() or ended())
            try:
                yield lambda: not running.done()
            finally:
                over.set()
            running.result()

    def _take(self, number: int, render: AudioRegion | RenderError) -> None:
        draft = self._drafts.pop(number)
        if isinstance(render, RenderError):
            self.failed.append(render)
            return
        self.rendered += 1
        distance = self._measure(render.audio, self.trials.limit(draft.family))
        if draft.parent is not None:
            nearer = distance is not None and distance < draft.parent.distance
            self._ways.credit(draft.origin, nearer)
        if distance is not None:
            found = Trial(
                draft.vector, draft.parameters, draft.origin, draft.family, distance, render
            )
            with self._lock:
                self.trials.add(found)

    def _next_child(self) -> _Draft | None:
        for _ in range(LAST_TRY):
            if self._varied:
                return self._varied.pop(0)
            if not self.trials.elite:
                return None
            way = self._ways.choose()
            for parent, vector in self._ways.children(way, self.trials):
                draft = self._draft(vector, way, parent.family, parent)
                if draft is not None:
                    self._varied.append(draft)
        return None

    def _propose(self, vector: Vector, origin: str, family: int) -> bool:
        """Add a proposal; return whether it is none that was there before."""
        draft = self._draft(vector, origin, family, None)
        if draft is not None:
            self._proposals.append(draft)
        return draft is not None

    def _draft(
        self, vector: Vector, origin: str, family: int, parent: Trial | None
    ) -> _Draft | None:
        """Return a setting that has not been rendered yet; None for a duplicate."""
        hard = self._hold(self._spec.encode(self._spec.decode(vector)))
        rested = self._equivalents.at_rest(hard[None])[0]
        key = np.round(rested / SAME_STEP).astype(np.int32).tobytes()
        if key in self._seen:
            return None
        self._seen.add(key)
        return _Draft(rested, self._spec.decode(rested), origin, family, parent)
