"""The outbox by itself, with a clock of paper."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from backend.errors import ProtocolError
from backend.osc.codec import read_message
from backend.osc.outbox import (
    FIRST_REPEAT_S,
    LONGEST_REPEAT_S,
    MAX_TRIES,
    MAX_WAITING,
    PROGRESS_EVERY_S,
    WINDOW,
    Outbox,
)
from backend.osc.protocol import (
    EventHead,
    JobFailed,
    Matched,
    Progress,
    ServiceNews,
    read_head,
    read_record,
)


@pytest.fixture
def outbox() -> Outbox:
    return Outbox("client-1", itertools.count(100).__next__)


def events(outbox: Outbox, now_s: float) -> list[tuple[EventHead, Any]]:
    messages = [read_message(datagram) for datagram in outbox.take_due(now_s)]
    return [(read_head(m, EventHead), read_record(m, EventHead)) for m in messages]


def numbers(outbox: Outbox, now_s: float) -> list[int]:
    return [head.number for head, _ in events(outbox, now_s)]


def test_repeats_come_at_growing_intervals_until_given_up(outbox: Outbox) -> None:
    outbox.put(Matched(1, 1, 8, True, ""))
    now_s, pauses = 0.0, []
    while not outbox.is_stuck():
        assert numbers(outbox, now_s) == [101]
        pauses.append(outbox.next_due_s() - now_s)
        assert numbers(outbox, outbox.next_due_s() - 0.01) == []
        now_s = outbox.next_due_s()
    assert len(pauses) == MAX_TRIES + 1
    assert pauses[:3] == pytest.approx([FIRST_REPEAT_S, 2 * FIRST_REPEAT_S, 4 * FIRST_REPEAT_S])
    assert pauses[-1] == pytest.approx(LONGEST_REPEAT_S)


def test_only_a_window_is_under_way(outbox: Outbox) -> None:
    for job in range(1, WINDOW + 4):
        outbox.put(Matched(job, 1, 8, True, ""))
    first = numbers(outbox, 0.0)
    assert first == list(range(101, 101 + WINDOW))
    outbox.acknowledge(first[1])
    assert numbers(outbox, 0.0) == [101 + WINDOW, 102 + WINDOW]
    outbox.acknowledge(1000)
    assert outbox.acknowledged == first[1]
    outbox.acknowledge(103 + WINDOW)
    assert outbox.next_due_s() == float("inf")


def test_each_names_the_one_before_it(outbox: Outbox) -> None:
    assert outbox.acknowledged == 100
    outbox.put(ServiceNews("a"))
    outbox.put(Progress(1, "load", 0.5, -1))
    outbox.put(ServiceNews("b"))
    sent = [(record, head.number, head.previous) for head, record in events(outbox, 0.0)]
    assert sent == [
        (ServiceNews("a"), 101, 100),
        (ServiceNews("b"), 102, 101),
        (Progress(1, "load", 0.5, -1.0), 103, 102),  # numbered when sent
    ]


def test_only_the_newest_progress_is_sent_and_once(outbox: Outbox) -> None:
    for step in range(5):
        outbox.put(Progress(1, "render", step / 4, -1))
    assert [record.fraction for _, record in events(outbox, 0.0)] == [1.0]
    outbox.put(Progress(1, "write", 0.0, -1))
    outbox.put(Progress(1, "write", 0.5, -1))
    assert events(outbox, PROGRESS_EVERY_S / 2) == []
    assert outbox.next_due_s() == PROGRESS_EVERY_S
    assert [record.fraction for _, record in events(outbox, PROGRESS_EVERY_S)] == [0.5]
    assert outbox.next_due_s() == float("inf")


@pytest.mark.parametrize("end", [Matched(1, 1, 8, True, ""), JobFailed(1, "audio", "x")])
def test_no_progress_comes_after_the_end(outbox: Outbox, end: Any) -> None:
    outbox.put(Progress(1, "render", 0.5, -1))
    outbox.put(end)
    assert [record for _, record in events(outbox, 0.0)] == [end]
    outbox.put(Progress(2, "render", 0.5, -1))
    outbox.put(end)
    assert Progress(2, "render", 0.5, -1) in [record for _, record in events(outbox, 1.0)]


def test_progress_goes_on_after_a_round_that_is_not_the_last(outbox: Outbox) -> None:
    outbox.put(Progress(1, "refine", 0.5, -1))
    outbox.put(Matched(1, 1, 8, False, ""))
    assert Progress(1, "refine", 0.5, -1) in [record for _, record in events(outbox, 0.0)]


def test_too_many_waiting_is_stuck(outbox: Outbox) -> None:
    for _ in range(MAX_WAITING):
        outbox.put(ServiceNews(""))
    assert not outbox.is_stuck()
    outbox.put(ServiceNews(""))
    assert outbox.is_stuck()


def test_what_cannot_be_sent_leaves_no_gap(outbox: Outbox) -> None:
    with pytest.raises(ProtocolError):
        outbox.put(ServiceNews("x" * 9000))
    with pytest.raises(ProtocolError):
        outbox.put(Progress(0, "load", 0.5, -1))
    outbox.put(ServiceNews("a"))
    ((head, _),) = events(outbox, 0.0)
    assert head.previous == outbox.acknowledged
