"""A socket that says to a server exactly what a test wants it to, and what comes back, decoded."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from backend.osc.codec import read_message
from backend.osc.protocol import (
    PROTOCOL_VERSION,
    TABLE,
    AnswerHead,
    Hello,
    RequestHead,
    read_head,
    read_record,
    write,
)

TOKEN = "secret"
PATIENCE_S = 60.0


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return when a condition holds; a busy machine may take long."""
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until_s, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.005)


class BareClient:
    """One client without repeats, acknowledgements or heartbeats of its own."""

    def __init__(self, port: int, client: str = "client-1", token: str = TOKEN) -> None:
        self.client, self.token, self.serial = client, token, 0
        self._port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE_S)

    def send_bytes(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, ("127.0.0.1", self._port))

    def send(self, request: Any, serial: int | None = None) -> int:
        """Send a request with the next serial, or an old one; return its serial."""
        if serial is None:
            self.serial += 1
        number = self.serial if serial is None else serial
        self.send_bytes(write(RequestHead(self.token, self.client, number), request))
        return number

    def receive(self) -> tuple[Any, Any]:
        """Return head and record of what comes next."""
        message = read_message(self._socket.recv(65_535))
        kind = TABLE[message.address].head
        head = read_head(message, kind)
        assert head.client == self.client
        return head, read_record(message, kind)

    def answer(self, serial: int) -> Any:
        """Return the next answer to a request; events in between are dropped."""
        while True:
            head, record = self.receive()
            if isinstance(head, AnswerHead) and head.serial == serial:
                return record

    def ask(self, request: Any) -> Any:
        """Return the answer to a request."""
        return self.answer(self.send(request))

    def hello(self) -> Any:
        return self.ask(Hello(PROTOCOL_VERSION, "bare"))

    def hears_nothing_until(self, request: Any) -> Any:
        """Ask; what comes first must be the answer."""
        serial = self.send(request)
        head, record = self.receive()
        assert isinstance(head, AnswerHead) and head.serial == serial, (head, record)
        return record

    def close(self) -> None:
        self._socket.close()
