"""An output and an input that a test moves by hand, block by block."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.records import Audio


class FakeOutput:
    """Plays nothing; a test takes what a device would have played."""

    def __init__(self, sample_rate_hz: int = 44_100) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.starts = 0
        self.closed = False
        self._pull: Callable[[int], Audio] | None = None

    @property
    def running(self) -> bool:
        return self._pull is not None

    def start(self, pull: Callable[[int], Audio]) -> None:
        self.starts += 1
        self._pull = pull

    def close(self) -> None:
        self.closed = True
        self._pull = None

    def vanish(self) -> None:
        """The device is unplugged."""
        self._pull = None

    def take(self, frames: int, *, block: int = 64) -> Audio:
        """Return the next frames, pulled in blocks."""
        assert self._pull is not None, "nothing was started"
        sizes = [block] * (frames // block) + ([frames % block] if frames % block else [])
        return np.concatenate([self._pull(size) for size in sizes], axis=1)


class FakeInput:
    """Hears what a test says."""

    def __init__(self, sample_rate_hz: int = 1_000, channels: int = 1) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.channels = channels
        self.closed = False
        self.push: Callable[[Audio, bool], None]

    def start(self, push: Callable[[Audio, bool], None]) -> None:
        self.push = push

    def close(self) -> None:
        self.closed = True

    def hear(self, values: Audio, *, lost: bool = False) -> None:
        """Hear a block, the same on all channels."""
        audio = np.repeat(np.atleast_2d(values), self.channels, axis=0)
        self.push(audio.astype(np.float32), lost)
