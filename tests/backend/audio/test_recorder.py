from __future__ import annotations

import threading

import numpy as np
import pytest
from fake_sound import FakeInput

from backend.audio.recorder import Recorder
from backend.errors import DeviceError


@pytest.mark.parametrize("block", [1, 7, 100, 333, 1500])
def test_the_last_seconds_are_kept_whatever_the_block_size(block: int) -> None:
    source = FakeInput(sample_rate_hz=1000)
    recorder = Recorder(source, 0.5)
    heard = np.arange(3000, dtype=np.float32)
    for start in range(0, 3000, block):
        source.hear(heard[start : start + block])
    np.testing.assert_array_equal(recorder.keep(0.5, "kept").audio[0], heard[-500:])
    np.testing.assert_array_equal(recorder.keep(0.1, "kept").audio[0], heard[-100:])
    assert recorder.heard_s == 3.0


def test_before_the_ring_is_full_all_is_kept() -> None:
    source = FakeInput(channels=2)
    recorder = Recorder(source, 5.0)
    source.hear(np.arange(1, 11))
    region = recorder.keep(5.0, "kept")
    np.testing.assert_array_equal(region.audio, [np.arange(1, 11)] * 2)
    assert (region.sample_rate_hz, region.name, region.remarks) == (1000, "kept", ())


def test_what_is_kept_does_not_change_with_what_is_heard_later() -> None:
    source = FakeInput()
    recorder = Recorder(source, 0.01)
    source.hear(np.ones(10))
    region = recorder.keep(0.01, "kept")
    source.hear(np.zeros(10))
    assert region.audio.all()


def test_lost_sound_is_told_with_its_place() -> None:
    source = FakeInput()
    recorder = Recorder(source, 1.0)
    source.hear(np.ones(700))
    source.hear(np.ones(500), lost=True)
    [remark] = recorder.keep(1.0, "kept").remarks
    assert "0.50 s" in remark
    assert recorder.keep(0.4, "kept").remarks == ()


def test_wait_ends_when_enough_was_heard() -> None:
    source = FakeInput()
    recorder = Recorder(source, 1.0)
    waiter = threading.Thread(target=recorder.wait, args=(1.0,), daemon=True)
    waiter.start()
    for _ in range(9):
        source.hear(np.ones(100))
    assert waiter.is_alive()
    source.hear(np.ones(100))
    waiter.join(30)
    assert not waiter.is_alive()


def test_an_input_that_gives_nothing_is_said() -> None:
    recorder = Recorder(FakeInput(), 1.0)
    with pytest.raises(DeviceError, match="given nothing"):
        recorder.wait(1.0, silence_s=0.01)


def test_it_closes_its_source() -> None:
    source = FakeInput()
    with Recorder(source, 1.0):
        assert not source.closed
    assert source.closed
