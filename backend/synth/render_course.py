"""The jobs of one stream of renders: made as they are needed, tried again, delivered.

Two threads use a course. The caller's makes jobs and takes sounds (``step``), the other carries
them to the renderers and back (``next``, ``finish``, ``fail``), so that no renderer waits while the
caller thinks.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from backend.errors import RenderError
from backend.records import AudioRegion
from backend.synth.renderer import RenderJob

#: How often a job is tried before it counts as failed.
ATTEMPTS = 2
#: Number of a job that nobody waits for any more.
FORGOTTEN = -1


class Course:
    """Which jobs wait, run, or have come back.

    Args:
        supply: makes the next job; None after the last.
        take: gets each job's number, from 0, and its sound or error.
        ahead: how many jobs are to be ready before they are needed.
    """

    def __init__(
        self,
        supply: Callable[[], RenderJob | None],
        take: Callable[[int, AudioRegion | RenderError], None],
        ahead: int = 1,
    ) -> None:
        self.jobs: dict[int, RenderJob] = {}
        self._supply = supply
        self._take = take
        self._most_ready = ahead
        self._changed = threading.Condition()
        self._ready: deque[int] = deque()
        self._done: deque[tuple[int, AudioRegion | RenderError]] = deque()
        self._tries: dict[int, int] = {}
        self._supplied = 0
        self._ended = False
        #: Whether the caller has left; nothing more is to be carried.
        self.left = False

    def step(self) -> bool:
        """Make a job or hand over what has come back, whatever is due; False if nothing is."""
        wanted = not self._ended and len(self._ready) < self._most_ready
        if wanted and not self._ready:
            self._make()
        elif self._done:
            number, result = self._done.popleft()
            del self.jobs[number], self._tries[number]
            self._take(number, result)
        elif wanted:
            self._make()
        else:
            return False
        return True

    def wait(self, limit_s: float) -> None:
        """Wait until something has come back, or a job was taken, or for so long."""
        with self._changed:
            self._changed.wait_for(self._due, limit_s)

    def over(self) -> bool:
        """Whether no more jobs come, and all have been delivered."""
        return self._ended and not self.jobs

    def next(self) -> int | None:
        """Return the number of the next job to be done; None if there is none now."""
        with self._changed:
            if not self._ready:
                return None
            number = self._ready.popleft()
            self._tries[number] = self._tries.get(number, 0) + 1
            self._changed.notify()
        return number

    def finish(self, number: int, result: AudioRegion | RenderError) -> None:
        """Keep a result until it is delivered."""
        if number != FORGOTTEN:
            with self._changed:
                self._done.append((number, result))
                self._changed.notify()

    def fail(self, number: int, reason: str) -> None:
        """Try a job once more, before all others, or keep the error that names it."""
        if number == FORGOTTEN:
            return
        if self._tries[number] < ATTEMPTS:
            self._ready.appendleft(number)
        else:
            name = self.jobs[number].name
            self.finish(number, RenderError(f"Surge XT could not render {name}: {reason}"))

    def _due(self) -> bool:
        wanted = not self._ended and len(self._ready) < self._most_ready
        return bool(self._done) or wanted

    def _make(self) -> None:
        job = self._supply()
        if job is None:
            self._ended = True
            return
        number, self._supplied = self._supplied, self._supplied + 1
        self.jobs[number] = job
        self._ready.append(number)
