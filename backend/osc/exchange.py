"""One client's requests on the wire: each repeated until its answer has come.

It also takes in events and acknowledges them, because they come to the same socket.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
import time

from backend.errors import ProtocolError, ServiceError
from backend.osc.codec import Message, read_message
from backend.osc.inbox import Inbox
from backend.osc.protocol import (
    TABLE,
    Ack,
    Answer,
    AnswerHead,
    Bye,
    EventHead,
    Gone,
    Request,
    RequestHead,
    Stopping,
    StopService,
    Working,
    read_head,
    read_record,
    write,
)
from backend.osc.sockets import READ_BYTES, connected_socket

JOIN_S = 5.0
#: A request is repeated after this, then after twice as long each time, up to the longest.
FIRST_REPEAT_S = 0.1
LONGEST_REPEAT_S = 1.0
#: So often must the system say that nobody listens on the port before we believe it.
BELIEVED_ABSENCES = 3


class AbsentError(ServiceError):
    """Nobody listens on the backend's port."""


class Exchange:
    """A socket to the backend, and the thread that reads it.

    Args:
        port: where the backend listens on 127.0.0.1.
        token: from its discovery file.
        inbox: where events go.
    """

    def __init__(self, port: int, token: str, inbox: Inbox) -> None:
        self._port = port
        self._token = token
        self._inbox = inbox
        self._client = secrets.token_hex(16)
        self._serials = itertools.count(1)
        self._open: dict[int, _Open] = {}
        self._absences = 0
        self._closing = threading.Event()
        self._socket = connected_socket(port)
        self._thread = threading.Thread(target=self._receive, name="osc-client", daemon=True)
        self._thread.start()

    def ask(self, request: Request, timeout_s: float) -> Answer:
        """Send a request, and repeat it until answered.

        Raises:
            AbsentError: nobody listens on the port; not for Bye and StopService, which are done.
            ServiceError: no answer came in time, or this exchange was closed.
            ProtocolError: the request holds what the protocol does not allow.
        """
        serial = next(self._serials)
        datagram = write(RequestHead(self._token, self._client, serial), request)
        name, absences = type(request).__name__, self._absences
        waiting = self._open[serial] = _Open()
        until_s, pause_s = time.monotonic() + timeout_s, FIRST_REPEAT_S
        try:
            while True:
                self._send(datagram)
                if waiting.done.wait(max(0.0, min(pause_s, until_s - time.monotonic()))):
                    break
                if self._closing.is_set():
                    raise ServiceError(f"the client was closed before {name} was answered.")
                if self._absences - absences >= BELIEVED_ABSENCES:
                    return self._absent(request)
                if time.monotonic() >= until_s:
                    raise self._late(name, timeout_s, waiting.in_work)
                pause_s = min(2 * pause_s, LONGEST_REPEAT_S)
        finally:
            del self._open[serial]
        assert waiting.answer is not None
        return waiting.answer

    def close(self) -> None:
        """End the thread and close the socket."""
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)
        self._socket.close()

    def _absent(self, request: Request) -> Answer:
        if isinstance(request, StopService):
            return Stopping()
        if isinstance(request, Bye):
            return Gone()
        raise AbsentError(
            f"the backend is gone: nobody listens on port {self._port} any more. Start it again "
            "with synthmatch serve."
        )

    def _late(self, name: str, timeout_s: float, in_work: bool) -> ServiceError:
        what = "is still at work on" if in_work else "did not answer"
        return ServiceError(
            f"the backend on port {self._port} {what} {name} after {timeout_s:g} s; synthmatch "
            "status tells how it is."
        )

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
        except ConnectionError:
            self._absences += 1
        except OSError:
            pass  # as if it were lost on its way

    def _receive(self) -> None:
        while not self._closing.is_set():
            try:
                datagram = self._socket.recv(READ_BYTES)
            except TimeoutError:
                continue
            except ConnectionError:
                self._absences += 1
                continue
            except OSError:
                self._closing.wait(0.01)
                continue
            with contextlib.suppress(ProtocolError):  # not for us, or not of this protocol
                self._take(read_message(datagram))

    def _take(self, message: Message) -> None:
        entry = TABLE.get(message.address)
        if entry is not None and entry.head is AnswerHead:
            answer_head = read_head(message, AnswerHead)
            waiting = self._open.get(answer_head.serial)
            if answer_head.client == self._client and waiting is not None:
                waiting.take(read_record(message, AnswerHead))
        elif entry is not None and entry.head is EventHead:
            event_head = read_head(message, EventHead)
            if event_head.client == self._client:
                taken = self._inbox.take(event_head, read_record(message, EventHead))
                if taken is not None:
                    self._send(write(RequestHead(self._token, self._client, 0), Ack(taken)))


class _Open:
    """A request that waits for its answer."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: Answer | None = None
        self.in_work = False

    def take(self, answer: Answer) -> None:
        if isinstance(answer, Working):
            self.in_work = True
        elif self.answer is None:
            self.answer = answer
            self.done.set()
