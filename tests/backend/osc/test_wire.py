from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from surge_rig import free_ports

from backend.errors import LinkError
from backend.osc.codec import write_message
from backend.osc.wire import (
    NOTHING,
    AnswerSockets,
    SurgeSocket,
    bundles,
    is_shared,
    open_ports,
    read_answer,
)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A UDP socket that listens, like any program's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(10)
        yield opened


def test_bundles_keep_order_and_limit() -> None:
    messages = [write_message(f"/param/{i}", (float(i),)) for i in range(700)]
    packed = list(bundles(messages))
    assert len(packed) > 2 and max(map(len, packed)) <= 8000
    read = [item for bundle in packed for item in OscBundle(bundle)]
    assert [item.address for item in read] == [f"/param/{i}" for i in range(700)]


def test_no_messages_make_no_bundle() -> None:
    assert list(bundles([])) == []


def test_the_empty_bundle_is_valid_osc() -> None:
    assert list(OscBundle(NOTHING)) == []


@pytest.mark.parametrize("arguments", [(), (0.5, "50 %"), ("", "zwölf"), (-1.0,)])
def test_an_answer_is_read_as_the_reference_reads_it(arguments: tuple[float | str, ...]) -> None:
    datagram = write_message("/param/a/pitch", arguments)
    assert read_answer(datagram) == ("/param/a/pitch", tuple(OscMessage(datagram).params))


def test_a_damaged_answer_is_none() -> None:
    whole = write_message("/param/a/pitch", (0.5, "shown"))
    assert [n for n in range(whole.index(b"shown") + 5) if read_answer(whole[:n])] == []
    assert read_answer(b"nothing\0,\0\0\0") is None
    assert read_answer(b"/a\0\0,b\0\0\0\0\0\0") is None
    assert read_answer(b"/\xff\xff\0,\0\0\0") is None


def test_open_ports_are_told_from_closed_ones(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    closed = free_ports(20)
    assert open_ports([*closed, port]) == (port,)
    assert listener.recv(100) == NOTHING


def test_nothing_open_takes_no_time() -> None:
    started = time.monotonic()
    assert open_ports(free_ports(100)) == ()
    assert time.monotonic() - started < 1.0


def test_two_on_a_port_are_seen(listener: socket.socket) -> None:
    assert not is_shared(listener.getsockname()[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(("127.0.0.1", 0))
        port = first.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
            second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                second.bind(("127.0.0.1", port))
            except OSError:
                pytest.skip("this system lets a port be opened once only")
            try:
                open("/proc/net/udp").close()
            except OSError:
                pytest.skip("only Linux tells who listens")
            assert is_shared(port)


def test_answers_come_in_order_with_their_source(listener: socket.socket) -> None:
    ears = AnswerSockets(free_ports(1))
    for i in range(50):
        listener.sendto(b"%d" % i, ("127.0.0.1", ears.ports[0]))
    got = [ears.receive(10.0) for _ in range(50)]
    assert got == [(b"%d" % i, listener.getsockname()[1]) for i in range(50)]
    assert ears.receive(0.0) is None
    ears.close()


def test_discarded_answers_do_not_come(listener: socket.socket) -> None:
    ears = AnswerSockets(free_ports(1))
    for _ in range(5):
        listener.sendto(b"old", ("127.0.0.1", ears.ports[0]))
    ears.discard()
    listener.sendto(b"new", ("127.0.0.1", ears.ports[0]))
    got = ears.receive(10.0)
    assert got is not None and got[0] == b"new"
    ears.close()


def test_a_taken_answer_port_is_given_up(listener: socket.socket) -> None:
    (free,) = free_ports(1)
    taken = listener.getsockname()[1]
    ears = AnswerSockets((taken, free))
    assert (ears.ports, ears.taken) == ((free,), (taken,))
    ears.close()


def test_a_closed_port_is_one_plain_error() -> None:
    (port,) = free_ports(1)
    with SurgeSocket(port) as socket_, pytest.raises(LinkError, match=str(port)):
        for _ in range(100):
            socket_.send(NOTHING)
            time.sleep(0.01)
