"""More like this: settings around a chosen one, as far from it as an amount allows.

    Like(setting, amount) --Near--> begin: where the model takes the chosen vector up
                                    hold:  brings whatever the search makes of it back within reach

At amount 0 nothing but details may change, at 1 nothing is held. In between both how far numbers
move and how many categories may be others grow with it; what that is to the ear differs from sound
to sound.
"""

from __future__ import annotations

import numpy as np

from backend.matching.propose import Known
from backend.matching.tune import within
from backend.records import Like, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import ParameterSpec

#: Reach at the smallest amount, so that there always is something to hear.
LEAST_AMOUNT = 0.03
#: Root mean square of the changes of all numbers, as a share of their ranges, for an amount of 1.
#: Two of the model's samples for one sound differ by 0.24, and by 10 categories of 32; what it
#: varies with the same amount by 0.05 at 0.1, 0.12 at 0.3, and 0.17 and 3 categories at 0.5.
REACH = 0.5
#: Share of the categories that may be others, growing with the square of the amount.
SHARE_OF_CATEGORIES = 0.4


class Near:
    """The neighbourhood of one setting.

    Args:
        spec: the parameter space.
        like: what is wanted, of this space.
        seed: of which categories go back where too many are others.
        known: numbers that are given, whatever was chosen: those of locked sections.

    Raises:
        ParameterError: the setting is of another space.
    """

    def __init__(
        self, spec: ParameterSpec, like: Like, seed: int = 0, known: Known | None = None
    ) -> None:
        chosen = spec.encode(within(spec, like.setting))
        if known is not None:
            chosen = np.where(known[0], known[1], chosen).astype(np.float32)
        self._spec = spec
        self._equivalents = Equivalents(spec)
        #: The chosen setting, ``(width,)``, idle parameters at rest.
        self.chosen: Vector = self._equivalents.at_rest(chosen[None])[0]
        self._amount = max(LEAST_AMOUNT, min(1.0, like.amount))
        self._rng = np.random.default_rng(seed)
        places = zip(spec.parameters, spec.slices(), strict=True)
        self._groups = [place for parameter, place in places if parameter.categories]
        self._numbers = np.ones(spec.width, dtype=bool)
        for place in self._groups:
            self._numbers[place] = False

    @property
    def begin(self) -> tuple[float, Vector]:
        """When on its way from the noise the model takes up the chosen vector, 0..1, and this."""
        return 1.0 - self._amount, self.chosen

    def hold(self, vector: Vector) -> Vector:
        """Return a vector, or where it is out of reach the one on the way to it that is not.

        Args:
            vector: ``(width,)``; it comes back as ``spec.encode`` would have it, with idle
                parameters at rest, so that what nobody hears does not count as a change.
        """
        vector = self._spec.encode(self._spec.decode(vector))
        vector = self._equivalents.at_rest(vector[None])[0]
        if self._amount >= 1.0:
            return vector
        held = vector.copy()
        other = [place for place in self._groups if (vector[place] != self.chosen[place]).any()]
        may = int(SHARE_OF_CATEGORIES * self._amount**2 * len(self._groups))
        for number in self._rng.permutation(len(other))[may:]:
            held[other[number]] = self.chosen[other[number]]
        change = (vector - self.chosen)[self._numbers]
        size = float(np.sqrt(np.mean(np.square(change / 2.0))))
        if size > REACH * self._amount:
            shorter = np.float32(REACH * self._amount / size)
            held[self._numbers] = self.chosen[self._numbers] + shorter * change
        return held
