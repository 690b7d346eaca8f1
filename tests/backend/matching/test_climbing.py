"""Trials climb beside a search: several at once, one climb after the other; none outlives it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait

import numpy as np
import pytest
import torch
from trials import trial_of

from backend.matching.climbing import PARENTS, Climbing
from backend.matching.likeness import profile
from backend.matching.trials import Trial, Trials
from backend.matching.variation import Variation
from backend.matching.ways import CLIMB, Ways
from backend.records import Vector
from backend.synth.spec import load_spec

SPEC = load_spec("surge_simple")
FREE = Variation(SPEC).continuous
LONG_S = 20.0


class SlowClimber:
    """Climbs until it is let go or broken off, and leads every trial to the origin."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.begun: list[list[Trial]] = []
        self.broken_off = 0
        self.threads = 0

    def climb(
        self,
        parents: Sequence[Trial],
        free: np.ndarray,
        rng: np.random.Generator,
        ended: Callable[[], bool],
    ) -> list[tuple[Trial, Vector]]:
        self.begun.append(list(parents))
        self.threads = torch.get_num_threads()
        while not self.let_go.wait(0.01):
            if ended():
                self.broken_off += 1
                break
        return [(parent, np.zeros_like(parent.vector)) for parent in parents]


@pytest.fixture
def climber() -> SlowClimber:
    return SlowClimber()


@pytest.fixture
def climbing(climber: SlowClimber) -> Climbing:
    return Climbing(climber, FREE, np.random.default_rng(0))  # type: ignore[arg-type]


@pytest.fixture
def trials() -> Trials:
    found = Trials()
    for number in range(6):
        found.add(trial_of(number, 0.1 * (number + 1)))
    return found


def arrive(climbing: Climbing) -> None:
    assert climbing._running is not None
    wait([climbing._running], LONG_S)
    assert climbing.arrived()


def test_one_climb_at_a_time_and_each_is_taken_once(
    climber: SlowClimber, climbing: Climbing, trials: Trials
) -> None:
    first, second = trials.elite[:2], trials.elite[2:4]
    with climbing.going_on():
        climbing.begin(first)
        climbing.begin(second)
        assert not climbing.arrived()
        climber.let_go.set()
        arrive(climbing)
        assert [parent for parent, _ in climbing.take()] == first
        assert not climbing.arrived()
        climbing.begin(second)
        arrive(climbing)
        assert [parent for parent, _ in climbing.take()] == second
    assert climber.begun == [first, second]


def test_the_end_of_the_search_breaks_a_climb_off(
    climber: SlowClimber, climbing: Climbing, trials: Trials
) -> None:
    for _ in range(2):
        with climbing.going_on():
            climbing.begin(trials.elite[:1])
        assert not climbing.arrived()
    assert climber.broken_off == len(climber.begun) > 0
    assert not [one for one in threading.enumerate() if one.name.startswith("climbing")]


def test_the_end_is_not_hidden_by_what_ends_it(
    climber: SlowClimber, climbing: Climbing, trials: Trials
) -> None:
    with pytest.raises(KeyboardInterrupt), climbing.going_on():
        climbing.begin(trials.elite[:1])
        raise KeyboardInterrupt
    assert climber.broken_off == len(climber.begun)


def test_it_takes_one_core_and_leaves_the_others_to_the_renderers(
    climber: SlowClimber, climbing: Climbing, trials: Trials
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with climbing.going_on():
            climbing.begin(trials.elite[:1])
            climber.let_go.set()
            arrive(climbing)
    finally:
        torch.set_num_threads(before)
    assert climber.threads == 1


@pytest.fixture
def ways(climber: SlowClimber, trials: Trials) -> Iterator[Ways]:
    ways = Ways(
        SPEC,
        profile(trials.elite[0].render.audio),
        Variation(SPEC),
        np.random.default_rng(0),
        climber=climber,  # type: ignore[arg-type]
    )
    with ways.going_on():
        yield ways


def test_what_a_climb_led_to_is_taken_before_anything_else(
    climber: SlowClimber, ways: Ways, trials: Trials
) -> None:
    assert ways.children(CLIMB, trials) == []
    assert len({ways.choose() for _ in range(100)}) > 1
    climber.let_go.set()
    assert ways._climbing is not None
    arrive(ways._climbing)
    assert {ways.choose() for _ in range(100)} == {CLIMB}
    children = ways.children(CLIMB, trials)
    parents = [parent for parent, _ in children]
    assert len(set(parents)) == len(parents) == PARENTS
    assert set(parents) <= set(trials.elite)


def test_fewer_trials_than_climb_together_climb_all(climber: SlowClimber, ways: Ways) -> None:
    few = Trials()
    few.add(trial_of(0, 0.5))
    climber.let_go.set()
    ways.children(CLIMB, few)
    assert ways._climbing is not None
    arrive(ways._climbing)
    assert [parent for parent, _ in ways.children(CLIMB, few)] == few.elite


def test_an_error_in_a_climb_is_not_lost(
    climbing: Climbing, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[tuple[Trial, Vector]]:
        raise ArithmeticError("no slope")

    monkeypatch.setattr(SlowClimber, "climb", fail)
    with climbing.going_on():
        climbing.begin(trials.elite[:1])
        arrive(climbing)
        with pytest.raises(ArithmeticError, match="no slope"):
            climbing.take()
