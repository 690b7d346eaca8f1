"""The two UDP sockets of our own protocol, both on 127.0.0.1 alone."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"
RECEIVE_BUFFER_BYTES = 2**20
#: Longer than any datagram of the protocol, so that one too long is seen to be too long.
READ_BYTES = 65_535
#: How long a read waits, at most, before the reader looks whether it should end.
READ_S = 0.25


def listening_socket() -> socket.socket:
    """Return a socket on a port that the system chooses."""
    opened = _open()
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    if exclusive is not None:  # Windows: nobody else may take the port over
        opened.setsockopt(socket.SOL_SOCKET, exclusive, 1)
    opened.bind((HOST, 0))
    return opened


def connected_socket(port: int) -> socket.socket:
    """Return a socket that hears that port alone, and hears if nobody is there.

    Reading from it raises ``ConnectionError`` after a datagram that nobody took.
    """
    opened = _open()
    opened.connect((HOST, port))
    return opened


def _open() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    opened.settimeout(READ_S)
    return opened
