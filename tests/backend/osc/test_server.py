"""The server against bare sockets: sessions, doubled requests, events, and all sorts of noise."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bare_client import TOKEN, BareClient, wait_for

from backend.errors import AudioError, ProtocolError
from backend.osc.codec import MAX_DATAGRAM_BYTES, write_message
from backend.osc.protocol import (
    PROTOCOL_VERSION,
    TABLE,
    Ack,
    Alive,
    Bye,
    CancelJob,
    Cancelled,
    EventHead,
    Gone,
    Heartbeat,
    Hello,
    JobFailed,
    Matched,
    Progress,
    Queued,
    Refused,
    RequestHead,
    ServiceNews,
    StartMatch,
    Status,
    Undo,
    Welcome,
    Working,
    write,
)
from backend.osc.refusals import MAX_CLIENTS
from backend.osc.server import Server
from backend.osc.session import MAX_IN_WORK, REMEMBERED_ANSWERS


class Service:
    """Answers what it can at once; Undo is answered when the test says so."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.gone: list[str] = []
        self.later: list[Callable[[Any], None]] = []

    def handle(self, client: str, request: Any, reply: Callable[[Any], None]) -> None:
        self.done.append((client, request))
        if isinstance(request, Hello):
            reply(Welcome("1.0", "/folder", "ready"))
        elif isinstance(request, Heartbeat):
            reply(Alive("loading", 0.5))
        elif isinstance(request, CancelJob):
            reply(Cancelled(request.job))
        elif isinstance(request, Undo):
            self.later.append(reply)
        elif isinstance(request, Status):
            raise KeyError("nothing\nhere")
        else:
            raise AudioError("no such sound")

    def count(self, kind: type[Any]) -> int:
        return sum(isinstance(request, kind) for _, request in self.done)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def pass_time(server: Server, clock: Clock, seconds: float) -> None:
    """Let time pass in steps that the server sees one by one, or it takes them for a sleep."""
    for _ in range(int(seconds / 0.5)):
        clock.now_s += 0.5
        server._wake.set()
        wait_for(lambda: not server._wake.is_set(), "a tick")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(service: Service, clock: Clock) -> Iterator[Server]:
    opened = Server(TOKEN, service.handle, on_gone=service.gone.append, lease_s=2.0, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def stranger(server: Server) -> Iterator[BareClient]:
    opened = BareClient(server.port)
    yield opened
    opened.close()


@pytest.fixture
def client(stranger: BareClient) -> BareClient:
    stranger.welcome = stranger.hello()
    return stranger


def test_a_hello_is_welcomed_and_the_lease_named(client: BareClient, server: Server) -> None:
    welcome = client.welcome
    assert (welcome.version, welcome.folder, welcome.state) == ("1.0", "/folder", "ready")
    assert (welcome.protocol, welcome.lease_s) == (PROTOCOL_VERSION, 2.0)
    assert server.clients() == ("client-1",)


def test_without_a_hello_nothing_is_done(stranger: BareClient, service: Service) -> None:
    assert stranger.ask(CancelJob(1)).code == "session"
    assert service.done == []


@pytest.mark.parametrize("version", [0, PROTOCOL_VERSION + 1, 2**31 - 1])
def test_another_version_is_refused_with_both_named(
    stranger: BareClient, server: Server, version: int
) -> None:
    refused = stranger.ask(Hello(version, "x"))
    assert refused.code == "version"
    assert f"version {PROTOCOL_VERSION} of" in refused.message
    assert f"version {version}:" in refused.message
    assert server.clients() == ()


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "s\u00e9cret"])
def test_a_wrong_token_is_dropped_in_silence(
    client: BareClient, server: Server, service: Service, token: str
) -> None:
    client.token = token
    client.send(CancelJob(1))
    client.token = TOKEN
    assert client.hears_nothing_until(CancelJob(2)) == Cancelled(2)
    assert service.count(CancelJob) == 1
    assert server.traffic.wrong_token == 1


def test_a_doubled_request_is_done_once_and_answered_the_same(
    client: BareClient, service: Service
) -> None:
    serial = client.send(CancelJob(5))
    for _ in range(4):
        client.send(CancelJob(5), serial)
    assert [client.answer(serial) for _ in range(5)] == [Cancelled(5)] * 5
    assert service.count(CancelJob) == 1


def test_a_request_repeated_while_in_work_is_told_so(client: BareClient, service: Service) -> None:
    serial = client.send(Undo())
    client.send(Undo(), serial)
    assert client.answer(serial) == Working()
    assert len(service.later) == 1
    service.later[0](Cancelled(9))
    assert client.answer(serial) == Cancelled(9)
    client.send(Undo(), serial)
    assert client.answer(serial) == Cancelled(9)


