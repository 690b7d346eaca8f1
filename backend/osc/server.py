"""The backend's end of the protocol: clients, their requests and answers, events on their way.

One thread receives and hands each new request to ``handle``; another repeats events, and lets
clients go whose lease has ended. Whatever arrives, neither ends, and what is remembered is bounded.
"""

from __future__ import annotations

import contextlib
import hmac
import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from backend.errors import ProtocolError, SynthmatchError
from backend.osc.codec import read_message
from backend.osc.protocol import (
    PROTOCOL_VERSION,
    Ack,
    Answer,
    AnswerHead,
    Bye,
    Event,
    Gone,
    Hello,
    Refused,
    Request,
    RequestHead,
    Welcome,
    read_head,
    read_record,
    write,
)
from backend.osc.refusals import MAX_CLIENTS, to_standing, to_version, without_session
from backend.osc.session import Address, Session
from backend.osc.sockets import HOST, READ_BYTES, listening_socket

log = logging.getLogger(__name__)

Reply = Callable[[Answer], None]
Handle = Callable[[str, Request, Reply], None]

REMEMBERED_GONE = 256
TICK_S = 0.25
#: A tick so late means that the computer slept; nobody could be heard meanwhile.
SLEPT_S = 3.0
JOIN_S = 5.0


@dataclass
class Traffic:
    """Datagrams that came, and those among them that were dropped without an answer."""

    received: int = 0
    unreadable: int = 0
    wrong_token: int = 0


