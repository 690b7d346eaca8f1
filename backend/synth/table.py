"""The parameter table of Surge XT, read from ``surge_xt.json``: all names and ranges.

Every other module asks here: the codec for ranges and categories, the patch writer for base values
and flags, the live link for OSC addresses, locking for sections. The figures were measured on
Surge XT 1.3.4 (patch revision 24); the sampling rules are those of Hayes et al., ISMIR 2025.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal

Kind = Literal["float", "int", "bool"]

#: The parts of the synth that a musician locks or reads as one thing.
SECTIONS = (
    *("osc 1", "osc 2", "osc 3", "mixer", "waveshaper", "filters", "envelopes", "lfos"),
    *("effects", "scene", "scene b", "global"),
)


@dataclass(frozen=True)
class Display:
    """How a native value reads to a person.

    Args:
        unit: ``Hz``, ``s``, ``%``, ``dB``, ``semitones`` or empty.
        rule: ``linear`` (a x value), ``exp2`` (a x 2^(b x value)) or ``decibel`` (18 log2 value).
        a: factor of the rule.
        b: exponent factor of ``exp2``.
    """

    unit: str = ""
    rule: Literal["linear", "exp2", "decibel"] = "linear"
    a: float = 1.0
    b: float = 1.0

    def text(self, native: float) -> str:
        """Return the value with its unit, e.g. ``1.32 kHz`` or ``-6.0 dB``."""
        if self.rule == "decibel":
            return "-inf dB" if native <= 0 else f"{18 * math.log2(native):.1f} dB"
        value = self.a * 2 ** (self.b * native) if self.rule == "exp2" else self.a * native
        if self.unit == "Hz" and value >= 1000:
            return f"{value / 1000:.2f} kHz"
        if self.unit == "s" and value < 1:
            return f"{value * 1000:.1f} ms"
        # Three digits, but neither an exponent nor a minus zero.
        digits = f"{value:.0f}" if abs(value) >= 100 else f"{round(value, 4) + 0.0:.3g}"
        return f"{digits} {self.unit}".rstrip()


@dataclass(frozen=True)
class SurgeParameter:
    """One of Surge XT's 766 parameters.

    Args:
        storage: name in the patch file.
        osc: OSC address.
        host: name that a VST3 host shows with the base patch loaded.
        section: one of SECTIONS.
        kind: ``float``, ``int`` or ``bool``.
        minimum: smallest native value; None for a slot that the base patch leaves empty.
        maximum: largest native value; None likewise.
        display: how a native value reads.
        base: native value in each base patch that writes the parameter, by base name.
        flags: extra attributes in the patch file (``deactivated``, ``temposync``, ...).
    """

    storage: str
    osc: str
    host: str
    section: str
    kind: Kind
    minimum: float | None
    maximum: float | None
    display: Display
    base: tuple[tuple[str, float], ...]
    flags: tuple[tuple[str, int], ...]

    def base_value(self, base: str) -> float | None:
        """Return the native value in a base patch, or None where that patch omits it."""
        return dict(self.base).get(base)

    def host_to_native(self, host: float) -> float:
        """Map a host value 0..1 to native units (Surge's ``Parameter`` formulas)."""
        low, high = self._range()
        if self.kind == "bool":
            return float(host > 0.5)
        if self.kind == "int":
            steps = math.trunc((host - 0.005) / 0.99 * (high - low) + 0.5)
            return min(max(low + steps, low), high)
        return min(max(low + host * (high - low), low), high)

    def native_to_host(self, native: float) -> float:
        """Map a native value to the host value 0..1; the inverse of ``host_to_native``."""
        low, high = self._range()
        if self.kind == "bool":
            return float(native > 0.5)
        fraction = (native - low) / (high - low)
        return 0.005 + 0.99 * fraction if self.kind == "int" else fraction

    def _range(self) -> tuple[float, float]:
        assert self.minimum is not None and self.maximum is not None, f"{self.storage} has no range"
        return self.minimum, self.maximum


@dataclass(frozen=True)
class Routing:
    """A modulation of the base patches: source id -> target, depth in the target's native units."""

    source: int
    target: str
    depth: float


@dataclass(frozen=True)
class Category:
    """One choice of a categorical parameter, with its native value and sampling weight."""

    label: str
    native: float
    weight: float


@dataclass(frozen=True)
class SpecParameter:
    """A parameter that the model predicts, and how training draws it.

    Args:
        name: the papers' name, e.g. ``a_filter_1_cutoff``.
        surge: the Surge parameter it sets.
        minimum: lowest host value drawn (continuous).
        maximum: highest host value drawn (continuous).
        constant: host value drawn with ``constant_probability`` instead of a uniform one.
        constant_probability: 0..1.
        categories: choices; empty for a continuous parameter.
    """

    name: str
    surge: SurgeParameter
    minimum: float = 0.0
    maximum: float = 1.0
    constant: float = 0.0
    constant_probability: float = 0.0
    categories: tuple[Category, ...] = ()

    @property
    def width(self) -> int:
        """Numbers that the parameter takes in the vector."""
        return len(self.categories) or 1

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The category labels in vector order."""
        return tuple(category.label for category in self.categories)

    @cached_property
    def places(self) -> dict[str | float, int]:
        """Where each label is among them."""
        return {label: place for place, label in enumerate(self.labels)}


@dataclass(frozen=True)
class Table:
    """The whole of ``surge_xt.json``."""

    parameters: tuple[SurgeParameter, ...]
    routings: tuple[Routing, ...]
    specs: tuple[tuple[str, str, tuple[SpecParameter, ...]], ...]
    patch_revision: int
    pitch_low: int
    pitch_high: int
    duration_s: float


def snap_to_note_length(native: float) -> float:
    """Round a tempo-synced time (log2 of beats) the way Surge does: straight, triplet or dotted."""
    whole = math.floor(native)
    ratio = 2 ** (native - whole)
    if ratio > 1.41:
        return whole + math.log2(1.5)
    return whole + (math.log2(4 / 3) if ratio > 1.167 else 0.0)


def _parameter(row: dict[str, Any]) -> SurgeParameter:
    base = row.get("base", {})
    if not isinstance(base, dict):
        base = {"full": base, "simple": base}
    display = Display()
    if "exp2" in row:
        display = Display(row["unit"], "exp2", *row["exp2"])
    elif "decibel" in row:
        display = Display("dB", "decibel")
    elif "unit" in row:
        display = Display(row["unit"], "linear", row["scale"])
    return SurgeParameter(
        storage=row["storage"],
        osc=row["osc"],
        host=row["host"],
        section=row["section"],
        kind=row["kind"],
        minimum=row["min"],
        maximum=row["max"],
        display=display,
        base=tuple(base.items()),
        flags=tuple(row.get("flags", {}).items()),
    )


@cache
def surge_table() -> Table:
    """Read the table once; about 20 ms."""
    text = resources.files("backend.synth").joinpath("surge_xt.json").read_text("utf-8")
    data = json.loads(text)
    parameters = tuple(_parameter(row) for row in data["parameters"])
    by_storage = {parameter.storage: parameter for parameter in parameters}

    def spec_parameter(row: dict[str, Any]) -> SpecParameter:
        return SpecParameter(
            name=row["name"],
            surge=by_storage[row["storage"]],
            minimum=row.get("min", 0.0),
            maximum=row.get("max", 1.0),
            constant=row.get("constant", 0.0),
            constant_probability=row.get("constant_probability", 0.0),
            categories=tuple(Category(*category) for category in row.get("categories", ())),
        )

    return Table(
        parameters=parameters,
        routings=tuple(Routing(**routing) for routing in data["routings"]),
        specs=tuple(
            (name, spec["base"], tuple(spec_parameter(row) for row in spec["parameters"]))
            for name, spec in data["specs"].items()
        ),
        patch_revision=data["patch_revision"],
        pitch_low=data["note"]["pitch"][0],
        pitch_high=data["note"]["pitch"][1],
        duration_s=data["note"]["duration_s"],
    )
