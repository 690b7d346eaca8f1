"""A client's end of the protocol: every request answered once, every event once and in order.

Datagrams may be lost, doubled or late: requests are repeated until answered, acknowledged events
are taken in the order of their numbers, and the backend is told at intervals that we are there.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Self, TypeVar

from backend.discovery import read_discovery
from backend.errors import ServiceError
from backend.launcher import start_service
from backend.osc.exchange import AbsentError, Exchange
from backend.osc.inbox import Inbox
from backend.osc.protocol import (
    PROTOCOL_VERSION,
    Answer,
    Bye,
    Event,
    Heartbeat,
    Hello,
    Refused,
    Request,
    ServiceNews,
    Welcome,
)

ANSWER_S = 10.0
LEAVE_S = 1.0
JOIN_S = 5.0
HEARTBEATS_PER_LEASE = 4
#: Without an answer for so many leases, the backend is taken to be gone.
LEASES_UNTIL_LOST = 2
FORGOTTEN = ServiceNews(
    "the backend had not heard from this program for a while; a match that ran was given up."
)

Kind = TypeVar("Kind", bound=Answer)


class Client:
    """A conversation with the backend; a context manager. Its methods may be used by any thread.

    Args:
        port: where the backend listens on 127.0.0.1.
        token: from its discovery file.
        name: ours, for its log and its users.
        timeout_s: longest wait for its welcome.

    Raises:
        ServiceError: no backend is there, it is of another version, or it refuses us.
    """

    def __init__(self, port: int, token: str, name: str, *, timeout_s: float = ANSWER_S) -> None:
        self._port = port
        self._name = name
        self._inbox = Inbox()
        self._exchange = Exchange(port, token, self._inbox)
        self._closing = threading.Event()
        self._greeting = threading.Lock()
        self._greetings = 0
        try:
            #: What the backend said to our last hello.
            self.welcome: Welcome = self._greet(timeout_s)
        except BaseException:
            self._exchange.close()
            raise
        self._beating = threading.Thread(target=self._beat, name="osc-beat", daemon=True)
        self._beating.start()

    @classmethod
    def connect(cls, folder: Path, name: str, start: bool = False) -> Self:
        """Find the user's backend, or start it, and say hello.

        Args:
            folder: the user's folder, where the discovery file is.
            name: of this client.
            start: whether to start a backend where none runs.

        Raises:
            ServiceError: as the class; or none runs or comes up, or it is of another version.
            OutputError: the folder cannot be written, so that none can be started.
        """
        found = start_service(folder) if start else read_discovery(folder)
        if found is None:
            raise ServiceError("no backend is running: start it with synthmatch serve.")
        if found.protocol != PROTOCOL_VERSION:
            raise ServiceError(
                f"the backend that runs (process {found.pid}, Synthmatch {found.version}) speaks "
                f"version {found.protocol} of the protocol, and this program version "
                f"{PROTOCOL_VERSION}: end it with synthmatch stop, then try again."
            )
        return cls(found.port, found.token, name)

    def request(self, request: Request, timeout_s: float = ANSWER_S) -> Answer:
        """Ask, and repeat until answered; the answer may be ``Refused``.

        Raises:
            ServiceError: no answer came in time, or the backend is gone.
            ProtocolError: the request holds what the protocol does not allow.
        """
        greetings = self._greetings
        answer = self._exchange.ask(request, timeout_s)
        if not (isinstance(answer, Refused) and answer.code == "session"):
            return answer
        with self._greeting:
            if self._closing.is_set():
                return answer
            if greetings == self._greetings:
                self.welcome = self._greet(timeout_s)
                self._inbox.add(FORGOTTEN)
        return self._exchange.ask(request, timeout_s)

    def ask(self, request: Request, kind: type[Kind], timeout_s: float = ANSWER_S) -> Kind:
        """Ask for an answer of one kind.

        Raises:
            ServiceError: as ``request``, or the backend refused; the message says why.
            ProtocolError: as ``request``.
        """
        answer = self.request(request, timeout_s)
        if isinstance(answer, kind):
            return answer
        if isinstance(answer, Refused):
            raise ServiceError(answer.message)
        raise ServiceError(
            f"the backend answered {type(request).__name__} with {type(answer).__name__}, and "
            f"{kind.__name__} was expected: update Synthmatch."
        )

    def next_event(self, timeout_s: float) -> Event | None:
        """Return the next event; None if none comes in time, or the client is closed.

        Raises:
            ServiceError: the backend is gone, and all its events have been read.
        """
        return self._inbox.next(timeout_s)

    def close(self) -> None:
        """Say goodbye, if anybody hears it, and end."""
        if self._closing.is_set():
            return
        self._closing.set()
        with self._greeting, contextlib.suppress(ServiceError):  # no hello after the goodbye
            self._exchange.ask(Bye(), LEAVE_S)
        self._exchange.close()
        self._inbox.close()
        if self._beating is not threading.current_thread():
            self._beating.join(JOIN_S)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""
        self.close()

    def _greet(self, timeout_s: float) -> Welcome:
        answer = self._exchange.ask(Hello(PROTOCOL_VERSION, self._name), timeout_s)
        if not isinstance(answer, Welcome):
            said = answer.message if isinstance(answer, Refused) else type(answer).__name__
            raise ServiceError(f"the backend on port {self._port} refuses this client: {said}")
        self._inbox.begin(answer.number)
        self._greetings += 1
        return answer

    def _beat(self) -> None:
        heard_s = time.monotonic()
        while not self._closing.wait(self.welcome.lease_s / HEARTBEATS_PER_LEASE):
            lost: ServiceError | None = None
            try:
                self.request(Heartbeat(), self.welcome.lease_s)
                heard_s = time.monotonic()
            except AbsentError as error:
                lost = error
            except ServiceError as error:
                if time.monotonic() - heard_s >= LEASES_UNTIL_LOST * self.welcome.lease_s:
                    lost = error
            self._inbox.set_lost(lost)
