"""The inbox by itself: events come in any order, and are read once and in turn."""

from __future__ import annotations

import random

import pytest

from backend.errors import ServiceError
from backend.osc.inbox import MAX_EVENTS, Inbox
from backend.osc.protocol import Event, EventHead, Matched, Progress, ServiceNews


def head(number: int, previous: int) -> EventHead:
    return EventHead("client-1", number, previous)


def drain(inbox: Inbox) -> list[Event]:
    seen = []
    while (event := inbox.next(0.0)) is not None:
        seen.append(event)
    return seen


@pytest.fixture
def inbox() -> Inbox:
    begun = Inbox()
    begun.begin(10)
    return begun


def test_doubled_events_are_acknowledged_again_and_read_once(inbox: Inbox) -> None:
    assert [inbox.take(head(12, 10), Matched(1, 1, 8, True, "")) for _ in range(3)] == [12, 12, 12]
    assert drain(inbox) == [Matched(1, 1, 8, True, "")]


def test_an_event_waits_for_the_one_before_it(inbox: Inbox) -> None:
    assert inbox.take(head(13, 12), ServiceNews("b")) is None
    assert inbox.take(head(12, 10), ServiceNews("a")) == 12
    assert inbox.take(head(13, 12), ServiceNews("b")) == 13
    assert drain(inbox) == [ServiceNews("a"), ServiceNews("b")]


def test_before_the_welcome_nothing_is_taken() -> None:
    inbox = Inbox()
    assert inbox.take(head(12, 10), ServiceNews("a")) is None
    inbox.begin(10)
    assert inbox.take(head(12, 10), ServiceNews("a")) == 12
    inbox.begin(10)  # a welcome that came twice
    assert inbox.take(head(12, 10), ServiceNews("a")) == 12
    assert drain(inbox) == [ServiceNews("a")]


def test_progress_never_goes_back(inbox: Inbox) -> None:
    shown = [Progress(1, "render", fraction, -1) for fraction in (0.25, 0.5)]
    for number, event in ((15, shown[0]), (15, shown[0]), (17, shown[1]), (16, shown[0])):
        assert inbox.take(head(number, 10), event) is None
    assert inbox.take(head(14, 10), ServiceNews("late")) == 14
    assert drain(inbox) == [*shown, ServiceNews("late")]


def test_any_disorder_comes_out_in_order(inbox: Inbox) -> None:
    chance = random.Random(0)
    told = [(head(11 + n, 10 + n), ServiceNews(str(n))) for n in range(30)]
    way = told * 40
    chance.shuffle(way)
    for each in way:
        inbox.take(*each)
    assert drain(inbox) == [event for _, event in told]


def test_a_full_inbox_takes_no_more_and_acknowledges_none(inbox: Inbox) -> None:
    for n in range(MAX_EVENTS):
        inbox.take(head(11 + n, 10 + n), ServiceNews(str(n)))
    last = 10 + MAX_EVENTS
    assert inbox.take(head(last + 1, last), ServiceNews("more")) is None
    assert inbox.take(head(last + 2, last), Progress(1, "load", 0.5, -1)) is None
    assert len(drain(inbox)) == MAX_EVENTS
    assert inbox.take(head(last + 1, last), ServiceNews("more")) == last + 1


def test_a_lost_backend_is_told_after_the_last_event(inbox: Inbox) -> None:
    inbox.add(ServiceNews("a"))
    inbox.set_lost(ServiceError("gone."))
    assert inbox.next(0.0) == ServiceNews("a")
    with pytest.raises(ServiceError, match="gone"):
        inbox.next(60.0)
    inbox.set_lost(None)
    assert inbox.next(0.0) is None
