"""The jobs of one stream of renders: made as they are needed, tried again, delivered."""

from __future__ import annotations

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
    """

    def __init__(
        self,
        supply: Callable[[], RenderJob | None],
        take: Callable[[int, AudioRegion | RenderError], None],
    ) -> None:
        self.jobs: dict[int, RenderJob] = {}
        self._supply = supply
        self._take = take
        self._again: deque[int] = deque()
        self._done: deque[tuple[int, AudioRegion | RenderError]] = deque()
        self._tries: dict[int, int] = {}
        self._supplied = 0
        self._ahead: RenderJob | None = None
        self._ended = False

    def pending(self) -> bool:
        """Whether the caller has something to do: to take a result, or to make a job."""
        return bool(self._done) or self._wanted()

    def step(self) -> None:
        """Hand over one result that has come back, or else have the next job made."""
        if self._done:
            number, result = self._done.popleft()
            del self.jobs[number], self._tries[number]
            self._take(number, result)
        else:
            self._look_ahead()

    def next(self) -> int | None:
        """Return the number of the next job to be done; None if there is none now."""
        if self._again:
            number = self._again.popleft()
        else:
            self._look_ahead()
            if self._ahead is None:
                return None
            number, self._supplied = self._supplied, self._supplied + 1
            self.jobs[number], self._ahead = self._ahead, None
        self._tries[number] = self._tries.get(number, 0) + 1
        return number

    def finish(self, number: int, result: AudioRegion | RenderError) -> None:
        """Keep a result until it is delivered."""
        if number != FORGOTTEN:
            self._done.append((number, result))

    def fail(self, number: int, reason: str) -> None:
        """Try a job once more, or keep the error that names it."""
        if number == FORGOTTEN:
            return
        if self._tries[number] < ATTEMPTS:
            self._again.append(number)
        else:
            name = self.jobs[number].name
            self.finish(number, RenderError(f"Surge XT could not render {name}: {reason}"))

    def over(self) -> bool:
        """Whether no more jobs come, and all have been delivered."""
        return self._ended and self._ahead is None and not self.jobs

    def _look_ahead(self) -> None:
        """Have the next new job made, if that has not been done."""
        if self._wanted():
            self._ahead = self._supply()
            self._ended = self._ahead is None

    def _wanted(self) -> bool:
        return self._ahead is None and not self._ended
