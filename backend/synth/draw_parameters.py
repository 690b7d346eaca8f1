"""An index becomes a random parameter set, the same on every machine and in every version.

The index is the seed, so a render is named by its parameter space and a number alone: the training
data are ranges of indices, and the shipped index of renders stores no parameters. Sampling rules:
Hayes et al. 2025, section on datasets (theirs were unseeded). Of NumPy only the integers of PCG64
are used, whose stream NumPy guarantees; its distributions may change, so they are made here, as
NumPy 2 makes them.
"""

from __future__ import annotations

import bisect
from functools import cache

import numpy as np

from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.spec import MINIMUM_NOTE_S, ParameterSpec

#: Integers that are drawn at a time, enough for most parameter sets.
CHUNK = 256


def draw_parameters(spec: ParameterSpec, index: int) -> ParameterSet:
    """Draw the parameter set of an index.

    Args:
        spec: the parameter space with its sampling rules.
        index: 0 or more; also the seed.

    Returns:
        A complete parameter set whose note lies within the render.
    """
    draws = _Draws(index, spec.width)
    values: dict[str, ParameterValue] = {}
    for parameter in spec.parameters:
        if parameter.categories:
            weights = tuple(category.weight for category in parameter.categories)
            values[parameter.name] = parameter.categories[draws.weighted(weights)].label
        elif draws.unit() < parameter.constant_probability:
            values[parameter.name] = parameter.constant
        else:
            values[parameter.name] = draws.between(parameter.minimum, parameter.maximum)
    pitch = spec.pitch_low + draws.below(spec.pitch_high + 1 - spec.pitch_low)
    first_s, second_s = sorted(draws.between(0.0, spec.duration_s) for _ in range(2))
    on_s = min(first_s, spec.duration_s - MINIMUM_NOTE_S)
    off_s = max(second_s, on_s + MINIMUM_NOTE_S)
    return ParameterSet(spec.name, values, Note(pitch, on_s, off_s))


class _Draws:
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
