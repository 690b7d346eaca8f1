"""Matches wait here for the one worker: bounded, and the newest of a client replaces its older one.

A job ends in exactly one of three ways, told once to ``ended``: with its result, with the fault
that it raised, or with a CancelledError. Nothing that a job does ends the worker.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from backend.errors import CancelledError, ServiceError
from backend.records import Like

if TYPE_CHECKING:
    from backend.synth.patch_lock import PatchLock

Result = TypeVar("Result")
log = logging.getLogger(__name__)

#: Longest wait for a job to notice that it was cancelled, when the queue closes.
CLOSE_WAIT_S = 20.0


@dataclass(eq=False)
class Job:
    """One match that a client asked for.

    Args:
        number: names the job; never used twice.
        client: who asked.
        sound: the sound file.
        start_s: where in the file to begin, None for its first onset.
        count: how many presets.
        seed: same sound and seed, same presets.
        spec_name: ``surge_full`` or ``surge_simple``.
        budget_s: how long candidates may be improved after the first results, 0..60 s.
        lock: sections that stay as they are in the patch that the client's Surge XT held; or None.
        like: a candidate that all presets are to be like; or None.
    """

    number: int
    client: str
    sound: Path
    start_s: float | None = None
    count: int = 8
    seed: int = 0
    spec_name: str = "surge_full"
    budget_s: float = 0.0
    lock: PatchLock | None = None
    like: Like | None = None
    _taken_back: threading.Event = field(default_factory=threading.Event, repr=False)

    def cancelled(self) -> bool:
        """Whether the job was taken back; asked now and then by what runs it."""
        return self._taken_back.is_set()


class JobQueue(Generic[Result]):
    """One worker thread and the jobs that wait for it.

    Args:
        run: does a job on the worker thread; may raise anything.
        ended: told what became of each job: on the worker thread, or where it was cancelled.
        prepare: done on the worker thread before the first job; must not raise.
        limit: how many jobs may wait.
    """

    def __init__(
        self,
        run: Callable[[Job], Result],
        ended: Callable[[Job, Result | Exception], None],
        *,
        prepare: Callable[[], None] = lambda: None,
        limit: int = 16,
    ) -> None:
        self._run = run
        self._ended = ended
        self._prepare = prepare
        self._limit = limit
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._worker = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._worker.start()

    def submit(self, job: Job) -> int:
        """Let a job wait for the worker; older ones of its client are cancelled.

        Returns:
            How many jobs come before it.

        Raises:
            ServiceError: too many jobs wait, or the queue is closed.
        """
        with self._changed:
            if self._closed:
                raise ServiceError("the backend is ending; ask again when it has started anew.")
            if sum(other.client != job.client for other in self._waiting) >= self._limit:
                raise ServiceError(
                    f"{len(self._waiting)} matches wait already and no more than {self._limit} "
                    "may; try again when one is done."
                )
            older = self._take_back(job.client)
            place = len(self._waiting) + (self._running is not None)
            self._waiting.append(job)
            self._changed.notify_all()
        self._tell_cancelled(older)
        return place

    def cancel(self, number: int) -> bool:
        """Take a job back.

        Returns:
            Whether it was waiting or running; it will end as cancelled.
        """
        with self._changed:
            waiting = [job for job in self._waiting if job.number == number]
            for job in waiting:
                self._waiting.remove(job)
            running = self._running
            found = running is not None and running.number == number
            if running is not None and found:
                running._taken_back.set()
        self._tell_cancelled(waiting)
        return found or bool(waiting)

    def cancel_client(self, client: str) -> None:
        """Take back all jobs of a client."""
        with self._changed:
            waiting = self._take_back(client)
        self._tell_cancelled(waiting)

    def waiting(self) -> int:
        """Return how many jobs wait, the running one not counted."""
        with self._changed:
            return len(self._waiting)

    def idle(self) -> bool:
        """Whether no job runs or waits."""
        with self._changed:
            return self._running is None and not self._waiting

    def close(self, wait_s: float = CLOSE_WAIT_S) -> bool:
        """Cancel all jobs and end the worker.

        Returns:
            Whether it has ended in time.
        """
        with self._changed:
            self._closed = True
            waiting = list(self._waiting)
            self._waiting.clear()
            if self._running is not None:
                self._running._taken_back.set()
            self._changed.notify_all()
        self._tell_cancelled(waiting)
        self._worker.join(wait_s)
        return not self._worker.is_alive()

    def _take_back(self, client: str) -> list[Job]:
        """Cancel a client's running job; forget and return its waiting ones; the lock is held."""
        forgotten = [job for job in self._waiting if job.client == client]
        self._waiting = deque(job for job in self._waiting if job.client != client)
        if self._running is not None and self._running.client == client:
            self._running._taken_back.set()
        return forgotten

    def _work(self) -> None:
        self._prepare()
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                job = self._running = self._waiting.popleft()
            outcome: Result | Exception
            try:
                outcome = self._run(job)
            except Exception as error:
                outcome = error
            with self._changed:  # from here on it cannot be cancelled any more
                self._running = None
                if job.cancelled():
                    outcome = _cancelled(job)
            self._tell(job, outcome)

    def _tell_cancelled(self, jobs: list[Job]) -> None:
        for job in jobs:
            job._taken_back.set()
            self._tell(job, _cancelled(job))

    def _tell(self, job: Job, outcome: Result | Exception) -> None:
        try:
            self._ended(job, outcome)
        except Exception:
            log.exception("what became of match %d could not be told", job.number)


def _cancelled(job: Job) -> CancelledError:
    return CancelledError(f"match {job.number} was taken back before it was done.")
