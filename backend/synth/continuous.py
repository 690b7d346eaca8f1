"""The continuous parameters of a space, all at once: where they lie, and what they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from backend.errors import ParameterError
from backend.records import ParameterValue
from backend.synth.table import SpecParameter

#: Slack for what single-precision vectors and natives lose of a value at the edge of its range.
TOLERANCE = 1e-6

Array = npt.NDArray[np.float64]


class Continuous:
    """The continuous ones of a space's parameters, in order.

    Args:
        parameters: all of the space.
        places: where each lies in a vector.
    """

    def __init__(self, parameters: Sequence[SpecParameter], places: Sequence[slice]) -> None:
        rows = list(zip(parameters, places, strict=True))
        self._parameters = [parameter for parameter, _ in rows if not parameter.categories]
        #: Their places in a vector, int ``(n,)``.
        self.columns = np.array(
            [place.start for parameter, place in rows if not parameter.categories], dtype=np.intp
        )
        self._low = np.array([parameter.minimum for parameter in self._parameters])
        self._span = np.array([parameter.maximum for parameter in self._parameters]) - self._low

    def hosts(self, values: Mapping[str, ParameterValue]) -> Array:
        """Return their host values, ``(n,)``.

        Raises:
            ParameterError: one is no number, or outside its range.
        """
        given = [values[parameter.name] for parameter in self._parameters]
        if not any(isinstance(value, str) for value in given):
            hosts = np.array(given, dtype=np.float64)
            fractions = (hosts - self._low) / self._span
            if ((fractions >= -TOLERANCE) & (fractions <= 1.0 + TOLERANCE)).all():
                return hosts
        for parameter, value in zip(self._parameters, given, strict=True):
            check_host(parameter, value)
        raise AssertionError("all values are allowed one by one")

    def fractions(self, values: Mapping[str, ParameterValue]) -> Array:
        """Return where in their ranges they are, ``(n,)`` in 0..1.

        Raises:
            ParameterError: as ``hosts``.
        """
        fractions: Array = np.clip((self.hosts(values) - self._low) / self._span, 0.0, 1.0)
        return fractions

    def at(self, fractions: Array) -> list[float]:
        """Return the host values at some places in their ranges, ``(n,)`` in 0..1."""
        hosts: list[float] = (self._low + fractions * self._span).tolist()
        return hosts


def check_host(parameter: SpecParameter, value: ParameterValue) -> None:
    """See that a host value is a number within a continuous parameter's range.

    Raises:
        ParameterError: it is not.
    """
    fraction = float("nan")
    if not isinstance(value, str):
        fraction = (value - parameter.minimum) / (parameter.maximum - parameter.minimum)
    if not -TOLERANCE <= fraction <= 1 + TOLERANCE:
        raise ParameterError(
            f"{parameter.name} is {value!r}; it must be a number from {parameter.minimum:g} "
            f"to {parameter.maximum:g}"
        )
