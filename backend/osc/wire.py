"""The UDP side of a running Surge XT: what is sent to it, and the answers it gives.

Surge XT listens on its OSC In port and answers to another, its OSC Out port, with one small
datagram for every value: 2,700 for all its parameters, unpaced. Hence the large receive buffer, and
a reader of answers that costs half of the codec's and lets numbers pass that are not finite, as
Surge XT gives for a parameter without a range.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Sequence

from backend.errors import LinkError
from backend.osc.codec import MAX_DATAGRAM_BYTES

HOST = "127.0.0.1"

#: All of Surge XT's parameters at once, as the kernel counts them (about 1 kB a datagram); a system
#: that grants less is asked for less.
RECEIVE_BUFFERS_BYTES = (4 << 20, 1 << 20, 1 << 18)
READ_BYTES = 65_535
SEND_S = 2.0

#: A bundle without content: valid for every OSC program, and asks nothing of any.
NOTHING = b"#bundle\0" + struct.pack(">Q", 1)

_FLOAT = struct.Struct(">f")

#: What tells that nobody listens: ICMP's refusal, which Windows calls a reset.
REFUSALS = (ConnectionRefusedError, ConnectionResetError)


def bundles(messages: Iterable[bytes], limit_bytes: int = MAX_DATAGRAM_BYTES) -> Iterator[bytes]:
    """Pack messages into OSC bundles, in order, none longer than the limit."""
    content = bytearray()
    for message in messages:
        if content and len(NOTHING) + len(content) + 4 + len(message) > limit_bytes:
            yield NOTHING + bytes(content)
            content.clear()
        content += struct.pack(">I", len(message)) + message
    if content:
        yield NOTHING + bytes(content)


def read_answer(datagram: bytes) -> tuple[str, tuple[float | str, ...]] | None:
    """Return address and arguments of a message made of floats and strings; None for any other."""
    try:
        address, place = _string(datagram, 0)
        tags, place = _string(datagram, place)
        arguments: list[float | str] = []
        for tag in tags[1:]:
            if tag == "f":
                arguments.append(_FLOAT.unpack_from(datagram, place)[0])
                place += 4
            elif tag == "s":
                text, place = _string(datagram, place)
                arguments.append(text)
            else:
                return None
    except (ValueError, struct.error):
        return None
    return (address, tuple(arguments)) if address.startswith("/") else None


def _string(datagram: bytes, start: int) -> tuple[str, int]:
    end = datagram.index(0, start)
    return datagram[start:end].decode("utf-8"), (end + 4) & ~3


def open_ports(ports: Sequence[int], wait_s: float = 0.1) -> tuple[int, ...]:
    """Return which UDP ports of this computer somebody listens on.

    Each gets an empty bundle; a port where nobody listens is refused by the system.

    Args:
        ports: which to try.
        wait_s: how long a refusal may take; the loopback of every system needs less than 10 ms.
    """
    found = set(ports)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for port in ports:
            probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            probe.setblocking(False)
            try:
                probe.connect((HOST, port))
                probe.send(NOTHING)
            except OSError:
                found.discard(port)
                continue
            selector.register(probe, selectors.EVENT_READ, port)
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0 and selector.get_map():
            for key, _ in selector.select(left):
                assert isinstance(key.fileobj, socket.socket)
                try:
                    key.fileobj.recv(READ_BYTES)
                except REFUSALS:
                    found.discard(key.data)
                    selector.unregister(key.fileobj)
                except OSError:
                    continue
    return tuple(port for port in ports if port in found)


def is_shared(port: int) -> bool:
    """Return whether two sockets listen on a UDP port; only Linux tells, elsewhere False."""
    listeners = 0
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        for _, local, remote, *_ in rows:
            unconnected = set(remote) <= {"0", ":"}
            listeners += unconnected and int(local.rpartition(":")[2], 16) == port
    return listeners > 1


class AnswerSockets:
    """Hears what every running Surge XT sends to its OSC Out port.

    Args:
        ports: the OSC Out ports that versions of Surge XT come with.

    Attributes:
        ports: those that are ours.
        taken: those that another program has.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._selector = selectors.DefaultSelector()
        self._waiting: list[tuple[bytes, int]] = []
        self._sockets: list[socket.socket] = []
        heard, taken = [], []
        for port in ports:
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            _enlarge(opened)
            opened.setblocking(False)
            if exclusive := getattr(socket, "SO_EXCLUSIVEADDRUSE", None):  # Windows
                opened.setsockopt(socket.SOL_SOCKET, exclusive, 1)
            try:
                opened.bind((HOST, port))
            except OSError:
                opened.close()
                taken.append(port)
                continue
            self._selector.register(opened, selectors.EVENT_READ)
            self._sockets.append(opened)
            heard.append(port)
        self.ports = tuple(heard)
        self.taken = tuple(taken)

    def receive(self, timeout_s: float) -> tuple[bytes, int] | None:
        """Return the next datagram and the port that it came from; None after the time-out."""
        if not self._waiting:
            if not self.ports:
                time.sleep(min(timeout_s, 0.01))
                return None
            for key, _ in self._selector.select(max(0.0, timeout_s)):
                self._read_all(key.fileobj)
            self._waiting.reverse()
        return self._waiting.pop() if self._waiting else None

    def discard(self) -> None:
        """Forget what has come so far."""
        while self.receive(0.0) is not None:
            self._waiting.clear()

    def close(self) -> None:
        """Give the ports back; more than once does no harm."""
        self._selector.close()
        for opened in self._sockets:
            opened.close()

    def _read_all(self, source: object) -> None:
        assert isinstance(source, socket.socket)
        with contextlib.suppress(BlockingIOError, *REFUSALS):
            while len(self._waiting) < 10_000:
                datagram, (_, port) = source.recvfrom(READ_BYTES)
                self._waiting.append((datagram, port))


class SurgeSocket:
    """Sends to one running Surge XT; a context manager."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect((HOST, port))

    def send(self, datagram: bytes) -> None:
        """Send one datagram.

        Raises:
            LinkError: nobody listens there (any more), known from the datagram before; or the
                system takes no more.
        """
        self.check()
        until = time.monotonic() + SEND_S
        while True:
            try:
                self._socket.send(datagram)
                return
            except BlockingIOError as error:  # the system's buffer is full for the moment
                if time.monotonic() > until:
                    raise LinkError(
                        f"nothing can be sent to the Surge XT on port {self.port}: this computer's "
                        "network buffers are full; try again."
                    ) from error
                time.sleep(0.001)
            except OSError as error:
                raise self._gone() from error

    def check(self) -> None:
        """Look whether the datagrams so far were refused.

        Raises:
            LinkError: nobody listens there (any more).
        """
        try:
            self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._gone() from error

    def __enter__(self) -> SurgeSocket:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()

    def _gone(self) -> LinkError:
        return LinkError(
            f"no Surge XT listens for OSC on port {self.port}: it was closed, or its OSC In is "
            "off (Menu > OSC Settings > Show OSC Settings...)."
        )


def _enlarge(opened: socket.socket) -> None:
    for size in RECEIVE_BUFFERS_BYTES:
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            return
