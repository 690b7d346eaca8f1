"""The search: proposals are rendered and measured, the best are varied, until time is up.

It can be ended at any time and has then what it found so far. The user's Surge XT renders without
pause (``render_pool.stream``): while one patch sounds, the next is made. Ways to vary that have led
to something better are tried more often. Of several children the one that is foreseen nearest is
rendered, and settings that sound the same are rendered once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backend.errors import RenderError
from backend.matching.foresight import Foresight
from backend.matching.likeness import Profile, delay_s, profile, transposition
from backend.matching.threads import one_thread
from backend.matching.variation import Variation
from backend.records import Audio, AudioRegion, ParameterSet, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.patch_file import patch_body
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob
from backend.synth.spec import ParameterSpec

#: How many of the best trials keep their sound and are varied.
ELITE = 32
#: Chance that the parent is the best of a family rather than one of the best of all.
FAMILY_CHANCE = 0.4
#: Each rank of the elite is this much less likely to be varied than the one before.
RANK_DECAY = 0.85
#: Vectors are told apart to this step (of a range of 2) when duplicates are looked for.
SAME_STEP = 1e-3
#: What the chances of the ways of variation start from, and how fast they forget.
PATIENCE, FORGET = 1.0, 0.98

#: Of so many children of one parent one is rendered, and of the model's so many.
SCREENED, MODEL_KEPT = 16, 2

#: Origin of the proposal that others are to be like.
CHOSEN = "chosen"

Measure = Callable[[Audio], float]


class MakeBody(Protocol):
    """Makes a patch body as ``patch_body`` does."""

    def __call__(
        self, parameters: ParameterSet, name: str, *, rest_dry_effects: bool = False
    ) -> bytes:
        """Return the body."""
        ...


#: ``vary(vector, time in 0..1, seed) -> vectors``: the model as prior.
ModelVary = Callable[[Vector, float, int], Sequence[Vector]]


@dataclass(frozen=True, eq=False)
class Trial:
    """A rendered setting.

    Args:
        vector: the setting, ``(width,)``, idle parameters at rest.
        parameters: the same by name.
        origin: where it came from: a kind of proposal, or a way of variation.
        family: number of the proposal that it descends from.
        distance: from the target, lower is nearer.
        render: its sound.
        profile: of its sound.
    """

    vector: Vector
    parameters: ParameterSet
    origin: str
    family: int
    distance: float
    render: AudioRegion
    profile: Profile


@dataclass(frozen=True)
class _Draft:
    vector: Vector
    parameters: ParameterSet
    origin: str
    family: int
    parent: Trial | None


class Search:
    """One search; ``run`` may be called again and goes on where it ended.

    Args:
        spec: the parameter space.
        target: the sound, float32 ``(channels, samples)`` at 44.1 kHz.
        measure: distance of a render from the target.
        variation: makes children, and knows what must stay as it is.
        seed: of all chance.
        model_vary: varies a vector by the model; None: that way is not used.
        foresight: chooses which children are rendered; None: they are taken as they come.
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
        foresight: Foresight | None = None,
        body: MakeBody = patch_body,
        hold: Callable[[Vector], Vector] = lambda vector: vector,
    ) -> None:
        self._spec = spec
        self._target = profile(target)
        self._measure = measure
        self._variation = variation
        self._equivalents = Equivalents(spec)
        self._rng = np.random.default_rng(seed)
        self._model_vary = model_vary
        self._foresight = foresight
        self._body = body
        self._hold = hold
        self._proposals: list[_Draft] = []
        self._varied: list[_Draft] = []
        self._drafts: dict[int, _Draft] = {}
        self._seen: set[bytes] = set()
        self._families = 0
        self._directed: set[int] = set()
        self._ways: dict[str, Callable[[Trial], Vector | None]] = {
            "mutate": self._screened(lambda parent: variation.mutate(parent.vector, self._rng)),
            "cross": self._screened(self._cross),
            "follow": self._screened(self._follow),
            "align": self._align,
        }
        if foresight is not None:
            self._ways["climb"] = self._climb
        if model_vary is not None:
            self._ways["model"] = self._by_model
        self._tries = dict.fromkeys(self._ways, PATIENCE)
        self._gains = dict.fromkeys(self._ways, PATIENCE)
        #: The best so far, nearest first.
        self.elite: list[Trial] = []
        #: The best of each family of proposals.
        self.families: dict[int, Trial] = {}
        #: The proposal that others are to be like, where there is one.
        self.chosen: Trial | None = None
        self.rendered = 0
        self.failed: list[RenderError] = []

    def offer(self, vectors: Sequence[Vector], origin: str) -> None:
        """Add proposals, to be rendered before anything is varied, in this order."""
        for vector in vectors:
            draft = self._draft(vector, origin, self._families, None)
            if draft is not None:
                self._proposals.append(draft)
                self._families += 1

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

    def _take(self, number: int, render: AudioRegion | RenderError) -> None:
        draft = self._drafts.pop(number)
        if isinstance(render, RenderError):
            self.failed.append(render)
            return
        self.rendered += 1
        distance = self._measure(render.audio)
        trial = Trial(
            draft.vector,
            draft.parameters,
            draft.origin,
            draft.family,
            distance,
            render,
            profile(render.audio),
        )
        if draft.parent is not None:
            self._credit(draft.origin, trial, draft.parent)
        if trial.origin == CHOSEN:
            self.chosen = trial
        best = self.families.get(trial.family)
        if best is None or distance < best.distance:
            self.families[trial.family] = trial
        self.elite.append(trial)
        self.elite.sort(key=lambda one: one.distance)
        del self.elite[ELITE:]
        if len(self.families) > ELITE:  # sounds take room
            worst = max(self.families, key=lambda family: self.families[family].distance)
            del self.families[worst]

    def _credit(self, way: str, trial: Trial, parent: Trial) -> None:
        for name in self._ways:
            self._tries[name] = PATIENCE + FORGET * (self._tries[name] - PATIENCE)
            self._gains[name] = PATIENCE + FORGET * (self._gains[name] - PATIENCE)
        self._tries[way] += 1.0
        if trial.distance < parent.distance:
            self._gains[way] += 1.0

    def _next_child(self) -> _Draft | None:
        for _ in range(50):
            if self._varied:
                return self._varied.pop(0)
            if not self.elite:
                return None
            parent = self._parent()
            names = list(self._ways)
            success = np.array([self._gains[name] / self._tries[name] for name in names])
            way = str(self._rng.choice(names, p=success / success.sum()))
            vector = self._ways[way](parent)
            if vector is None:
                continue
            draft = self._draft(vector, way, parent.family, parent)
            if draft is not None:
                return draft
        return None

    def _parent(self) -> Trial:
        if self._rng.random() < FAMILY_CHANCE:
            ranked = sorted(self.families.values(), key=lambda trial: trial.distance)
        else:
            ranked = self.elite
        chances = RANK_DECAY ** np.arange(len(ranked))
        return ranked[int(self._rng.choice(len(ranked), p=chances / chances.sum()))]

    def _screened(self, vary: Callable[[Trial], Vector | None]) -> Callable[[Trial], Vector | None]:
        """Return a way that makes several children and takes the one that is foreseen nearest."""
        foresight = self._foresight
        if foresight is None:
            return vary

        def best(parent: Trial) -> Vector | None:
            children = [child for _ in range(SCREENED) if (child := vary(parent)) is not None]
            return children[foresight.order(parent, children)[0]] if children else None

        return best

    def _cross(self, parent: Trial) -> Vector | None:
        other = self._other(parent)
        if other is None:
            return None
        return self._variation.cross(parent.vector, other.vector, self._rng)

    def _follow(self, parent: Trial) -> Vector | None:
        if len(self.elite) < 3:
            return None
        one, two = self._rng.choice(len(self.elite), size=2, replace=False)
        better, worse = self.elite[min(one, two)], self.elite[max(one, two)]
        return self._variation.follow(parent.vector, better.vector, worse.vector, self._rng)

    def _align(self, parent: Trial) -> Vector | None:
        """Move the note to where it is needed, as far as that is heard; once for each parent."""
        if id(parent) in self._directed:
            return None
        self._directed.add(id(parent))
        later_s = delay_s(self._target, parent.profile)
        semitones = round(transposition(self._target, parent.profile))
        if abs(later_s) < 0.004 and semitones == 0:
            return None
        both = self._rng.random() < 0.5
        if not both and semitones and abs(later_s) >= 0.004:
            semitones, later_s = (semitones, 0.0) if self._rng.random() < 0.5 else (0, later_s)
        scale = 2.0 / self._spec.duration_s
        pitch = 2.0 * semitones / (self._spec.pitch_high - self._spec.pitch_low)
        return self._variation.shift_note(parent.vector, pitch, later_s * scale, later_s * scale)

    def _by_model(self, parent: Trial) -> Vector | None:
        assert self._model_vary is not None
        time = float(self._rng.uniform(0.4, 0.95))
        vectors = self._model_vary(parent.vector, time, int(self._rng.integers(1 << 31)))
        if self._foresight is not None:
            vectors = [vectors[k] for k in self._foresight.order(parent, vectors)[:MODEL_KEPT]]
        self._line_up(vectors, "model", parent)
        return None

    def _climb(self, parent: Trial) -> Vector | None:
        assert self._foresight is not None
        vectors = self._foresight.climb(parent, self._variation.continuous, self._rng)
        self._line_up(vectors, "climb", parent)
        return None

    def _line_up(self, vectors: Sequence[Vector], way: str, parent: Trial) -> None:
        drafts = [self._draft(vector, way, parent.family, parent) for vector in vectors]
        self._varied += [draft for draft in drafts if draft is not None]

    def _other(self, parent: Trial) -> Trial | None:
        others = [trial for trial in self.elite if trial is not parent]
        strange = [trial for trial in others if trial.family != parent.family]
        pool = strange if strange and self._rng.random() < 0.7 else others
        return pool[int(self._rng.integers(len(pool)))] if pool else None

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
