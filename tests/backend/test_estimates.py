from __future__ import annotations

import pytest

from backend.estimates import UNKNOWN_S, Course, Estimates


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def estimates(clock: Clock) -> Estimates:
    return Estimates(clock)


def play(course: Course, clock: Clock, took_s: dict[str, float]) -> list[float]:
    """Go through a whole match; return the estimate at the start of each stage and the end."""
    heard = []
    for stage, seconds in took_s.items():
        heard.append(course.advance(stage, 0.0))
        clock.now_s += seconds
    heard.append(course.advance("write", 1.0))
    return heard


WARM = {"load": 0.0, "propose": 2.0, "render": 8.0, "write": 1.0}


def test_nothing_is_known_at_first(estimates: Estimates, clock: Clock) -> None:
    heard = play(estimates.start("surge_full", 8), clock, WARM)
    assert heard == [UNKNOWN_S] * 4 + [0.0]


def test_the_second_match_is_foretold_by_the_first(estimates: Estimates, clock: Clock) -> None:
    play(estimates.start("surge_full", 8), clock, WARM)
    heard = play(estimates.start("surge_full", 8), clock, WARM)
    assert heard == pytest.approx([11, 11, 9, 1, 0])


def test_twice_the_presets_take_twice_as_long_but_load_once(
    estimates: Estimates, clock: Clock
) -> None:
    play(estimates.start("surge_full", 8), clock, WARM | {"load": 5.0})
    assert estimates.start("surge_full", 16).advance("load", 0.0) == pytest.approx(5 + 22)


def test_a_budget_counts_and_teaches_nothing(estimates: Estimates, clock: Clock) -> None:
    course = estimates.start("surge_full", 8, 10.0)
    play(course, clock, {"load": 0.0, "propose": 2.0, "render": 8.0, "refine": 4.0, "write": 1.0})
    course = estimates.start("surge_full", 8, 3.0)
    assert course.advance("render", 0.0) == pytest.approx(8 + 3 + 1)
    assert estimates.start("surge_full", 8).advance("render", 0.0) == pytest.approx(8 + 1)


def test_each_parameter_space_has_its_own_pace(estimates: Estimates, clock: Clock) -> None:
    play(estimates.start("surge_full", 8), clock, WARM)
    assert estimates.start("surge_simple", 8).advance("load", 0.0) == UNKNOWN_S


def test_within_a_stage_its_own_pace_counts(estimates: Estimates, clock: Clock) -> None:
    play(estimates.start("surge_full", 8), clock, WARM)
    course = estimates.start("surge_full", 8)
    course.advance("render", 0.0)
    clock.now_s += 8.0  # twice as slow as before
    assert course.advance("render", 0.5) == pytest.approx(8 + 1)


def test_work_after_the_last_part_of_a_stage_is_foreseen(
    estimates: Estimates, clock: Clock
) -> None:
    play(estimates.start("surge_full", 8), clock, WARM)
    course = estimates.start("surge_full", 8)
    course.advance("render", 0.0)
    clock.now_s += 2.0
    assert course.advance("render", 1.0) == pytest.approx(6 + 1)


def test_one_slow_start_is_soon_forgotten(estimates: Estimates, clock: Clock) -> None:
    play(estimates.start("surge_full", 8), clock, WARM | {"load": 30.0})
    assert estimates.start("surge_full", 8).advance("load", 0.0) == pytest.approx(41)
    play(estimates.start("surge_full", 8), clock, WARM)
    assert estimates.start("surge_full", 8).advance("load", 0.0) == pytest.approx(11)


def test_an_overdue_stage_never_counts_backwards(estimates: Estimates, clock: Clock) -> None:
    play(estimates.start("surge_full", 8), clock, WARM)
    course = estimates.start("surge_full", 8)
    course.advance("propose", 0.0)
    clock.now_s += 100.0
    assert course.advance("propose", 0.0) == pytest.approx(9)


def test_a_match_that_was_cancelled_teaches_only_what_it_finished(
    estimates: Estimates, clock: Clock
) -> None:
    course = estimates.start("surge_full", 8)
    course.advance("propose", 0.0)
    clock.now_s += 2.0
    course.advance("render", 0.0)
    assert estimates.expected_s("surge_full", "propose", 8) == pytest.approx(2)
    assert estimates.expected_s("surge_full", "render", 8) is None
