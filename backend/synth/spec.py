"""The codec: vector <-> named parameter set <-> native values, exact both ways.

Three representations of one setting (after Hayes et al., ISMIR 2025):

- *vector*: what the network sees, float32 ``(width,)``, every number nominally in -1..1;
  one number for a continuous parameter and a one-hot group for a categorical one, in the papers'
  order, then pitch, note-on, note-off.
- *parameter set*: named host values 0..1 or category labels, and a note (``records.ParameterSet``).
- *native values*: Surge's own units by storage name, as they stand in a patch file.

Ours, against the papers' code: pitch is rounded (not truncated), note times are put in order, and
one-hot groups take their argmax before any clipping.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from backend.errors import ParameterError
from backend.records import Note, ParameterSet, ParameterValue, Vector
from backend.synth.continuous import TOLERANCE, Continuous, check_host
from backend.synth.table import SpecParameter, snap_to_note_length, surge_table

NOTE_WIDTH = 3  # pitch, note-on, note-off

#: How near (of a range of 2) a sampled number counts as the constant it was probably drawn as.
SETTLE_DISTANCE = 0.06

#: Shortest note a decoded vector may hold; a zero-length note would render silence.
MINIMUM_NOTE_S = 0.01


@dataclass(frozen=True)
class ParameterSpec:
    """A parameter space: which parameters, in which order, in which ranges.

    Args:
        name: ``surge_simple`` or ``surge_full``.
        base: which base patch supplies every value outside the space.
        parameters: the space's rows in vector order.
        pitch_low: lowest MIDI pitch.
        pitch_high: highest MIDI pitch.
        duration_s: length of a render, and the range of the note times.
    """

    name: str
    base: str
    parameters: tuple[SpecParameter, ...]
    pitch_low: int
    pitch_high: int
    duration_s: float

    @cached_property
    def width(self) -> int:
        """Numbers in a vector: 92 (Simple) or 300 (Full)."""
        return sum(parameter.width for parameter in self.parameters) + NOTE_WIDTH

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that gives a vector its meaning; weights are bound to it."""
        rows = [
            [
                p.name,
                p.surge.storage,
                p.minimum,
                p.maximum,
                [[c.label, c.native] for c in p.categories],
            ]
            for p in self.parameters
        ]
        note = [self.pitch_low, self.pitch_high, self.duration_s]
        text = json.dumps([self.name, self.base, rows, note], separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def slices(self) -> tuple[slice, ...]:
        """Return each parameter's place in the vector, in order (the note is the last three)."""
        return self._slices

    @cached_property
    def _slices(self) -> tuple[slice, ...]:
        ends = np.cumsum([parameter.width for parameter in self.parameters])
        return tuple(
            slice(int(end) - parameter.width, int(end))
            for parameter, end in zip(self.parameters, ends, strict=True)
        )

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters)

    @cached_property
    def _continuous(self) -> Continuous:
        return Continuous(self.parameters, self._slices)

    def encode(self, parameters: ParameterSet) -> Vector:
        """Turn a parameter set into a vector, float32 ``(width,)`` in -1..1.

        Raises:
            ParameterError: a name is missing or unknown, or a value lies outside the space.
        """
        self._check_names(parameters.values)
        encoded = np.zeros(self.width, dtype=np.float64)
        for parameter, place in zip(self.parameters, self.slices(), strict=True):
            if parameter.categories:
                value = parameters.values[parameter.name]
                encoded[place.start + self._category(parameter, value)] = 1.0
        encoded[self._continuous.columns] = self._continuous.fractions(parameters.values)
        note = parameters.note
        encoded[-3] = (note.pitch - self.pitch_low) / (self.pitch_high - self.pitch_low)
        encoded[-2:] = note.on_s / self.duration_s, note.off_s / self.duration_s
        if not (np.all((encoded >= 0) & (encoded <= 1)) and note.on_s <= note.off_s):
            raise ParameterError(
                f"the note {note} is outside the space; pitch must be {self.pitch_low} to "
                f"{self.pitch_high} and times 0 to {self.duration_s} s, on before off"
            )
        return (2 * encoded - 1).astype(np.float32)

    def check(self, parameters: ParameterSet) -> None:
        """See that a parameter set is of the space, on whatever note of the keyboard.

        Raises:
            ParameterError: a name is missing or unknown, or a value or the note is not allowed.
        """
        self.natives(parameters)
        note = parameters.note
        if not (0 <= note.pitch <= 127 and 0 <= note.on_s <= note.off_s <= self.duration_s):
            raise ParameterError(
                f"the note {note} cannot be played; pitch must be 0 to 127 and times 0 to "
                f"{self.duration_s} s, on before off"
            )

    def decode(self, vector: npt.ArrayLike) -> ParameterSet:
        """Turn any vector ``(width,)`` into the nearest valid parameter set.

        Raises:
            ParameterError: the vector has another length, or holds NaN or infinity.
        """
        x = np.asarray(vector, dtype=np.float64)
        if x.shape != (self.width,):
            raise ParameterError(
                f"{self.name} needs a vector of {self.width} numbers; got shape {x.shape}"
            )
        if not np.all(np.isfinite(x)):
            raise ParameterError(f"the {self.name} vector holds NaN or infinity; sample it again")
        values: dict[str, ParameterValue] = {}
        clipped = np.clip((x + 1) / 2, 0.0, 1.0)
        hosts = iter(self._continuous.at(clipped[self._continuous.columns]))
        for parameter, place in zip(self.parameters, self.slices(), strict=True):
            if parameter.categories:
                values[parameter.name] = parameter.labels[int(x[place].argmax())]
            else:
                values[parameter.name] = next(hosts)
        pitch = self.pitch_low + round(float(clipped[-3]) * (self.pitch_high - self.pitch_low))
        on_s, off_s = sorted(float(time) * self.duration_s for time in clipped[-2:])
        if off_s - on_s < MINIMUM_NOTE_S - TOLERANCE:
            on_s = min(on_s, self.duration_s - MINIMUM_NOTE_S)
            off_s = on_s + MINIMUM_NOTE_S
        return ParameterSet(self.name, values, Note(pitch, on_s, off_s))

    def settle(self, vector: npt.ArrayLike) -> Vector:
        """Move sampled numbers that lie next to a value training draws often onto that value.

        An LFO amplitude of 0.01 is far likelier a sampled 0 than a drawn 0.01; left alone it would
        wobble where the target stands still. ``decode`` itself stays exact and does not do this.

        Args:
            vector: ``(width,)``, in -1..1 give or take.

        Returns:
            float32 ``(width,)``.
        """
        x = np.array(vector, dtype=np.float32)
        for parameter, place in zip(self.parameters, self.slices(), strict=True):
            if parameter.constant_probability > 0:
                span = parameter.maximum - parameter.minimum
                constant = 2 * (parameter.constant - parameter.minimum) / span - 1
                if abs(float(x[place.start]) - constant) < SETTLE_DISTANCE:
                    x[place] = constant
        return x

    def natives(self, parameters: ParameterSet) -> dict[str, float]:
        """Return storage name -> native value for the space's parameters.

        Raises:
            ParameterError: as ``encode``.
        """
        self._check_names(parameters.values)
        hosts = iter(self._continuous.hosts(parameters.values).tolist())
        natives = {}
        for parameter in self.parameters:
            if parameter.categories:
                place = self._category(parameter, parameters.values[parameter.name])
                native = parameter.categories[place].native
            else:
                native = parameter.surge.host_to_native(next(hosts))
            natives[parameter.surge.storage] = native
        return natives

    def from_natives(self, natives: Mapping[str, float], note: Note) -> ParameterSet:
        """Read a parameter set from native values by storage name; the inverse of ``natives``.

        Raises:
            ParameterError: a value is missing, or is no setting of this space.
        """
        values: dict[str, ParameterValue] = {}
        for parameter in self.parameters:
            storage = parameter.surge.storage
            if storage not in natives:
                raise ParameterError(f"the patch has no {storage}; {self.name} needs it")
            native = natives[storage]
            if not parameter.categories:
                values[parameter.name] = parameter.surge.native_to_host(native)
                check_host(parameter, values[parameter.name])
                continue
            near = [abs(category.native - native) for category in parameter.categories]
            if min(near) > 1e-4:
                raise ParameterError(
                    f"{parameter.name} is {native:g}; {self.name} knows "
                    f"{', '.join(parameter.labels)}"
                )
            values[parameter.name] = parameter.labels[int(np.argmin(near))]
        return ParameterSet(self.name, values, note)

    def from_host(self, host: Mapping[str, float], note: Note) -> ParameterSet:
        """Read a parameter set from host values 0..1 by parameter name (categorical ones too).

        Raises:
            ParameterError: as ``from_natives``.
        """
        self._check_names(host)
        natives = {p.surge.storage: p.surge.host_to_native(host[p.name]) for p in self.parameters}
        for parameter in self.parameters:
            if parameter.categories and parameter.surge.kind == "float":  # tempo-synced times
                native = natives[parameter.surge.storage]
                choices = [category.native for category in parameter.categories]
                natives[parameter.surge.storage] = min(
                    choices, key=lambda c: abs(c - snap_to_note_length(native))
                )
        named = self.from_natives(natives, note)
        exact = {p.name: host[p.name] for p in self.parameters if not p.categories}
        return ParameterSet(self.name, {**named.values, **exact}, note)

    def _check_names(self, values: Mapping[str, object]) -> None:
        if values.keys() != self._names:
            wrong = self._names.symmetric_difference(values)
            raise ParameterError(
                f"{self.name} needs exactly its {len(self._names)} parameters; missing or unknown: "
                f"{', '.join(sorted(wrong)[:5])}"
            )

    def _category(self, parameter: SpecParameter, value: ParameterValue) -> int:
        place = parameter.places.get(value)
        if place is None:
            raise ParameterError(
                f"{parameter.name} is {value!r}; it must be one of {', '.join(parameter.labels)}"
            )
        return place


@cache
def load_spec(name: str) -> ParameterSpec:
    """Return ``surge_simple`` or ``surge_full``.

    Raises:
        ParameterError: there is no such space.
    """
    table = surge_table()
    for spec_name, base, parameters in table.specs:
        if spec_name == name:
            return ParameterSpec(
                name, base, parameters, table.pitch_low, table.pitch_high, table.duration_s
            )
    known = ", ".join(spec_name for spec_name, _, _ in table.specs)
    raise ParameterError(f"there is no parameter space {name!r}; choose one of {known}")
