"""Random numbers are as likely as they should be."""

from __future__ import annotations

from collections import Counter

import numpy as np

from backend.synth.random_numbers import Draws

DRAWS = 2500


def test_whole_numbers_are_equally_likely_where_many_integers_are_refused() -> None:
    draws, count = Draws(7), 3 * 2**30  # one of four integers fits no number
    thirds = Counter(draws.below(count) // 2**30 for _ in range(DRAWS))
    assert set(thirds) == {0, 1, 2}
    # Six standard errors, which a correct sampler oversteps once in a billion.
    assert all(abs(n / DRAWS - 1 / 3) < 6 * np.sqrt(2 / 9 / DRAWS) for n in thirds.values())
