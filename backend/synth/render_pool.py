"""Several renderers at work at once, each in the main thread of a process of its own.

Order is kept; a worker that crashes or hangs is replaced, its job is tried once more, and a job
that fails again comes back as an error that names it, without harm to the others.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from backend.errors import RenderError
from backend.records import AudioRegion
from backend.synth.renderer import DURATION_S, Renderer, RenderJob, SurgeRenderer

#: Longest wait for a render of up to 4 s (about 0.06 s of work) before its worker counts as hung;
#: a longer render may take as much longer.
RENDER_LIMIT_S = 20.0
#: Longest wait for a worker to load the plugin (about 2 s of work).
START_LIMIT_S = 60.0
ATTEMPTS = 2
#: Job of a worker that still plays something nobody waits for.
FORGOTTEN = -1

MakeRenderer = Callable[[], Renderer]


@dataclass
class _Worker:
    """A process, our end of its pipe, and what it is doing since when."""

    process: multiprocessing.process.BaseProcess
    connection: Connection
    since_s: float
    limit_s: float
    ready: bool = False
    job: int | None = None

    def overdue(self) -> bool:
        busy = not self.ready or self.job is not None
        return busy and time.monotonic() - self.since_s > self.limit_s


class RenderPool:
    """Renders jobs on several processes; use as a context manager.

    Args:
        make_renderer: called once in each worker's main thread; must be picklable.
        workers: how many processes.
    """

    def __init__(self, make_renderer: MakeRenderer, workers: int) -> None:
        self._make_renderer = make_renderer
        self._context = multiprocessing.get_context("spawn")
        self._workers = [self._start() for _ in range(max(1, workers))]

    @classmethod
    def of_surge(cls, path: Path, workers: int) -> Self:
        """Make a pool of Surge XT renderers; they load while the caller goes on."""
        return cls(partial(SurgeRenderer, path), workers)

    def render(
        self, jobs: Sequence[RenderJob], on_done: Callable[[int], None] | None = None
    ) -> list[AudioRegion | RenderError]:
        """Render all jobs.

        Args:
            jobs: what to render.
            on_done: called several times a second with the number of finished jobs; what it raises
                ends the batch, and the pool can be used again.

        Returns:
            For each job, in order, its sound or the error that names it.

        Raises:
            RenderError: no worker starts.
        """
        try:
            return self._render(jobs, on_done)
        finally:
            for worker in self._workers:
                worker.job = None if worker.job is None else FORGOTTEN

    def warm_up(self) -> None:
        """Wait until a worker has loaded its renderer.

        Raises:
            RenderError: no worker starts.
        """
        self._render([], None, warm=True)

    def _render(
        self,
        jobs: Sequence[RenderJob],
        on_done: Callable[[int], None] | None,
        warm: bool = False,
    ) -> list[AudioRegion | RenderError]:
        results: dict[int, AudioRegion | RenderError] = {}
        waiting = deque(range(len(jobs)))
        tries = [0] * len(jobs)

        def fail(number: int, reason: str) -> None:
            if number == FORGOTTEN:
                return
            if tries[number] < ATTEMPTS:
                waiting.appendleft(number)
            else:
                results[number] = RenderError(
                    f"Surge XT could not render {jobs[number].name}: {reason}"
                )

        start_failures = 0
        while len(results) < len(jobs) or (warm and not any(w.ready for w in self._workers)):
            for worker in self._workers:
                if worker.ready and worker.job is None and waiting:
                    worker.job = waiting.popleft()
                    worker.since_s = time.monotonic()
                    longer = max(1.0, jobs[worker.job].duration_s / DURATION_S)
                    worker.limit_s = RENDER_LIMIT_S * longer
                    tries[worker.job] += 1
                    try:
                        worker.connection.send(jobs[worker.job])
                    except OSError:
                        pass  # it has just died: seen below as an end of file
            heard = wait([worker.connection for worker in self._workers], timeout=0.25)
            for place, worker in enumerate(self._workers):
                reason = None
                if worker.connection in heard:
                    try:
                        message = worker.connection.recv()
                    except (EOFError, OSError):
                        worker.process.join(1.0)
                        reason = f"the renderer died (exit code {worker.process.exitcode})"
                    else:
                        if not worker.ready and isinstance(message, str):
                            reason = message
                        elif worker.job is not None:
                            if isinstance(message, str):
                                fail(worker.job, message)
                            elif worker.job != FORGOTTEN:
                                results[worker.job] = message
                            worker.job = None
                        else:
                            worker.ready = True
                elif worker.overdue():
                    reason = "the renderer did not answer in time"
                if reason is not None:
                    start_failures += not worker.ready
                    if worker.job is not None:
                        fail(worker.job, reason)
                    self._stop(worker)
                    self._workers[place] = self._start()
                    hopeless = start_failures >= ATTEMPTS * len(self._workers)
                    if hopeless and not any(other.ready for other in self._workers):
                        raise RenderError(
                            f"Surge XT does not start: {reason}; try synthmatch doctor"
                        )
            if on_done:
                on_done(len(results))
        return [results[number] for number in range(len(jobs))]

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            self._stop(worker)

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all workers."""
        self.close()

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work,
            args=(theirs, self._make_renderer),
            daemon=True,
            name="synthmatch-renderer",
        )
        process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic(), START_LIMIT_S)

    def _stop(self, worker: _Worker) -> None:
        worker.process.kill()  # before the pipe closes, so that it has no time to complain
        worker.process.join(5.0)
        worker.connection.close()


def leave_with_parent() -> None:
    """End this process as soon as its parent is gone, even in the middle of a render."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a process made by multiprocessing has a parent to watch"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(connection: Connection, make_renderer: MakeRenderer) -> None:
    """Serve jobs until the pipe closes or the parent dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    leave_with_parent()
    with contextlib.suppress(EOFError, ConnectionError):
        try:
            renderer = make_renderer()
        except RenderError as error:
            connection.send(str(error))
            return
        connection.send(True)
        while True:
            job: RenderJob = connection.recv()
            try:
                connection.send(renderer.render(job))
            except RenderError as error:
                connection.send(str(error))
