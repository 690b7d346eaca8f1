"""Moves a preset to another pitch, or to another note without a change of pitch.

A preset sounds at its note plus what its oscillators are set away from it. Both can be traded for
each other without changing the sound: no filter, envelope or effect of the parameter spaces follows
the keyboard. So the note becomes the one that is wanted, and the oscillators move together by what
is then left, intervals between them and all. How far that reaches is a matter of the space:

- ``surge_full``: every oscillator spans 43 semitones to both sides (octaves and semitones);
- ``surge_simple``: 7 semitones to both sides; beyond them the note gives way, not the pitch.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from backend.audio.pitch import Pitch
from backend.records import ParameterSet, ParameterValue
from backend.synth.spec import ParameterSpec, load_spec
from backend.synth.table import SpecParameter

#: Every note of the keyboard; ``spec.pitch_low`` to ``spec.pitch_high`` is what a vector holds.
KEYBOARD = range(128)

OSCILLATORS = (1, 2, 3)

#: A mixer level below this (of 1; -42 dB) does not decide how far the oscillators can move.
FAINT_LEVEL = 0.2

#: FM routings: which oscillators modulate the first one.
FM_SOURCES = {"Off": (), "2 > 1": (2,), "3 > 2 > 1": (2, 3), "2 > 1 < 3": (2, 3)}

#: Slack, in semitones, at the end of an oscillator's range.
SLACK = 1e-6


def retune(
    parameters: ParameterSet,
    target: Pitch | None,
    render: Pitch | None,
    *,
    notes: Iterable[int] = KEYBOARD,
    locked: Collection[str] = (),
) -> ParameterSet:
    """Return the preset that sounds at the target's pitch when the target's note is played.

    Where the oscillators cannot move that far, the note is the nearest one to the target's at
    which the pitch is right, whole octaves off where it can be; where no note allows that, the
    pitch is as near as it gets.

    Args:
        parameters: the preset.
        target: what ``find_pitch`` found in the target; without a tonal one nothing changes.
        render: what it found in the preset's own render; without a tonal one the pitch is taken
            to be right, and only the note and what makes up for it change.
        notes: the notes that may be played; a note outside the space's own cannot be encoded as
            a vector.
        locked: names of parameters that keep their value.

    Raises:
        ParameterError: the set is not of its space.
    """
    if target is None or not target.tonal:
        return parameters
    spec = load_spec(parameters.spec_name)
    spec.natives(parameters)  # refuses what is not of the space
    wrong_by = target.midi - render.midi if render is not None and render.tonal else 0.0
    oscillators = [_oscillator(spec, parameters, number) for number in OSCILLATORS]
    heard = _heard(parameters)
    deciding = [osc for osc in oscillators if osc.number in heard]
    if any(name in locked for osc in deciding for name in osc.names):
        low = high = 0.0
    else:
        low = max((osc.lowest - osc.offset for osc in deciding), default=-math.inf)
        high = min((osc.highest - osc.offset for osc in deciding), default=math.inf)
    # The note and the move of the oscillators always add up to the same.
    together = parameters.note.pitch + wrong_by

    def fault(note: int) -> tuple[float, bool, int]:
        move = together - note
        short = max(low - move, move - high, 0.0)
        apart = abs(note - target.note)
        return (round(short, 6), apart % 12 != 0, apart)

    note = min(notes, key=fault)
    move = min(max(together - note, low), high)
    values: dict[str, ParameterValue] = dict(parameters.values)
    for osc in oscillators:
        if not any(name in locked for name in osc.names):
            values |= osc.moved(move)
    return ParameterSet(spec.name, values, replace(parameters.note, pitch=note))


@dataclass(frozen=True)
class _Oscillator:
    """Where an oscillator stands, and where it can stand.

    Args:
        number: 1 to 3.
        pitch: its parameter in semitones.
        octave: its parameter in octaves; None where the space has none.
        octaves: its setting of that, 0 without.
        semitones: its setting of ``pitch``.
    """

    number: int
    pitch: SpecParameter
    octave: SpecParameter | None
    octaves: int
    semitones: float

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return (self.pitch.name, *([self.octave.name] if self.octave else []))

    @property
    def offset(self) -> float:
        """How far above the note it sounds, semitones."""
        return 12 * self.octaves + self.semitones

    @property
    def lowest(self) -> float:
        """The lowest offset that it can have."""
        return 12 * min(self._octaves()) + self.pitch.surge.host_to_native(self.pitch.minimum)

    @property
    def highest(self) -> float:
        """The highest offset that it can have."""
        return 12 * max(self._octaves()) + self.pitch.surge.host_to_native(self.pitch.maximum)

    def moved(self, semitones: float) -> dict[str, ParameterValue]:
        """Return its parameters after a move; where it cannot go there, as they are now."""
        if semitones == 0 or not (
            self.lowest - SLACK <= self.offset + semitones <= self.highest + SLACK
        ):
            return {}
        wanted = self.offset + semitones
        # Whole octaves are left to the octave, so that the fine setting stays what it was.
        octaves = min(
            (n for n in self._octaves() if self._fits(wanted - 12 * n)),
            key=lambda n: (abs(wanted - 12 * n - self.semitones), abs(n)),
        )
        host = self.pitch.surge.native_to_host(wanted - 12 * octaves)
        host = min(max(host, self.pitch.minimum), self.pitch.maximum)
        values: dict[str, ParameterValue] = {self.pitch.name: host}
        if self.octave is not None:
            labels = {round(category.native): category.label for category in self.octave.categories}
            values[self.octave.name] = labels[octaves]
        return values

    def _octaves(self) -> list[int]:
        if self.octave is None:
            return [0]
        return [round(category.native) for category in self.octave.categories]

    def _fits(self, semitones: float) -> bool:
        low, high = (
            self.pitch.surge.host_to_native(host)
            for host in (self.pitch.minimum, self.pitch.maximum)
        )
        return low - SLACK <= semitones <= high + SLACK


def _oscillator(spec: ParameterSpec, parameters: ParameterSet, number: int) -> _Oscillator:
    by_name = {parameter.name: parameter for parameter in spec.parameters}
    pitch = by_name[f"a_osc_{number}_pitch"]
    octave = by_name.get(f"a_osc_{number}_octave")
    octaves = 0
    if octave is not None:
        label = parameters.values[octave.name]
        octaves = round(next(c.native for c in octave.categories if c.label == label))
    semitones = pitch.surge.host_to_native(float(parameters.values[pitch.name]))
    return _Oscillator(number, pitch, octave, octaves, semitones)


def _heard(parameters: ParameterSet) -> set[int]:
    """Return the oscillators that decide the pitch: in the mixer, or modulating one that is."""
    values = parameters.values
    heard = {
        number
        for number in OSCILLATORS
        if values.get(f"a_osc_{number}_mute") != "muted"
        and float(values[f"a_osc_{number}_volume"]) >= FAINT_LEVEL
    }
    for ring, pair in (("1x2", (1, 2)), ("2x3", (2, 3))):
        level = float(values.get(f"a_ring_modulation_{ring}_volume", 0.0))
        if values.get(f"a_ring_modulation_{ring}_mute") == "unmuted" and level >= FAINT_LEVEL:
            heard |= set(pair)
    if 1 in heard:
        heard |= set(FM_SOURCES[str(values.get("a_fm_routing", "Off"))])
    return heard
