"""A way between client and server on which datagrams get lost, doubled, and overtake each other."""

from __future__ import annotations

import contextlib
import random
import socket
import threading


class LossyRelay:
    """Passes datagrams on between any clients and one server, badly.

    Args:
        server_port: where the server listens on 127.0.0.1.
        seed: of the faults.
        lost: share of datagrams, each way, that do not arrive.
        doubled: share that arrives twice.
        late: share that arrives after the next one of its way.
    """

    def __init__(
        self,
        server_port: int,
        *,
        seed: int = 0,
        lost: float = 0.2,
        doubled: float = 0.2,
        late: float = 0.2,
    ) -> None:
        self.passed = self.lost = 0
        self._shares = (lost, doubled, late)
        self._chance = random.Random(seed)
        self._server = ("127.0.0.1", server_port)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._held: dict[tuple[int, tuple[str, int]], bytes] = {}
        self._ways: dict[tuple[str, int], socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._front = self._open()
        self.port: int = self._front.getsockname()[1]
        self._begin(self._from_clients)

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(10)
        for opened in (self._front, *self._ways.values()):
            opened.close()

    def __enter__(self) -> LossyRelay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(0.1)
        return opened

    def _begin(self, target, *arguments) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _from_clients(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(OSError):
                datagram, client = self._front.recvfrom(65_535)
                if client not in self._ways:
                    self._ways[client] = self._open()
                    self._begin(self._from_server, client)
                self._pass_on(self._ways[client], self._server, datagram)

    def _from_server(self, client: tuple[str, int]) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(OSError):
                datagram, _ = self._ways[client].recvfrom(65_535)
                self._pass_on(self._front, client, datagram)

    def _pass_on(self, way: socket.socket, to: tuple[str, int], datagram: bytes) -> None:
        lost, doubled, late = self._shares
        with self._lock:
            if self._chance.random() < lost:
                self.lost += 1
                return
            copies = [datagram] * (2 if self._chance.random() < doubled else 1)
            held = self._held.pop((id(way), to), None)
            if held is not None:
                copies.append(held)
            elif self._chance.random() < late:
                self._held[(id(way), to)] = copies.pop()
        for copy in copies:
            self.passed += 1
            way.sendto(copy, to)
