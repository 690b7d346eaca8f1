"""A match whose renders, and what is done between them, are written down: for ``bench_search``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from backend.errors import RenderError
from backend.pipeline import Workshop
from backend.records import AudioRegion
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob, SurgeRenderer


@dataclass(frozen=True)
class Span:
    """Something that went on from ``start_s`` to ``end_s``, and its CPU time."""

    start_s: float
    end_s: float
    cpu_s: float

    def within(self, other: Span) -> float:
        """Return for how many seconds of another span this one went on."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


class TimedRenderer:
    """A renderer that writes down when it rendered; one line each in a file of its own.

    Args:
        surge: the Surge XT VST3.
        log: folder of the files.
    """

    def __init__(self, surge: Path, log: Path) -> None:
        """Load the plugin."""
        self._renderer = SurgeRenderer(surge)
        self._log = (log / f"{os.getpid()}.txt").open("w", buffering=1, encoding="utf-8")

    def render(self, job: RenderJob) -> AudioRegion:
        """Play a job."""
        start_s, cpu_s = time.monotonic(), time.process_time()
        render = self._renderer.render(job)
        self._log.write(f"{start_s} {time.monotonic()} {time.process_time() - cpu_s}\n")
        return render


@dataclass
class Course:
    """What the parent process did while it kept renderers busy."""

    jobs: list[RenderJob] = field(default_factory=list)
    making: list[Span] = field(default_factory=list)
    measuring: list[Span] = field(default_factory=list)
    streams: list[Span] = field(default_factory=list)


class TimedPool(RenderPool):
    """A pool that knows what its user does between the renders."""

    course: Course

    @classmethod
    def timed(cls, surge: Path, workers: int, log: Path) -> Self:
        """Make a pool of timed renderers."""
        pool = cls(partial(TimedRenderer, surge, log), workers)
        pool.course = Course()
        return pool

    def stream(
        self,
        supply: Callable[[], RenderJob | None],
        take: Callable[[int, AudioRegion | RenderError], None],
        tick: Callable[[], None] | None = None,
    ) -> None:
        """Stream, and write down what the parent does."""

        def made() -> RenderJob | None:
            with _timed(self.course.making):
                job = supply()
            if job is not None:
                self.course.jobs.append(job)
            return job

        def taken(number: int, render: AudioRegion | RenderError) -> None:
            with _timed(self.course.measuring):
                take(number, render)

        with _timed(self.course.streams):
            super().stream(made, taken, tick)


@contextmanager
def _timed(spans: list[Span]) -> Iterator[None]:
    start_s, cpu_s = time.monotonic(), time.process_time()
    try:
        yield
    finally:
        spans.append(Span(start_s, time.monotonic(), time.process_time() - cpu_s))


class TimedWorkshop(Workshop):
    """A workshop that renders with a pool that was made elsewhere."""

    def __init__(self, pool: TimedPool) -> None:
        """Take the pool; it stays the caller's."""
        super().__init__("cpu")
        self._timed = pool

    def _renderers(self) -> tuple[RenderPool | None, str | None]:
        return self._timed, None


def read_renders(log: Path) -> list[Span]:
    """Return what the renderers have written down."""
    lines = [line for path in log.iterdir() for line in path.read_text("utf-8").splitlines()]
    return [Span(*map(float, line.split())) for line in lines]
