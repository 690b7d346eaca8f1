"""What the server knows of one client: where it is, what it has asked, what waits for it.

Requests are known by their serials. One that comes again is answered from memory and never done
twice; what has been forgotten is refused rather than done again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from backend.osc.outbox import Outbox

#: Where a client listens: ``("127.0.0.1", port)``.
Address = tuple[str, int]
#: How a request stands: to be done; under way; refused as too old or one too many.
Standing = Literal["new", "working", "forgotten", "busy"]

REMEMBERED_ANSWERS = 64
MAX_IN_WORK = 32


class Session:
    """One client, from its Hello to its Bye or the end of its lease.

    Args:
        client: how it names itself.
        address: where its datagrams come from.
        serial: of its Hello; older requests belong to an earlier session and are not done.
        next_number: gives the numbers of events.
        now_s: the server's clock.
    """

    def __init__(
        self,
        client: str,
        address: Address,
        serial: int,
        next_number: Callable[[], int],
        now_s: float,
    ) -> None:
        self.client = client
        self.address = address
        self.seen_s = now_s
        self.outbox = Outbox(client, next_number)
        self.highest_serial = serial
        self._forgotten = serial - 1
        self._in_work: set[int] = set()
        self._answers: OrderedDict[int, bytes] = OrderedDict()

    def begin(self, serial: int) -> Standing | bytes:
        """Return how a request stands, or the datagram that answered it before."""
        answered = self._answers.get(serial)
        if answered is not None:
            return answered
        if serial in self._in_work:
            return "working"
        if serial <= self._forgotten:
            return "forgotten"
        if len(self._in_work) >= MAX_IN_WORK:
            return "busy"
        self._in_work.add(serial)
        self.highest_serial = max(self.highest_serial, serial)
        return "new"

    def is_open(self, serial: int) -> bool:
        """Return whether a request waits for its answer."""
        return serial in self._in_work

    def finish(self, serial: int, answer: bytes) -> None:
        """Remember the answer to a request."""
        self._in_work.discard(serial)
        self._answers[serial] = answer
        if len(self._answers) > REMEMBERED_ANSWERS:
            oldest, _ = self._answers.popitem(last=False)
            self._forgotten = max(self._forgotten, oldest)
