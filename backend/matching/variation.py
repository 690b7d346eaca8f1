"""Children of parameter vectors: how the search varies what it has found.

Every way keeps the columns that are not free exactly as they are, returns float32 ``(width,)``
within -1..1, and moves whole units of the synthesizer (``synth.sections``) rather than arbitrary
columns: one oscillator, one filter, one LFO.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backend.records import Vector
from backend.synth.sections import layout
from backend.synth.spec import ParameterSpec

#: A change's size is drawn between these on a logarithmic scale; the range of a parameter is 2.
SMALLEST_STEP, LARGEST_STEP = 0.01, 0.6
#: Chance that a categorical parameter of a varied unit is drawn anew.
FLIP = 0.15
#: Share of a varied unit's continuous columns that move.
MOVED = 0.5
#: The amplitude of a source goes with the third power of its volume.
AMPLITUDE_POWER = 3.0
VOLUME, GAIN = "_volume", "a_vca_gain"


class Variation:
    """Varies vectors of one parameter space.

    Args:
        spec: the space.
        free: bool ``(width,)``, False where a vector must stay as it is; None: all are free.

    ``continuous`` is True for the free columns that are no part of a category, ``(width,)``.
    """

    def __init__(self, spec: ParameterSpec, free: npt.NDArray[np.bool_] | None = None) -> None:
        self._free = np.ones(spec.width, dtype=bool) if free is None else free
        places = list(zip(spec.parameters, spec.slices(), strict=True))
        groups = [place for parameter, place in places if parameter.categories]
        self.continuous = self._free.copy()
        for place in groups:
            self.continuous[place] = False
        by_name = {parameter.name: (parameter, place.start) for parameter, place in places}
        volumes = [place for name, (_, place) in by_name.items() if name.endswith(VOLUME)]
        #: Columns of the sources' volumes, none where one has to stay.
        self._volumes = np.array(volumes if self._free[volumes].all() else [], dtype=np.intp)
        self._gain: tuple[int, float] | None = None
        if GAIN in by_name and self._free[by_name[GAIN][1]]:
            gain, place = by_name[GAIN]
            ends_db = [gain.surge.host_to_native(host) for host in (gain.minimum, gain.maximum)]
            self._gain = place, 0.5 * (ends_db[1] - ends_db[0])
        self._units: list[tuple[npt.NDArray[np.intp], list[slice]]] = []
        for columns in layout(spec.name).units.values():
            inside = set(columns.tolist())
            moving = columns[self.continuous[columns]]
            flipping = [g for g in groups if g.start in inside and self._free[g].all()]
            if len(moving) or flipping:
                self._units.append((moving, flipping))
        # Large units are varied more often, but not in proportion.
        weights = np.sqrt([len(moving) + len(flips) for moving, flips in self._units])
        self._chances = weights / weights.sum()

    def mutate(self, parent: Vector, rng: np.random.Generator) -> Vector:
        """Return the parent with one to three units moved by a random step."""
        child = parent.copy()
        step = float(np.exp(rng.uniform(np.log(SMALLEST_STEP), np.log(LARGEST_STEP))))
        for unit in self._some_units(rng):
            moving, flipping = self._units[unit]
            if len(moving):
                moved = moving[rng.random(len(moving)) < MOVED]
                if not len(moved):
                    moved = rng.choice(moving, 1)
                child[moved] += step * rng.standard_normal(len(moved)).astype(np.float32)
            for place in flipping:
                if rng.random() < FLIP:
                    child[place] = -1.0
                    child[rng.integers(place.start, place.stop)] = 1.0
        return self._bounded(child)

    def cross(self, parent: Vector, other: Vector, rng: np.random.Generator) -> Vector:
        """Return the parent with one to three units taken over from another vector."""
        child = parent.copy()
        for unit in self._some_units(rng):
            moving, flipping = self._units[unit]
            child[moving] = other[moving]
            for place in flipping:
                child[place] = other[place]
        return self._bounded(child)

    def follow(
        self, parent: Vector, towards: Vector, away: Vector, rng: np.random.Generator
    ) -> Vector:
        """Return the parent moved along the difference of two others (differential evolution)."""
        child = parent.copy()
        scale = np.float32(rng.uniform(0.2, 0.9))
        for unit in self._some_units(rng, most=6):
            moving, _ = self._units[unit]
            child[moving] += scale * (towards[moving] - away[moving])
        return self._bounded(child)

    def shift_note(
        self, parent: Vector, semitones_of_range: float, on_of_range: float, off_of_range: float
    ) -> Vector:
        """Return the parent with its note moved; the changes are on the scale of vectors."""
        child = parent.copy()
        change = np.array([semitones_of_range, on_of_range, off_of_range], dtype=np.float32)
        child[-3:] += np.where(self._free[-3:], change, np.float32(0.0))
        return self._bounded(child)

    def louder(self, parent: Vector, decibel: float) -> Vector:
        """Return the parent with all sources louder, as far as the loudest of them can be.

        Where the space has a gain behind the filters, that changes first.

        Args:
            parent: the vector.
            decibel: by how much; negative: softer.
        """
        child = parent.copy()
        if self._gain is not None:
            place, per_unit_db = self._gain
            child[place] = np.clip(parent[place] + decibel / per_unit_db, -1.0, 1.0)
            decibel -= float(child[place] - parent[place]) * per_unit_db
        if len(self._volumes):
            volumes = 0.5 * (parent[self._volumes] + 1.0)
            most = 1.0 / max(1e-3, float(volumes.max()))
            factor = min(most, 10.0 ** (decibel / (20.0 * AMPLITUDE_POWER)))
            child[self._volumes] = 2.0 * factor * volumes - 1.0
        return self._bounded(child)

    def _some_units(self, rng: np.random.Generator, most: int = 3) -> Sequence[int]:
        count = min(len(self._units), int(rng.integers(1, most + 1)))
        chosen: Sequence[int] = rng.choice(
            len(self._units), size=count, replace=False, p=self._chances
        ).tolist()
        return chosen

    def _bounded(self, child: Vector) -> Vector:
        bounded: Vector = np.clip(child, -1.0, 1.0).astype(np.float32)
        return bounded
