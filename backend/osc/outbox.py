"""The events for one client: numbered, repeated until acknowledged, Progress only the newest.

No clock, thread or socket of its own: the server says what time it is and sends what is due.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from backend.osc.protocol import (
    Event,
    EventHead,
    JobCancelled,
    JobFailed,
    Matched,
    Progress,
    write,
)

#: Repeats come after this, then after twice as long each time, up to the longest.
FIRST_REPEAT_S = 0.1
LONGEST_REPEAT_S = 2.0
#: About half a minute of repeats; a client that has not acknowledged by then is not there.
MAX_TRIES = 20
#: How many events are under way at once; a receive buffer of 64 KiB holds them all.
WINDOW = 8
#: What may wait for a client; the longest match has some 70 events.
MAX_WAITING = 512
PROGRESS_EVERY_S = 0.1


@dataclass
class _Waiting:
    number: int
    datagram: bytes
    tries: int = 0
    due_s: float = 0.0


class Outbox:
    """What a client has not acknowledged yet.

    Args:
        client: whose it is.
        next_number: gives the numbers of events, rising, never the same twice.
    """

    def __init__(self, client: str, next_number: Callable[[], int]) -> None:
        self._client = client
        self._next_number = next_number
        self._waiting: deque[_Waiting] = deque()
        self._progress: Progress | None = None
        self._progress_due_s = 0.0
        #: Up to which number all is acknowledged; at first, the number before the first event.
        self.acknowledged = self._last = next_number()

    def put(self, event: Event) -> None:
        """Take an event to be sent.

        Raises:
            ProtocolError: it does not fit into a datagram, or holds what the protocol forbids.
        """
        if isinstance(event, Progress):
            write(EventHead(self._client, 0, 0), event)
            self._progress = event
            return
        number = self._next_number()
        datagram = write(EventHead(self._client, number, self._last), event)
        match event:
            case Matched(job, final=True) | JobFailed(job) | JobCancelled(job):
                if self._progress is not None and self._progress.job == job:
                    self._progress = None  # it would arrive after the end
        self._waiting.append(_Waiting(number, datagram))
        self._last = number

    def acknowledge(self, number: int) -> None:
        """Forget all events up to a number; numbers that were never given count for nothing."""
        if not self.acknowledged < number <= self._last:
            return
        self.acknowledged = number
        while self._waiting and self._waiting[0].number <= number:
            self._waiting.popleft()

    def take_due(self, now_s: float) -> list[bytes]:
        """Return the datagrams to be sent now; each is due again later until acknowledged."""
        due = []
        for event in itertools.islice(self._waiting, WINDOW):
            if event.due_s <= now_s:
                due.append(event.datagram)
                pause_s = min(FIRST_REPEAT_S * 2**event.tries, LONGEST_REPEAT_S)
                event.due_s = now_s + pause_s
                event.tries += 1
        if self._progress is not None and self._progress_due_s <= now_s:
            head = EventHead(self._client, self._next_number(), self._last)
            due.append(write(head, self._progress))
            self._progress = None
            self._progress_due_s = now_s + PROGRESS_EVERY_S
        return due

    def next_due_s(self) -> float:
        """Return when something is due; infinity if nothing waits."""
        times = [event.due_s for event in itertools.islice(self._waiting, WINDOW)]
        times += [self._progress_due_s] if self._progress is not None else []
        return min(times, default=float("inf"))

    def is_stuck(self) -> bool:
        """Return whether the client takes its events too slowly, or not at all."""
        given_up = bool(self._waiting) and self._waiting[0].tries > MAX_TRIES
        return given_up or len(self._waiting) > MAX_WAITING
