"""The events that have come to a client: each acknowledged one once, and in the order of numbers.

No thread or socket of its own; the outbox on the other side repeats what is not acknowledged.
"""

from __future__ import annotations

import threading
from collections import deque

from backend.errors import ServiceError
from backend.osc.protocol import Event, EventHead, Progress

MAX_EVENTS = 1024


class Inbox:
    """Events in order, for any thread to wait for."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._taken = self._newest = -1
        self._lost: ServiceError | None = None
        self._closed = False
        self._changed = threading.Condition()

    def begin(self, number: int) -> None:
        """Expect what comes after a number; it never goes back."""
        with self._changed:
            self._taken = max(self._taken, number)

    def take(self, head: EventHead, event: Event) -> int | None:
        """Take an event that came.

        Returns:
            Up to which number to acknowledge; None for Progress, for an event before which another
            is still to come, and when too many wait to be read.
        """
        with self._changed:
            full = len(self._events) >= MAX_EVENTS
            if isinstance(event, Progress):
                if head.number > self._newest and not full:
                    self._newest = head.number
                    self.add(event)
                return None
            if head.previous == self._taken and not full:
                self._taken = head.number
                self._newest = max(self._newest, head.number)
                self.add(event)
            return self._taken if head.number <= self._taken else None

    def add(self, event: Event) -> None:
        """Append an event, of our own or taken."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def set_lost(self, fault: ServiceError | None) -> None:
        """Say that no more can come, and why; None: that it can again."""
        with self._changed:
            self._lost = fault
            self._changed.notify_all()

    def close(self) -> None:
        """Wake all that wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def next(self, timeout_s: float) -> Event | None:
        """Return the next event; None if none comes in time, or it is closed.

        Raises:
            ServiceError: none is left, and no more can come.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._lost or self._closed, timeout_s)
            if self._events:
                return self._events.popleft()
            if self._lost is not None and not self._closed:
                raise ServiceError(str(self._lost))
            return None
