from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backend.errors import AudioError, CancelledError, ServiceError
from backend.jobs import Job, JobQueue

LIMIT_S = 60.0


@dataclass
class Bench:
    """A queue whose jobs wait to be let go, and what became of them."""

    started: dict[int, threading.Event] = field(default_factory=dict)
    let_go: dict[int, threading.Event] = field(default_factory=dict)
    outcomes: dict[int, list[object]] = field(default_factory=dict)
    heard: threading.Condition = field(default_factory=threading.Condition)
    faults: dict[int, BaseException] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.queue: JobQueue[str] = JobQueue(self.run, self.ended, limit=2)

    def submit(self, number: int, client: str = "a") -> int:
        self.started[number] = threading.Event()
        self.let_go[number] = threading.Event()
        return self.queue.submit(Job(number, client, Path("sound.wav")))

    def run(self, job: Job) -> str:
        self.started[job.number].set()
        while not self.let_go[job.number].wait(0.005):
            if job.cancelled():
                raise CancelledError("noticed")
        if job.number in self.faults:
            raise self.faults[job.number]
        return f"result {job.number}"

    def ended(self, job: Job, outcome: str | Exception) -> None:
        with self.heard:
            self.outcomes.setdefault(job.number, []).append(outcome)
            self.heard.notify_all()

    def outcome(self, number: int) -> object:
        with self.heard:
            assert self.heard.wait_for(lambda: number in self.outcomes, LIMIT_S)
            [outcome] = self.outcomes[number]
        return outcome

    def begin(self, number: int, client: str = "a") -> None:
        self.submit(number, client)
        assert self.started[number].wait(LIMIT_S)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    assert bench.queue.close(LIMIT_S)


def test_jobs_run_one_after_the_other_and_end_with_their_results(bench: Bench) -> None:
    bench.begin(1, "a")
    assert bench.submit(2, "b") == 1
    assert bench.submit(3, "c") == 2
    assert not bench.started[2].is_set() and bench.queue.waiting() == 2
    for number in (1, 2, 3):
        assert bench.started[number].wait(LIMIT_S)
        bench.let_go[number].set()
        assert bench.outcome(number) == f"result {number}"
    assert bench.queue.idle()


