"""Client and server on a good way and on a bad one: nothing lost, doubled, or out of order."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bare_client import PATIENCE_S, TOKEN, wait_for
from lossy_relay import LossyRelay

from backend.discovery import Discovery, Presence
from backend.errors import ProtocolError, ServiceError
from backend.osc import client as client_module
from backend.osc.client import FORGOTTEN, Client
from backend.osc.protocol import (
    PROTOCOL_VERSION,
    Alive,
    CancelJob,
    Cancelled,
    ChooseInstance,
    Chosen,
    EventHead,
    Heartbeat,
    Hello,
    Matched,
    Progress,
    Queued,
    Refused,
    StartMatch,
    Status,
    Stopping,
    StopService,
    Undo,
    Welcome,
    write,
)
from backend.osc.server import Server

ROUNDS = 25


class Service:
    """Counts what it does; every match ends at once, with its events."""

    def __init__(self) -> None:
        self.done: Counter[Any] = Counter()
        self.gone: list[str] = []
        self.later: list[Callable[[Any], None]] = []
        self.server: Server

    def handle(self, client: str, request: Any, reply: Callable[[Any], None]) -> None:
        self.done[request] += 1
        if isinstance(request, Hello):
            reply(Welcome("1.0", "/folder", "ready"))
        elif isinstance(request, Heartbeat):
            reply(Alive("ready", 1.0))
        elif isinstance(request, StartMatch):
            job = request.seed + 1
            reply(Queued(job, 0))
            for step in range(5):
                self.server.emit(client, Progress(job, "render", step / 4, -1))
            self.server.emit(client, Matched(job, 1, 8, True, ""))
        elif isinstance(request, CancelJob):
            reply(Cancelled(request.job))
        elif isinstance(request, Undo):
            self.later.append(reply)
        elif isinstance(request, Status):
            reply(Refused("busy", "not now, please."))


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    made.server = Server(TOKEN, made.handle, on_gone=made.gone.append)
    yield made
    made.server.close()


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client(service.server.port, TOKEN, "test") as opened:
        yield opened


def test_a_request_gets_its_answer(client: Client, service: Service) -> None:
    assert client.welcome.folder == "/folder"
    assert client.request(CancelJob(7)) == Cancelled(7)
    assert client.request(Status()) == Refused("busy", "not now, please.")


def test_ask_wants_one_kind_of_answer(client: Client) -> None:
    assert client.ask(CancelJob(7), Cancelled).job == 7
    with pytest.raises(ServiceError, match=r"^not now, please\.$"):
        client.ask(Status(), Stopping)
    with pytest.raises(ServiceError, match="answered CancelJob with Cancelled, and Chosen was"):
        client.ask(CancelJob(7), Chosen)


def test_events_come_in_order_and_only_the_newest_progress(client: Client) -> None:
    for seed in range(3):
        client.request(StartMatch("a.wav", seed=seed))
    events = [client.next_event(PATIENCE_S) for _ in range(3)]
    while events[-1] != Matched(3, 1, 8, True, ""):
        events.append(client.next_event(PATIENCE_S))
    assert [e.job for e in events if isinstance(e, Matched)] == [1, 2, 3]
    assert len([e for e in events if isinstance(e, Progress)]) < 15
    assert client.next_event(0.0) is None


@pytest.mark.parametrize("seed", [0, 1])
def test_a_bad_way_changes_nothing(service: Service, seed: int) -> None:
    relay = LossyRelay(service.server.port, seed=seed)
    with relay, Client(relay.port, TOKEN, "test", timeout_s=PATIENCE_S) as client:
        for n in range(ROUNDS):
            assert client.request(StartMatch("a.wav", seed=n), PATIENCE_S) == Queued(n + 1, 0)
            assert client.request(CancelJob(n + 1), PATIENCE_S) == Cancelled(n + 1)
        events = []
        while events[-1:] != [Matched(ROUNDS, 1, 8, True, "")]:
            events.append(client.next_event(PATIENCE_S))
            assert events[-1] is not None
        jobs = [event.job for event in events if isinstance(event, Matched)]
        assert jobs == list(range(1, ROUNDS + 1))
        shown = [(e.job, e.fraction) for e in events if isinstance(e, Progress)]
        assert shown == sorted(set(shown))
        client.close()
        wait_for(lambda: len(service.gone) == 1, "the end of the session")
        assert client.next_event(0.0) is None
    assert relay.lost > ROUNDS / 4
    requests = {r: n for r, n in service.done.items() if not isinstance(r, Heartbeat)}
    assert set(requests.values()) == {1}
    assert len(requests) == 2 * ROUNDS + 1


def test_requests_of_many_threads_keep_apart(service: Service) -> None:
    relay = LossyRelay(service.server.port, seed=2)
    with relay, Client(relay.port, TOKEN, "test", timeout_s=PATIENCE_S) as client:
        answers: dict[int, Any] = {}

        def ask(job: int) -> None:
            answers[job] = client.request(CancelJob(job), PATIENCE_S)

        threads = [threading.Thread(target=ask, args=(job,)) for job in range(1, 17)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert answers == {job: Cancelled(job) for job in range(1, 17)}
    assert all(service.done[CancelJob(job)] == 1 for job in answers)


def test_long_work_is_waited_for_and_done_once(client: Client, service: Service) -> None:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(client.request(Undo(), PATIENCE_S)))
    thread.start()
    before = service.server.traffic.received
    wait_for(lambda: service.server.traffic.received >= before + 3, "the request to be repeated")
    service.later[0](Cancelled(4))
    thread.join(PATIENCE_S)
    assert answers == [Cancelled(4)]
    assert service.done[Undo()] == 1


def test_work_that_is_too_long_is_told_apart_from_silence(client: Client, service: Service) -> None:
    with pytest.raises(ServiceError, match="is still at work on Undo after 0.5 s"):
        client.request(Undo(), 0.5)
    with pytest.raises(ServiceError, match="did not answer ChooseInstance after 0.3 s"):
        with LossyRelay(service.server.port, lost=0.0) as relay:
            deaf = Client(relay.port, TOKEN, "test")
            relay._shares = (1.0, 0.0, 0.0)
            try:
                deaf.request(ChooseInstance(53280), 0.3)
            finally:
                deaf.close()


def test_a_request_that_cannot_be_sent_is_told(client: Client) -> None:
    with pytest.raises(ProtocolError, match="StartMatch.count is 65, and must be from 1 to 64"):
        client.request(StartMatch("a.wav", count=65))
    with pytest.raises(ProtocolError, match="8,000"):
        client.request(StartMatch("a" * 9000))
    with pytest.raises(ProtocolError, match="cannot carry"):
        client.request(StartMatch("\udcff.wav"))


def unused_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_no_backend_is_told_soon() -> None:
    began_s = time.monotonic()
    with pytest.raises(ServiceError, match=r"the backend is gone.*synthmatch serve"):
        Client(unused_port(), TOKEN, "test", timeout_s=PATIENCE_S)
    assert time.monotonic() - began_s < PATIENCE_S


def test_a_wrong_token_gets_no_answer(service: Service) -> None:
    with pytest.raises(ServiceError, match="did not answer Hello after 0.3 s"):
        Client(service.server.port, "wrong", "test", timeout_s=0.3)
    assert service.done == Counter()


def test_another_version_is_refused_with_both_named(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PROTOCOL_VERSION", 7)
    with pytest.raises(ServiceError, match=f"speaks version {PROTOCOL_VERSION} of.*version 7"):
        Client(service.server.port, TOKEN, "test")
    assert service.server.clients() == ()


def test_closing_says_goodbye(service: Service) -> None:
    client = Client(service.server.port, TOKEN, "test")
    (name,) = service.server.clients()
    client.close()
    client.close()
    assert service.gone == [name]
    with pytest.raises(ServiceError, match="closed"):
        client.request(CancelJob(1))


def test_a_closed_client_wakes_whom_it_keeps_waiting(client: Client) -> None:
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(client.next_event(PATIENCE_S)))
    thread.start()
    client.close()
    thread.join(PATIENCE_S)
    assert got == [None]


def test_heartbeats_keep_the_lease() -> None:
    service = Service()
    service.server = Server(TOKEN, service.handle, on_gone=service.gone.append, lease_s=0.2)
    with Client(service.server.port, TOKEN, "test"):
        wait_for(lambda: service.done[Heartbeat()] >= 5, "heartbeats")
    service.server.close()


def test_a_forgotten_client_greets_again_and_is_told(client: Client, service: Service) -> None:
    client.request(StartMatch("a.wav", seed=0))
    while client.next_event(PATIENCE_S) != Matched(1, 1, 8, True, ""):
        pass
    service.server._let_go(service.server.clients())
    assert client.request(StartMatch("a.wav", seed=1)) == Queued(2, 0)
    assert service.done[StartMatch("a.wav", seed=1)] == 1
    events = []
    while events[-1:] != [Matched(2, 1, 8, True, "")]:
        events.append(client.next_event(PATIENCE_S))
    assert events[0] == FORGOTTEN
    assert events.count(Matched(2, 1, 8, True, "")) == 1
    assert len(service.server.clients()) == 1


def test_a_backend_that_dies_is_noticed_after_its_last_events() -> None:
    service = Service()
    service.server = Server(TOKEN, service.handle, on_gone=service.gone.append, lease_s=0.4)
    client = Client(service.server.port, TOKEN, "test")
    client.request(StartMatch("a.wav"))
    wait_for(lambda: client._inbox._taken > client.welcome.number, "the events")
    service.server.close()
    seen: list[Any] = []
    with pytest.raises(ServiceError, match="the backend is gone"):
        while True:
            seen.append(client.next_event(PATIENCE_S))
            assert seen[-1] is not None
    assert seen[-1] == Matched(1, 1, 8, True, "")
    with pytest.raises(ServiceError, match="the backend is gone"):
        client.request(CancelJob(1), PATIENCE_S)
    assert client.request(StopService(), PATIENCE_S) == Stopping()
    client.close()


def test_a_stranger_cannot_tell_events(client: Client, service: Service) -> None:
    number, us = client.welcome.number, client._exchange._socket.getsockname()
    (ours,) = service.server.clients()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.sendto(write(EventHead(ours, number + 1, number), Matched(1, 1, 8, True, "")), us)
    other = EventHead("another-client", number + 1, number)
    service.server._socket.sendto(write(other, Matched(1, 1, 8, True, "")), us)
    assert client.request(CancelJob(3)) == Cancelled(3)
    assert client.next_event(0.0) is None
    service.server.emit(ours, Matched(2, 1, 8, True, ""))
    assert client.next_event(PATIENCE_S) == Matched(2, 1, 8, True, "")


def announce(folder: Path, port: int, protocol: int) -> Presence:
    presence = Presence(folder)
    presence.announce(Discovery(4711, port, "f" * 32, "0.9", protocol))
    return presence


def test_connect_finds_the_backend_by_its_file(tmp_path: Path) -> None:
    service = Service()
    service.server = Server("f" * 32, service.handle, on_gone=service.gone.append)
    for start in (False, True):
        with announce(tmp_path, service.server.port, PROTOCOL_VERSION):
            with Client.connect(tmp_path, "test", start) as client:
                assert client.request(CancelJob(2)) == Cancelled(2)
    service.server.close()


def test_connect_tells_what_is_wrong(tmp_path: Path) -> None:
    newer = PROTOCOL_VERSION + 1
    with pytest.raises(ServiceError, match="no backend is running: start it with synthmatch"):
        Client.connect(tmp_path, "test", start=False)
    with announce(tmp_path, unused_port(), newer):
        with pytest.raises(
            ServiceError,
            match=f"4711, Synthmatch 0.9.*version {newer} .*version {PROTOCOL_VERSION}",
        ):
            Client.connect(tmp_path, "test", start=False)
