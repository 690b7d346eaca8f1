"""Ways are taken by their success, for the time that they take."""

from __future__ import annotations

from collections import Counter

import numpy as np
from fake_renderers import tone

from backend.matching.likeness import profile
from backend.matching.variation import Variation
from backend.matching.ways import COSTS, Ways
from backend.records import Note
from backend.synth.spec import load_spec

SPEC = load_spec("surge_simple")


def ways() -> Ways:
    rng = np.random.default_rng(0)
    target = profile(tone(Note(62, 0.4, 2.5)))
    return Ways(SPEC, target, Variation(SPEC), rng, model_vary=lambda vector, time, seed: [])


def test_a_dear_way_is_taken_as_much_less_often_as_it_costs() -> None:
    chosen = Counter(one.choose() for one in [ways()] * 6000)
    assert set(chosen) == {"mutate", "cross", "follow", "align", "model"}
    ratio = chosen["mutate"] / chosen["model"]
    assert 0.8 * COSTS["model"] < ratio < 1.25 * COSTS["model"]


def test_what_leads_nearer_is_taken_more_often() -> None:
    one = ways()
    for _ in range(30):
        one.credit("follow", nearer=True)
        one.credit("cross", nearer=False)
    chosen = Counter(one.choose() for _ in range(2000))
    assert chosen["follow"] > 5 * chosen["cross"] > 0
