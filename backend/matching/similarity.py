"""How near a sound is, in a number and a word for people: 100% is as near as rendered again.

Two renders of one preset are never quite equal, as Surge XT's oscillators start at random phases,
so 100% is the median of such pairs, and 0% the median of unrelated presets.
"""

from __future__ import annotations

import math

#: Medians of ``Distance.total`` over known pairs, by ``python -m training.bench_distance``.
SAME = 0.03
UNRELATED = 1.0

#: From which similarity on a word holds; the first that does is said.
WORDS = ((90.0, "very close"), (75.0, "close"), (50.0, "related"), (0.0, "far"))


def similarity(total: float) -> float:
    """Return a similarity from 0 to 100%, the higher the nearer.

    Args:
        total: ``Distance.total`` or ``Score.distance``, 0 or more; NaN, for want of a sound, is 0%.
    """
    if math.isnan(total):
        return 0.0
    percent = 100.0 * (UNRELATED - total) / (UNRELATED - SAME)
    return min(100.0, max(0.0, percent))


def confidence_word(similarity: float) -> str:
    """Return a word or two for a similarity in percent: ``very close``, ..., ``far``."""
    return next((word for least, word in WORDS if similarity >= least), WORDS[-1][1])


def similarity_text(similarity: float) -> str:
    """Write a similarity in percent with the word for what is shown; a dash if it is negative."""
    shown = round(similarity)
    return f"{shown}% {confidence_word(shown)}" if similarity >= 0 else "-"
