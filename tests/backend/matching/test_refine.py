"""Refinement: what climbs is rendered while it goes on, trials climb again, and all of it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from fake_renderers import FakePool, tone

from backend.errors import RenderError
from backend.matching.climber import TRIALS
from backend.matching.refine import CLIMB, Refinement
from backend.matching.search import Search
from backend.matching.trials import Trial
from backend.matching.variation import Variation
from backend.records import Audio, Note, Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec

SPEC = load_spec("surge_simple")
TARGET = tone(Note(50, 0.7, 2.0))
FREE = Variation(SPEC).continuous


def drawn(first: int, count: int) -> list[Vector]:
    return [SPEC.encode(draw_parameters(SPEC, first + index)) for index in range(count)]


def never() -> bool:
    return False


class FakeClimber:
    """Climbs to settings that nothing else comes to."""

    def __init__(self) -> None:
        self.asked: list[list[Trial]] = []
        self.threads: set[int] = set()
        self.made = 1000

    def climb(self, starts: Sequence[Vector], free: np.ndarray) -> Iterator[list[Vector]]:
        for _ in starts:
            yield self._some()

    def climb_again(
        self,
        trials: Sequence[Trial],
        free: np.ndarray,
        rng: np.random.Generator,
        ended: Callable[[], bool],
    ) -> list[tuple[Trial, Vector]]:
        self.asked.append(list(trials))
        return list(zip(trials, self._some(), strict=False))

    def _some(self) -> list[Vector]:
        self.threads.add(threading.get_ident())
        self.made += 4
        return drawn(self.made, 4)


def climbed(pool: FakePool) -> int:
    return sum(job.name.startswith(CLIMB) for job in pool.jobs)


def make(climber: bool = True) -> tuple[Refinement, Search, FakePool, FakeClimber]:
    def gap(audio: Audio, limit: float) -> float:
        return float(np.abs(audio - TARGET).mean())

    search, pool = Search(SPEC, TARGET, gap, Variation(SPEC), seed=1), FakePool()
    search.offer(drawn(0, 6), "index")
    search.run(pool, never, vary=False)  # type: ignore[arg-type]
    fake = FakeClimber()
    refinement = Refinement(
        search,
        pool,  # type: ignore[arg-type]
        fake if climber else None,  # type: ignore[arg-type]
        FREE,
        0,
        never,
    )
    return refinement, search, pool, fake


def test_what_settings_climb_to_is_rendered_while_others_climb() -> None:
    refinement, _, pool, _ = make()
    waited = threading.Event()

    def ended() -> bool:
        while climbed(pool) == 0:
            waited.wait(0.01)
        return False

    refinement.propose(drawn(20, 3), ended)
    refinement.search(lambda: climbed(pool) == 12)
    assert climbed(pool) == 12


def test_the_first_few_climb_in_any_case() -> None:
    refinement, search, pool, _ = make()
    refinement.propose(drawn(20, 3), lambda: True)
    refinement.search(lambda: not search.waiting())
    assert climbed(pool) == 4


def test_trials_climb_in_the_callers_thread_and_stay_in_their_families() -> None:
    refinement, search, pool, climber = make()
    families = set(search.trials.families)
    refinement.search_and_climb(lambda: climbed(pool) >= 8)
    assert climber.threads == {threading.get_ident()}
    assert climber.asked and all(0 < len(trials) <= TRIALS for trials in climber.asked)
    assert set(search.trials.families) == families
    assert not any(job.name.startswith(CLIMB) for job in pool.jobs[:6])


def test_nothing_climbs_once_it_has_ended() -> None:
    refinement, search, pool, climber = make()
    rendered = search.rendered
    refinement.search_and_climb(lambda: True)
    assert not climber.asked and search.rendered == rendered


def test_without_a_climber_the_search_goes_on_alone() -> None:
    refinement, search, pool, _ = make(climber=False)
    refinement.propose(drawn(20, 3), never)
    refinement.search_and_climb(lambda: search.rendered >= 30)
    assert search.rendered >= 30 and climbed(pool) == 0


def test_something_else_is_done_while_the_search_goes_on() -> None:
    refinement, search, _, _ = make()
    rendered, enough = search.rendered, threading.Event()

    def work() -> None:
        while search.rendered < rendered + 5:
            enough.wait(0.01)

    refinement.beside(work)
    assert search.rendered >= rendered + 5


def test_renderers_that_fail_end_the_climbs() -> None:
    refinement, _, pool, _ = make()

    def fail(*callbacks: object) -> None:
        raise RenderError("Surge XT does not start")

    pool.stream = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(RenderError, match="does not start"):
        refinement.search_and_climb(never)
    with pytest.raises(RenderError, match="does not start"):
        refinement.propose(drawn(20, 500), never)
