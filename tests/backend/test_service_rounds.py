from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import CancelledError, ServiceError
from backend.jobs import Job
from backend.osc.protocol import CandidateReady, Event, Matched
from backend.records import Note
from backend.service_rounds import Found, Rounds

JOB = 7


@pytest.fixture
def job() -> Job:
    return Job(JOB, "mia", Path("tone.wav"))


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def rounds(told: list[Event]) -> Rounds:
    def emit(client: str, event: Event) -> None:
        assert client == "mia"
        told.append(event)

    return Rounds(emit)


def found(*numbers: int, remark: str = "") -> Found:
    """Return what a round could be: candidates of these numbers, best first."""
    far = (Note(60, 0.0, 1.0), -1.0, -1.0)
    return Found(
        tuple(
            CandidateReady(JOB, number, rank, *far, f"{number}.fxp", "", ())
            for rank, number in enumerate(numbers, 1)
        ),
        remark,
    )


def test_each_round_is_told_whole_in_order_of_rank(
    rounds: Rounds, job: Job, told: list[Event]
) -> None:
    first, second = found(1, 2), found(3, 1, remark="better")
    rounds.tell(job, first)
    assert told == [*first.candidates, Matched(JOB, 1, 2, False, "")]
    rounds.tell(job, second, final=True)
    assert told[3:] == [*second.candidates, Matched(JOB, 2, 2, True, "better")]


def test_candidates_of_earlier_rounds_are_still_found_and_by_number(
    rounds: Rounds, job: Job
) -> None:
    rounds.tell(job, found(1, 2))
    rounds.tell(job, found(3, 1))
    assert [rounds.preset(JOB, n).name for n in (1, 2, 3)] == ["1.fxp", "2.fxp", "3.fxp"]
    for number in (0, 4, -1):
        with pytest.raises(ServiceError, match="from 1 to 3"):
            rounds.preset(JOB, number)


def test_a_match_that_told_nothing_or_is_forgotten_has_no_candidates(
    rounds: Rounds, job: Job
) -> None:
    with pytest.raises(ServiceError, match="match again"):
        rounds.preset(JOB, 1)
    rounds.tell(job, found(1))
    assert rounds.has(JOB) and not rounds.has(JOB + 1)
    rounds.forget(JOB)
    rounds.forget(JOB + 1)
    assert not rounds.has(JOB)
    with pytest.raises(ServiceError, match="match again"):
        rounds.preset(JOB, 1)


def test_a_match_that_is_taken_back_tells_no_more_rounds(
    rounds: Rounds, job: Job, told: list[Event]
) -> None:
    rounds.tell(job, found(1))
    job._taken_back.set()
    with pytest.raises(CancelledError):
        rounds.tell(job, found(2))
    assert len(told) == 2
    with pytest.raises(ServiceError, match="no candidate 2"):
        rounds.preset(JOB, 2)


def test_settling_says_the_last_round_again_as_final(
    rounds: Rounds, job: Job, told: list[Event]
) -> None:
    rounds.tell(job, found(1, 2, remark="so far"))
    rounds.tell(job, found(2, remark="better"))
    del told[:]
    rounds.settle(job, "the search broke.")
    assert told == [Matched(JOB, 2, 1, True, "better the search broke.")]
