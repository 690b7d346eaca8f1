"""Several renderers at work at once, each in the main thread of a process of low priority.

Order is kept; a worker that crashes or hangs is replaced, its job is tried once more, and a job
that fails again comes back as an error that names it, without harm to the others.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from backend.errors import RenderError
from backend.freed_memory import keep_freed_memory
from backend.priority import step_back
from backend.records import AudioRegion
from backend.synth.render_course import ATTEMPTS, FORGOTTEN, Course
from backend.synth.renderer import DURATION_S, Renderer, RenderJob, SurgeRenderer

#: Longest wait for a render of up to 4 s (about 0.06 s of work) before its worker counts as hung;
#: a longer render may take as much longer.
RENDER_LIMIT_S = 20.0
#: Longest wait for a worker to load the plugin (about 2 s of work).
START_LIMIT_S = 60.0

#: Renderers of one match, however many cores there are: more need more of the parent's time too.
MOST_WORKERS = 8

MakeRenderer = Callable[[], Renderer]


def worker_count() -> int:
    """Return how many renderers a match takes: two, or half of the cores where these are more."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return min(MOST_WORKERS, max(2, (cores or 2) // 2))


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
        patience: how many times the usual to wait before one counts as hung, for renderers that let
            everything else on the computer go first.
    """

    def __init__(self, make_renderer: MakeRenderer, workers: int, *, patience: float = 1.0) -> None:
        self._make_renderer = make_renderer
        self._patience = patience
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
        results: dict[int, AudioRegion | RenderError] = {}

        def keep(number: int, result: AudioRegion | RenderError) -> None:
            results[number] = result

        waiting = iter(jobs)
        tell = (lambda: on_done(len(results))) if on_done else None
        self.stream(lambda: next(waiting, None), keep, tell)
        return [results[number] for number in range(len(jobs))]

    def stream(
        self,
        supply: Callable[[], RenderJob | None],
        take: Callable[[int, AudioRegion | RenderError], None],
        tick: Callable[[], None] | None = None,
    ) -> None:
        """Keep all workers busy with jobs that are made while others render.

        Args:
            supply: called for a job whenever a worker is free; None ends the stream once all that
                is under way has come back.
            take: gets each job's number, in the order of supply from 0, and its sound or error,
                while the worker is at its next job already.
            tick: called several times a second; what it raises ends the stream, as what the others
                raise does, and the pool can be used again.

        Raises:
            RenderError: no worker starts.
        """
        try:
            self._run(Course(supply, take), tick)
        finally:
            for worker in self._workers:
                worker.job = None if worker.job is None else FORGOTTEN

    def warm_up(self) -> None:
        """Wait until a worker has loaded its renderer.

        Raises:
            RenderError: no worker starts.
        """
        self._run(Course(lambda: None, lambda number, result: None), None, warm=True)

    def _run(self, course: Course, tick: Callable[[], None] | None, warm: bool = False) -> None:
        start_failures = 0
        while True:
            for worker in self._workers:
                if worker.ready and worker.job is None:
                    self._assign(worker, course)
            if tick:
                tick()
            if course.over() and (not warm or any(worker.ready for worker in self._workers)):
                return
            pending = course.pending()
            connections = [worker.connection for worker in self._workers]
            heard = wait(connections, timeout=0.0 if pending else 0.25)
            if pending and not heard:  # no renderer waits for what can wait
                course.step()
                continue
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
                                course.fail(worker.job, message)
                            else:
                                course.finish(worker.job, message)
                            worker.job = None
                        else:
                            worker.ready = True
                elif worker.overdue():
                    reason = "the renderer did not answer in time"
                if reason is not None:
                    start_failures += not worker.ready
                    if worker.job is not None:
                        course.fail(worker.job, reason)
                    self._stop(worker)
                    self._workers[place] = self._start()
                    hopeless = start_failures >= ATTEMPTS * len(self._workers)
                    if hopeless and not any(other.ready for other in self._workers):
                        raise RenderError(
                            f"Surge XT does not start: {reason}; try synthmatch doctor"
                        )

    def _assign(self, worker: _Worker, course: Course) -> None:
        number = course.next()
        if number is None:
            return
        worker.job = number
        worker.since_s = time.monotonic()
        length = max(1.0, course.jobs[number].duration_s / DURATION_S)
        worker.limit_s = RENDER_LIMIT_S * length * self._patience
        with contextlib.suppress(OSError):  # it has just died: seen later as an end of file
            worker.connection.send(course.jobs[number])

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
        return _Worker(process, ours, time.monotonic(), START_LIMIT_S * self._patience)

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
    step_back()  # a host plays music meanwhile
    keep_freed_memory()
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
