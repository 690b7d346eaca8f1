from __future__ import annotations

import logging
import threading

import pytest

from backend.errands import Errands
from backend.errors import ServiceError

LIMIT_S = 60.0


def test_errands_are_done_in_order_on_one_thread() -> None:
    done: list[tuple[int, str]] = []
    last = threading.Event()
    errands = Errands("a name")
    for number in range(20):
        errands.submit(
            lambda number=number: done.append((number, threading.current_thread().name))  # type: ignore[misc]
        )
    errands.submit(last.set)
    assert last.wait(LIMIT_S)
    assert done == [(number, "a name") for number in range(20)]
    assert errands.close(LIMIT_S)


def test_a_fault_is_logged_and_the_next_is_done(caplog: pytest.LogCaptureFixture) -> None:
    last = threading.Event()
    errands = Errands("surge")
    with caplog.at_level(logging.ERROR):
        errands.submit(lambda: {}["missing"])
        errands.submit(last.set)
        assert last.wait(LIMIT_S)
        assert errands.close(LIMIT_S)
    assert "missing" in caplog.text


def test_only_so_many_may_wait_and_closing_does_not_wait_for_them() -> None:
    begun, goes_on = threading.Event(), threading.Event()
    done: list[int] = []

    def block() -> None:
        begun.set()
        goes_on.wait(LIMIT_S)

    errands = Errands("surge", limit=2)
    errands.submit(block)
    assert begun.wait(LIMIT_S)
    errands.submit(lambda: done.append(1))
    errands.submit(lambda: done.append(2))
    with pytest.raises(ServiceError, match="2 requests wait"):
        errands.submit(lambda: done.append(3))
    assert errands.close(0.05) is False
    with pytest.raises(ServiceError, match="ending"):
        errands.submit(lambda: done.append(4))
    goes_on.set()
    assert errands.close(LIMIT_S) is True
    assert done == []
