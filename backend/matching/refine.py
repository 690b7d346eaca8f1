"""Refinement: the search goes on, and beside it settings climb, for as long as there is time.

First proposals climb, those that are foreseen nearest. Then the search goes on alone, or what it
found climbs again, in the caller's thread, while the search goes on in its own: in ten seconds a
climb is worth less than the renders that fit into the same time, in a minute more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from backend.matching.climber import TRIALS, Climber
from backend.matching.search import Search
from backend.records import Vector
from backend.synth.render_pool import RenderPool

#: What climbed settings are called.
CLIMB = "climb"

#: Asked often; True ends what is under way.
Ended = Callable[[], bool]


class Refinement:
    """Improves what a search has found.

    Args:
        search: that has found something.
        pool: its renderers.
        climber: towards the search's target; None: nothing climbs.
        free: continuous parameters that may be moved, ``(width,)``.
        seed: of how trials climb.
        out_of_time: may be asked in another thread.
    """

    def __init__(
        self,
        search: Search,
        pool: RenderPool,
        climber: Climber | None,
        free: npt.NDArray[np.bool_],
        seed: int,
        out_of_time: Ended,
    ) -> None:
        self._search = search
        self._pool = pool
        self._climber = climber
        self._free = free
        self._rng = np.random.default_rng(seed)
        self._out_of_time = out_of_time

    def beside(self, work: Callable[[], None]) -> None:
        """Go on with the search while something else is done, which takes one thread."""
        with self._search.going_on(self._pool, self._out_of_time):
            work()

    def propose(self, starts: Sequence[Vector], ended: Ended) -> None:
        """Have settings climb, the most promising first, while the search goes on.

        Args:
            starts: settings, rendered or not.
            ended: True ends it, after the first few at the earliest.
        """
        if self._climber is None:
            return
        with self._search.going_on(self._pool, self._out_of_time) as going_on:
            for climbed in self._climber.climb(starts, self._free):
                self._search.offer(climbed, CLIMB)
                if ended() or not going_on():
                    return

    def search(self, ended: Ended) -> None:
        """Go on with the search alone."""
        self._search.run(self._pool, ended)

    def search_and_climb(self, ended: Ended) -> None:
        """Go on with the search, and have the nearest of what it found climb beside it."""
        if ended():
            return
        if self._climber is None:
            self.search(ended)
            return
        with self._search.going_on(self._pool, self._out_of_time) as going_on:
            while going_on() and not ended():
                trials = self._search.parents(TRIALS)
                climbed = self._climber.climb_again(trials, self._free, self._rng, ended)
                self._search.offer_children(climbed, CLIMB)