class Server:
    """Receives requests on a port of 127.0.0.1 that the system chooses.

    Args:
        token: what every request must carry.
        handle: called on the receiving thread with client, request and how to answer; must return
            at once. The answer may be given later and from any thread, once. Bye and Ack do not
            come here.
        on_gone: called once when a client has left or its lease has ended; must return at once.
        lease_s: how long a client may be silent.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        token: str,
        handle: Handle,
        *,
        on_gone: Callable[[str], None],
        lease_s: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.traffic = Traffic()
        self._token = token.encode()
        self._handle = handle
        self._on_gone = on_gone
        self._lease_s = lease_s
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._gone: OrderedDict[str, int] = OrderedDict()
        self._next_number = itertools.count(1).__next__
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._socket = listening_socket()
        self.port: int = self._socket.getsockname()[1]
        self._threads = [
            threading.Thread(target=self._receive, name="osc-receive", daemon=True),
            threading.Thread(target=self._keep_house, name="osc-house", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def emit(self, client: str, event: Event) -> None:
        """Send an event to a client; one that is gone gets nothing.

        Raises:
            ProtocolError: the event does not fit into a datagram, or holds what is not allowed.
        """
        with self._lock:
            session = self._sessions.get(client)
            if session is None:
                return
            session.outbox.put(event)
            due = session.outbox.take_due(self._clock())
        self._send(due, session.address)
        self._wake.set()

    def clients(self) -> tuple[str, ...]:
        """Return the clients that are there, the first to come first."""
        with self._lock:
            return tuple(self._sessions)

    def close(self) -> None:
        """End both threads and close the socket; clients are not told."""
        self._closing.set()
        self._wake.set()
        with contextlib.suppress(OSError):
            self._socket.sendto(b"", (HOST, self.port))  # wakes the receiving thread
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(JOIN_S)
        self._socket.close()

    def _receive(self) -> None:
        while not self._closing.is_set():
            try:
                datagram, address = self._socket.recvfrom(READ_BYTES)
            except TimeoutError:
                continue
            except OSError:  # on Windows, also because a client's port has been closed
                self._closing.wait(0.01)
                continue
            self.traffic.received += 1
            try:
                self._take(datagram, address)
            except Exception:
                log.exception("a datagram of %d bytes broke the server's own code", len(datagram))

    def _take(self, datagram: bytes, address: Address) -> None:
        try:
            message = read_message(datagram)
            head = read_head(message, RequestHead)
        except ProtocolError:
            self.traffic.unreadable += 1
            return
        if not hmac.compare_digest(head.token.encode(), self._token):
            self.traffic.wrong_token += 1
            return
        try:
            request: Request = read_record(message, RequestHead)
        except ProtocolError as error:
            self._answer(head, address, Refused("request", str(error)))
            return
        if isinstance(request, Bye):
            self._answer(head, address, Gone())
            self._let_go([head.client])
        elif isinstance(request, Ack):
            self._acknowledge(head.client, request.number)
        elif isinstance(request, Hello) and request.protocol != PROTOCOL_VERSION:
            self._answer(head, address, to_version(request.protocol))
        else:
            self._admit(head, address, request)

    def _admit(self, head: RequestHead, address: Address, request: Request) -> None:
        with self._lock:
            if isinstance(request, Hello) and head.client not in self._sessions:
                if head.serial <= self._gone.get(head.client, -1):
                    return  # on its way since before the client left
                if len(self._sessions) < MAX_CLIENTS:
                    self._sessions[head.client] = Session(
                        head.client, address, head.serial, self._next_number, self._clock()
                    )
            session = self._sessions.get(head.client)
            if session is not None:
                session.address, session.seen_s = address, self._clock()
                standing = session.begin(head.serial)
        if session is None:
            self._answer(head, address, without_session(request))
        elif isinstance(standing, bytes):
            self._send([standing], address)
        elif standing == "new":
            self._hand_over(session, head.serial, request)
        else:
            self._answer(head, address, to_standing(standing))

    def _hand_over(self, session: Session, serial: int, request: Request) -> None:
        def reply(answer: Answer) -> None:
            self._finish(session, serial, answer)

        try:
            self._handle(session.client, request, reply)
        except SynthmatchError as error:
            reply(Refused.of(error))
        except Exception as error:
            what = type(request).__name__
            log.exception("%s failed", what)
            fault = f"{type(error).__name__} in {what}: a fault of the backend; see its log."
            reply(Refused("fault", fault))

    def _finish(self, session: Session, serial: int, answer: Answer) -> None:
        head = AnswerHead(session.client, serial)
        with self._lock:
            if not session.is_open(serial):
                log.warning("%s is a second answer and is not sent", type(answer).__name__)
                return
            if isinstance(answer, Welcome):
                number = session.outbox.acknowledged
                answer = replace(
                    answer, protocol=PROTOCOL_VERSION, lease_s=self._lease_s, number=number
                )
            try:
                datagram = write(head, answer)
            except ProtocolError as error:
                log.error("%s", error)
                datagram = write(head, Refused.of(error))
            session.finish(serial, datagram)
        self._send([datagram], session.address)

    def _acknowledge(self, client: str, number: int) -> None:
        with self._lock:
            session = self._sessions.get(client)
            if session is None:
                return
            session.seen_s = self._clock()
            session.outbox.acknowledge(number)
            due = session.outbox.take_due(session.seen_s)  # what the window held back
        self._send(due, session.address)

    def _keep_house(self) -> None:
        last_s = self._clock()
        while not self._closing.is_set():
            now_s = self._clock()
            pause_s, last_s = now_s - last_s, now_s
            slept_s = pause_s if pause_s > SLEPT_S else 0.0
            next_s, lost = now_s + TICK_S, list[str]()
            with self._lock:
                for session in self._sessions.values():
                    session.seen_s = min(session.seen_s + slept_s, now_s)
                    if session.outbox.is_stuck() or now_s - session.seen_s > self._lease_s:
                        lost.append(session.client)
                        continue
                    self._send(session.outbox.take_due(now_s), session.address)
                    next_s = min(next_s, session.outbox.next_due_s())
            self._let_go(lost)
            self._wake.wait(max(0.0, next_s - now_s))
            self._wake.clear()

    def _let_go(self, clients: Iterable[str]) -> None:
        for client in clients:
            with self._lock:
                session = self._sessions.pop(client, None)
                if session is None:
                    continue
                self._gone[client] = session.highest_serial
                if len(self._gone) > REMEMBERED_GONE:
                    self._gone.popitem(last=False)
            try:
                self._on_gone(client)
            except Exception:
                log.exception("the end of a client's session broke our own code")

    def _answer(self, head: RequestHead, address: Address, answer: Answer) -> None:
        self._send([write(AnswerHead(head.client, head.serial), answer)], address)

    def _send(self, datagrams: Iterable[bytes], address: Address) -> None:
        for datagram in datagrams:
            with contextlib.suppress(OSError):  # as if it were lost on its way
                self._socket.sendto(datagram, address)
