"""Random numbers that are the same on every machine and in every version.

Of NumPy only the integers of PCG64 are used, whose stream NumPy guarantees; its distributions may
change, so they are made here, as NumPy 2 makes them.
"""

from __future__ import annotations

import bisect
from functools import cache

import numpy as np

#: Integers that are drawn at a time, enough for most parameter sets.
CHUNK = 256


class Draws:
    """Random numbers of one seed."""

    def __init__(self, *seed: int) -> None:
        self._source = np.random.PCG64(seed)
        self._chunk: list[int] = []
        self._at = 0

    def unit(self) -> float:
        """Return a number of 0..1, without 1."""
        return (self._integer() >> 11) * 2.0**-53

    def between(self, low: float, high: float) -> float:
        """Return a number of a range."""
        return low + (high - low) * self.unit()

    def below(self, count: int) -> int:
        """Return one of 0, 1, ... ``count - 1`` (Lemire 2019, on the halves of the integers)."""
        halves: list[int] = []
        while True:
            if not halves:
                integer = self._integer()
                halves = [integer & 0xFFFFFFFF, integer >> 32]
            scaled = halves.pop(0) * count
            if scaled & 0xFFFFFFFF >= 2**32 % count:
                return scaled >> 32

    def weighted(self, weights: tuple[float, ...]) -> int:
        """Return one of 0, 1, ... as often as its weight says."""
        return bisect.bisect_right(_cumulated(weights), self.unit())

    def _integer(self) -> int:
        if self._at == len(self._chunk):
            self._chunk, self._at = self._source.random_raw(CHUNK).tolist(), 0
        self._at += 1
        return self._chunk[self._at - 1]


@cache
def _cumulated(weights: tuple[float, ...]) -> list[float]:
    """Return chances summed up, the last 1."""
    chances = np.array(weights)
    summed = np.cumsum(chances / chances.sum())
    cumulated: list[float] = (summed / summed[-1]).tolist()
    return cumulated
