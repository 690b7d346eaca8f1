"""Settings that sound the same: taught at no rendering cost, and never rendered or shown twice.

Two facts about the parameter spaces (checked on Surge by the tests):

- An *idle* parameter changes no bit of the sound: everything of an LFO whose amplitude is 0, of an
  effect whose mix is 0, of a muted noise or ring modulation, the detune of a single voice, the
  depth of FM that is off. Idle parameters are put *at rest*, so that the network does not spend
  itself on them and the presets it writes are tidy.
- Oscillators may *trade places*, with their mixer channels and the LFOs that move their widths,
  while neither FM nor ring modulation tells them apart (Hayes et al. 2025: a conditional symmetry);
  what that changes is less than their free phases do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.records import Vector
from backend.synth.spec import ParameterSpec

_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class IdleRule:
    """``columns`` cannot be heard in the rows where all of ``conditions`` hold.

    Args:
        conditions: ``(column, value)`` pairs that a vector must hold exactly.
        columns: the vector's columns that are then idle.
    """

    conditions: tuple[tuple[int, float], ...]
    columns: npt.NDArray[np.intp]


class Equivalents:
    """The symmetries of one parameter space, for batches of vectors.

    Args:
        spec: the parameter space.
    """

    def __init__(self, spec: ParameterSpec) -> None:
        self._place = dict(zip((p.name for p in spec.parameters), spec.slices(), strict=True))
        self._labels = {p.name: p.labels for p in spec.parameters}
        self._rest = np.full(spec.width, -1.0, dtype=np.float32)
        for parameter in spec.parameters:
            place = self._place[parameter.name]
            if parameter.categories:
                self._rest[place.start] = 1.0
            elif parameter.constant_probability:
                span = parameter.maximum - parameter.minimum
                self._rest[place] = 2 * (parameter.constant - parameter.minimum) / span - 1
            else:
                self._rest[place] = 0.0
        self._rules = tuple(self._idle_rules())
        groups = [self._columns(self._oscillator_names(osc)) for osc in (1, 2, 3)]
        self._oscillators = np.stack(groups)
        self._symmetric = self._condition("a_fm_routing", "Off") + self._rings_muted()

    def at_rest(self, vectors: Vector) -> Vector:
        """Return the vectors ``(batch, width)`` with every idle parameter at rest."""
        out = vectors.copy()
        for rule in self._rules:
            rows = self._holds(vectors, rule.conditions)
            if rows.any():
                out[np.ix_(rows, rule.columns)] = self._rest[rule.columns]
        return out

    def trade_oscillators(self, vectors: Vector, rng: np.random.Generator) -> Vector:
        """Return the vectors with the oscillators in random order where that changes no sound."""
        out = vectors.copy()
        rows = np.flatnonzero(self._holds(vectors, self._symmetric))
        orders = rng.permuted(np.tile(np.arange(3), (len(rows), 1)), axis=1)
        for osc in range(3):
            source = self._oscillators[orders[:, osc]]  # (rows, columns of one oscillator)
            out[rows[:, None], self._oscillators[osc]] = vectors[rows[:, None], source]
        return out

    def _holds(self, vectors: Vector, conditions: tuple[tuple[int, float], ...]) -> _Flags:
        flags = np.ones(len(vectors), dtype=bool)
        for column, value in conditions:
            flags &= vectors[:, column] == value
        return flags

    def _columns(self, names: Iterable[str]) -> npt.NDArray[np.intp]:
        places = [np.arange(self._place[name].start, self._place[name].stop) for name in names]
        return np.concatenate(places)

    def _condition(self, name: str, label: str) -> tuple[tuple[int, float], ...]:
        if name not in self._place:
            return ()
        return ((self._place[name].start + self._labels[name].index(label), 1.0),)

    def _rings_muted(self) -> tuple[tuple[int, float], ...]:
        return self._condition("a_ring_modulation_1x2_mute", "muted") + self._condition(
            "a_ring_modulation_2x3_mute", "muted"
        )

    def _starting(self, prefix: str, but: str) -> list[str]:
        return [name for name in self._place if name.startswith(prefix) and name != but]

    def _oscillator_names(self, osc: int) -> list[str]:
        return self._starting(f"a_osc_{osc}_", "") + self._starting(f"a_lfo_{osc + 2}_", "")

    def _idle_rules(self) -> Iterable[IdleRule]:
        for head, prefix in (
            *((f"a_lfo_{lfo}_amplitude", f"a_lfo_{lfo}_") for lfo in range(1, 7)),
            *((f"fx_a{slot}_output_mix", f"fx_a{slot}_") for slot in (1, 2, 3)),
        ):
            if head in self._place:
                zero = ((self._place[head].start, -1.0),)
                yield IdleRule(zero, self._columns(self._starting(prefix, head)))
        for head, label, names in (
            ("a_noise_mute", "muted", self._starting("a_noise_", "a_noise_mute")),
            ("a_fm_routing", "Off", ["a_fm_depth"]),
            *(
                (f"a_osc_{i}_unison_voices", "1 voice", [f"a_osc_{i}_unison_detune"])
                for i in (1, 2, 3)
            ),
            *(
                (
                    f"a_ring_modulation_{r}_mute",
                    "muted",
                    self._starting(f"a_ring_modulation_{r}_", f"a_ring_modulation_{r}_mute"),
                )
                for r in ("1x2", "2x3")
            ),
        ):
            if head in self._place:
                yield IdleRule(self._condition(head, label), self._columns(names))
        for osc in (1, 2, 3):
            if muted := self._condition(f"a_osc_{osc}_mute", "muted"):
                names = self._oscillator_names(osc)
                names.remove(f"a_osc_{osc}_mute")
                alone = self._condition("a_fm_routing", "Off") + self._rings_muted()
                yield IdleRule(muted + alone, self._columns(names))