def test_a_second_answer_is_not_sent(client: BareClient, service: Service) -> None:
    serial = client.send(Undo())
    wait_for(lambda: len(service.later) == 1, "the request")
    threads = [
        threading.Thread(target=service.later[0], args=(Cancelled(n),)) for n in (1, 2, 3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.answer(serial)
    client.hears_nothing_until(Heartbeat())


def test_what_was_forgotten_is_refused_and_not_done_again(
    client: BareClient, service: Service
) -> None:
    first = client.send(CancelJob(1))
    client.answer(first)
    for job in range(2, REMEMBERED_ANSWERS + 5):
        client.ask(CancelJob(job))
    client.send(CancelJob(1), first)
    assert client.answer(first).code == "serial"
    assert service.done.count(("client-1", CancelJob(1))) == 1


def test_too_many_requests_in_work_are_refused(client: BareClient, service: Service) -> None:
    for _ in range(MAX_IN_WORK):
        client.send(Undo())
    assert client.ask(Undo()).code == "busy"
    wait_for(lambda: len(service.later) == MAX_IN_WORK, "all that are taken")
    service.later[0](Cancelled(1))
    serial = client.send(Undo())
    wait_for(lambda: len(service.later) == MAX_IN_WORK + 1, "one more")
    service.later[-1](Cancelled(2))
    assert client.answer(serial) == Cancelled(2)


def test_faults_of_the_handler_become_refusals(client: BareClient) -> None:
    assert client.ask(StartMatch("x.wav")) == Refused("audio", "no such sound")
    fault = client.ask(Status())
    assert fault.code == "fault" and "KeyError in Status" in fault.message
    assert "\n" not in fault.message
    assert client.ask(Heartbeat()) == Alive("loading", 0.5)


def test_an_answer_that_cannot_be_sent_becomes_a_refusal(
    client: BareClient, service: Service
) -> None:
    for bad in (Refused("x", "y" * MAX_DATAGRAM_BYTES), Refused("x", "\udcff"), Queued(0, 0)):
        serial = client.send(Undo())
        wait_for(lambda: bool(service.later), "the request")
        service.later.pop()(bad)
        assert client.answer(serial).code == "protocol"


def test_malformed_requests_with_the_token_are_told_why(client: BareClient) -> None:
    head = (TOKEN, "client-1")
    client.send_bytes(write_message("/synthmatch/cancel_job", [*head, 90, "one"]))
    assert client.answer(90).message == "CancelJob.job is 'one', and must be an int32."
    client.send_bytes(write_message("/synthmatch/play", [*head, 91]))
    assert client.answer(91).code == "request"
    client.send_bytes(write_message("/synthmatch/matched", [*head, 92]))
    assert client.answer(92).code == "request"


def test_bye_ends_the_session_once(client: BareClient, server: Server, service: Service) -> None:
    serial = client.send(Bye())
    assert client.answer(serial) == Gone()
    client.send(Bye(), serial)
    assert client.answer(serial) == Gone()
    assert client.ask(Heartbeat()).code == "session"
    assert service.gone == ["client-1"]
    assert server.clients() == ()


def test_a_late_hello_does_not_bring_a_client_back(client: BareClient, server: Server) -> None:
    client.ask(CancelJob(1))
    client.ask(Bye())
    client.send(Hello(PROTOCOL_VERSION, "bare"), serial=1)
    assert client.hears_nothing_until(Heartbeat()).code == "session"
    assert isinstance(client.hello(), Welcome)
    client.send(CancelJob(1), serial=2)
    assert client.answer(2).code == "serial"


def test_a_lease_ends_and_any_request_renews_it(
    client: BareClient, server: Server, service: Service, clock: Clock
) -> None:
    for _ in range(5):
        pass_time(server, clock, 1.5)
        client.ask(Heartbeat())
    assert service.gone == []
    pass_time(server, clock, 2.5)
    wait_for(lambda: service.gone == ["client-1"], "the end of the lease")
    assert server.clients() == ()
    server.emit("client-1", Matched(1, 1, 1, True, ""))
    assert client.hears_nothing_until(Heartbeat()).code == "session"


def test_a_computer_that_slept_ends_no_lease(
    client: BareClient, server: Server, service: Service, clock: Clock
) -> None:
    server.emit("client-1", Matched(1, 1, 1, True, ""))
    client.receive()
    clock.now_s += 3600
    _, again = client.receive()  # the tick after the sleep
    assert again == Matched(1, 1, 1, True, "")
    assert client.ask(Heartbeat()) == Alive("loading", 0.5)
    assert service.gone == []


def test_events_repeat_until_acknowledged(client: BareClient, server: Server, clock: Clock) -> None:
    server.emit("client-1", Matched(1, 1, 8, True, ""))
    server.emit("client-1", ServiceNews("news"))
    first, _ = client.receive()
    second, _ = client.receive()
    assert first.previous == client.welcome.number
    assert second.previous == first.number < second.number
    clock.now_s += 0.2
    assert [client.receive()[0].number for _ in range(2)] == [first.number, second.number]
    client.send(Ack(first.number), serial=0)
    clock.now_s += 0.4
    assert client.receive()[0].number == second.number
    client.send(Ack(second.number), serial=0)
    client.ask(Heartbeat())
    clock.now_s += 1.9
    client.hears_nothing_until(Heartbeat())


def test_an_ack_of_what_was_never_sent_counts_for_nothing(
    client: BareClient, server: Server, clock: Clock
) -> None:
    server.emit("client-1", Matched(1, 1, 8, True, ""))
    number = client.receive()[0].number
    client.send(Ack(number + 1000), serial=0)
    client.ask(Heartbeat())
    clock.now_s += 0.2
    assert client.receive()[0].number == number


def test_a_client_that_never_acknowledges_is_let_go(
    client: BareClient, server: Server, service: Service, clock: Clock
) -> None:
    server.emit("client-1", Matched(1, 1, 8, True, ""))

    for _ in range(60):
        pass_time(server, clock, 1.0)
        client.send(Heartbeat())
    wait_for(lambda: service.gone == ["client-1"], "the end of the server's patience")


def test_events_go_to_their_client_alone(client: BareClient, server: Server) -> None:
    other = BareClient(server.port, "client-2")
    other.hello()
    server.emit("client-2", Matched(2, 1, 8, True, ""))
    server.emit("client-3", Matched(3, 1, 8, True, ""))
    assert other.receive()[1] == Matched(2, 1, 8, True, "")
    client.hears_nothing_until(Heartbeat())
    other.close()


def test_an_event_that_cannot_be_sent_is_our_own_fault(server: Server, client: BareClient) -> None:
    for bad in (JobFailed(1, "x", "y" * 9000), Progress(1, "load", 2.0, -1)):
        with pytest.raises(ProtocolError):
            server.emit("client-1", bad)
    client.hears_nothing_until(Heartbeat())


def test_only_so_many_clients_are_let_in(server: Server) -> None:
    opened = [BareClient(server.port, f"client-{n}") for n in range(MAX_CLIENTS + 1)]
    welcomes = [client.hello() for client in opened]
    assert all(isinstance(welcome, Welcome) for welcome in welcomes[:-1])
    assert welcomes[-1].code == "busy"
    opened[0].ask(Bye())
    assert isinstance(opened[-1].hello(), Welcome)
    for client in opened:
        client.close()


def test_a_server_listens_on_this_computer_alone_and_closes(server: Server) -> None:
    assert server._socket.getsockname()[0] == "127.0.0.1"
    other = Server(TOKEN, lambda *_: None, on_gone=lambda _: None)
    assert other.port != server.port
    threads = other._threads
    other.close()
    assert not any(thread.is_alive() for thread in threads)


def noise(chance: random.Random, valid: list[bytes]) -> bytes:
    """Return a datagram that nobody should have sent."""
    kind = chance.random()
    if kind < 0.4:
        return chance.randbytes(chance.randrange(64))
    if kind < 0.41:
        return b"/" + chance.randbytes(chance.randrange(12_000))
    datagram = bytearray(chance.choice(valid))
    if kind < 0.6:
        return bytes(datagram[: chance.randrange(len(datagram))])
    for _ in range(chance.randrange(1, 5)):
        datagram[chance.randrange(len(datagram))] = chance.randrange(256)
    return bytes(datagram)


def test_100_000_random_datagrams_change_nothing(client: BareClient, server: Server) -> None:
    chance, source = random.Random(0), BareClient(server.port)
    head = RequestHead(TOKEN, "somebody-else", 3)
    requests = [Heartbeat(), CancelJob(3), StartMatch("a"), Ack(4), Bye(), Hello(9, "x")]
    valid = [write(head, request) for request in requests]
    valid += [write(EventHead("client-1", 9, 8), ServiceNews("x"))]
    assert {datagram.split(b"\0")[0].decode() for datagram in valid} <= set(TABLE)
    batches, blocks = 500, 0
    for batch in range(batches):
        for _ in range(200):
            source.send_bytes(noise(chance, valid))
        serial = client.send(Heartbeat())
        assert client.answer(serial) == Alive("loading", 0.5)
        if batch == batches // 5:
            blocks = sys.getallocatedblocks()
    source.close()
    assert server.traffic.received > 100_000
    assert server.traffic.unreadable > 50_000
    assert server.traffic.wrong_token > 1_000
    assert sys.getallocatedblocks() - blocks < 5_000
    assert "client-1" in server.clients()
