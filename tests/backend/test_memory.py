from __future__ import annotations

import sys

import pytest

from backend.memory import UNKNOWN_MB, memory_mb


def test_memory_is_told_where_the_system_tells_it() -> None:
    if sys.platform not in ("linux", "darwin"):
        assert memory_mb() == UNKNOWN_MB
    else:
        assert 5 < memory_mb() < 100_000


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is the peak, or unknown")
def test_what_is_taken_shows() -> None:
    before_mb = memory_mb()
    taken = bytearray(b"x" * 200_000_000)
    assert memory_mb() - before_mb == pytest.approx(len(taken) / 2**20, rel=0.2)