def test_a_fault_is_reported_and_the_next_job_runs(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    for number, fault in enumerate((AudioError("silent"), MemoryError(), ZeroDivisionError()), 1):
        bench.faults[number] = fault
        bench.begin(number)
        bench.let_go[number].set()
        assert bench.outcome(number) is fault
    bench.begin(9)
    bench.let_go[9].set()
    assert bench.outcome(9) == "result 9"


def test_the_newest_job_of_a_client_replaces_its_waiting_one(bench: Bench) -> None:
    bench.begin(1, "other")
    bench.submit(2, "a")
    assert bench.submit(3, "a") == 1
    assert isinstance(bench.outcome(2), CancelledError)  # told at once
    bench.let_go[1].set()
    bench.let_go[3].set()
    assert bench.outcome(3) == "result 3"
    assert bench.outcome(1) == "result 1"
    assert not bench.started[2].is_set()


def test_the_newest_job_of_a_client_cancels_its_running_one(bench: Bench) -> None:
    bench.begin(1, "a")
    bench.submit(2, "a")
    assert isinstance(bench.outcome(1), CancelledError)
    bench.let_go[2].set()
    assert bench.outcome(2) == "result 2"


def test_jobs_of_others_are_left_alone(bench: Bench) -> None:
    bench.begin(1, "a")
    bench.submit(2, "b")
    bench.queue.cancel_client("c")
    bench.let_go[1].set()
    bench.let_go[2].set()
    assert (bench.outcome(1), bench.outcome(2)) == ("result 1", "result 2")


def test_the_queue_is_bounded_but_a_client_may_always_replace_its_own(bench: Bench) -> None:
    bench.begin(1, "a")
    bench.submit(2, "b")
    bench.submit(3, "c")
    with pytest.raises(ServiceError, match="no more than 2"):
        bench.submit(4, "d")
    assert 4 not in bench.outcomes
    bench.submit(5, "c")
    assert isinstance(bench.outcome(3), CancelledError)


def test_a_refused_job_leaves_the_older_ones_of_its_client_alone(bench: Bench) -> None:
    bench.begin(1, "a")
    bench.submit(2, "b")
    bench.submit(3, "c")
    with pytest.raises(ServiceError):
        bench.submit(4, "a")
    bench.let_go[1].set()
    assert bench.outcome(1) == "result 1"


def test_cancelling_a_waiting_job_and_a_running_one(bench: Bench) -> None:
    bench.begin(1, "a")
    bench.submit(2, "b")
    assert bench.queue.cancel(2) is True
    assert isinstance(bench.outcome(2), CancelledError)
    assert bench.queue.cancel(1) is True
    assert isinstance(bench.outcome(1), CancelledError)
    assert not bench.started[2].is_set()


def test_cancelling_what_is_not_there(bench: Bench) -> None:
    assert bench.queue.cancel(7) is False
    bench.begin(1)
    bench.let_go[1].set()
    bench.outcome(1)
    assert bench.queue.cancel(1) is False
    assert bench.outcome(1) == "result 1"  # told once


def test_a_job_that_finishes_although_cancelled_ends_as_cancelled() -> None:
    bench = Bench()

    def stubborn(job: Job) -> str:
        bench.started[job.number].set()
        bench.let_go[job.number].wait(LIMIT_S)
        return "too late"

    bench.queue._run = stubborn
    bench.begin(1)
    bench.queue.cancel(1)
    bench.let_go[1].set()
    assert isinstance(bench.outcome(1), CancelledError)
    assert bench.queue.close(LIMIT_S)


def test_a_client_that_is_gone_takes_its_jobs_along(bench: Bench) -> None:
    bench.begin(1, "a")
    bench.submit(2, "b")
    bench.queue.cancel_client("a")
    bench.queue.cancel_client("b")
    assert isinstance(bench.outcome(1), CancelledError)
    assert isinstance(bench.outcome(2), CancelledError)


def test_closing_cancels_everything_and_takes_nothing_more(bench: Bench) -> None:
    bench.begin(1, "a")
    bench.submit(2, "b")
    assert bench.queue.close(LIMIT_S)
    assert isinstance(bench.outcome(1), CancelledError)
    assert isinstance(bench.outcome(2), CancelledError)
    with pytest.raises(ServiceError, match="ending"):
        bench.submit(3)


def test_closing_waits_no_longer_than_it_is_told() -> None:
    bench = Bench()
    goes_on = threading.Event()
    bench.queue._run = lambda job: str(bench.started[1].set() or goes_on.wait(LIMIT_S))
    bench.begin(1)
    assert bench.queue.close(0.05) is False
    goes_on.set()
    assert bench.queue.close(LIMIT_S) is True


def test_the_worker_prepares_before_the_first_job() -> None:
    heard: list[str] = []
    done = threading.Event()
    queue = JobQueue[None](
        lambda job: heard.append("run"),
        lambda job, outcome: done.set(),
        prepare=lambda: heard.append("prepare"),
    )
    queue.submit(Job(1, "a", Path("s.wav")))
    assert done.wait(LIMIT_S)
    queue.submit(Job(2, "b", Path("s.wav")))
    assert queue.close(LIMIT_S)
    assert heard[:2] == ["prepare", "run"] and heard.count("prepare") == 1


def test_a_fault_in_the_telling_does_not_end_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []
    both = threading.Event()

    def ended(job: Job, outcome: object) -> None:
        told.append(job.number)
        if len(told) == 2:
            both.set()
        raise OSError("nobody hears")

    queue = JobQueue[None](lambda job: None, ended)
    with caplog.at_level(logging.ERROR):
        queue.submit(Job(1, "a", Path("s.wav")))
        queue.submit(Job(2, "b", Path("s.wav")))
        assert both.wait(LIMIT_S)
        assert queue.close(LIMIT_S)
    assert told == [1, 2] and "match 1" in caplog.text
