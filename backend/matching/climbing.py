"""Climbs beside a search: one at a time, in a thread of its own, while others are rendered."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch

from backend.matching.climber import Climber
from backend.matching.trials import Trial
from backend.records import Vector

#: So many trials climb together: one operation for all of them costs hardly more than for one.
PARENTS = 4


class Climbing:
    """Has trials climb.

    Args:
        climber: towards the target.
        free: continuous parameters that may be moved, ``(width,)``.
        rng: all chance.
    """

    def __init__(
        self, climber: Climber, free: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        self._climber = climber
        self._free = free
        self._rng = rng
        self._thread: ThreadPoolExecutor | None = None
        self._over = threading.Event()
        self._running: Future[list[tuple[Trial, Vector]]] | None = None

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Climb until the end of the block; a climb that is not over then is broken off."""
        self._over.clear()
        with ThreadPoolExecutor(1, "climbing", torch.set_num_threads, (1,)) as self._thread:
            try:
                yield
            finally:
                self._over.set()
                self._running = None
        self._thread = None

    def arrived(self) -> bool:
        """Whether a climb is over and has not been taken."""
        return self._running is not None and self._running.done()

    def take(self) -> list[tuple[Trial, Vector]]:
        """Return where the last climb led, each setting with its trial, once it is over."""
        running = self._running
        if running is None or not running.done():
            return []
        self._running = None
        return running.result()

    def begin(self, parents: Sequence[Trial]) -> None:
        """Let trials climb, unless others do; there must be a block in which it goes on."""
        if self._running is None:
            assert self._thread is not None
            rng = np.random.default_rng(self._rng.integers(1 << 63))
            self._running = self._thread.submit(
                self._climber.climb, parents, self._free, rng, self._over.is_set
            )
