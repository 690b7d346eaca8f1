from __future__ import annotations

import numpy as np
import pytest

from backend.matching.variation import Variation
from backend.records import Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.sections import layout
from backend.synth.spec import load_spec

SPECS = ("surge_full", "surge_simple")


def vectors(spec_name: str, count: int) -> list[Vector]:
    spec = load_spec(spec_name)
    return [spec.encode(draw_parameters(spec, index)) for index in range(count)]


def children(spec_name: str, free: np.ndarray | None = None) -> list[tuple[Vector, Vector]]:
    """Every way, many times: parent and child."""
    variation, rng = Variation(load_spec(spec_name), free), np.random.default_rng(0)
    parent, other, third = vectors(spec_name, 3)
    made = []
    for _ in range(60):
        made.append((parent, variation.mutate(parent, rng)))
        made.append((parent, variation.cross(parent, other, rng)))
        made.append((parent, variation.follow(parent, other, third, rng)))
        made.append((parent, variation.shift_note(parent, 0.1, -0.05, 0.2)))
    return made


@pytest.mark.parametrize("spec_name", SPECS)
def test_children_are_valid_and_differ_in_few_units(spec_name: str) -> None:
    spec, units = load_spec(spec_name), layout(spec_name).units
    changed = 0
    for parent, child in children(spec_name):
        assert child.dtype == np.float32 and child.shape == parent.shape
        assert np.abs(child).max() <= 1.0
        again = spec.encode(spec.decode(child))
        np.testing.assert_allclose(again[:-3], child[:-3], atol=1e-6)  # one-hot groups stay whole
        moved = [name for name, at in units.items() if not np.array_equal(parent[at], child[at])]
        assert len(moved) <= 6
        changed += bool(moved)
    assert changed > 200


@pytest.mark.parametrize("spec_name", SPECS)
@pytest.mark.parametrize("section", ["osc", "filter", "envelopes", "lfos"])
def test_what_is_not_free_stays_bit_for_bit(spec_name: str, section: str) -> None:
    free = np.ones(load_spec(spec_name).width, dtype=bool)
    free[layout(spec_name).sections[section]] = False
    moved = np.zeros_like(free)
    for parent, child in children(spec_name, free):
        np.testing.assert_array_equal(child[~free], parent[~free])
        moved |= child != parent
    assert moved[free].mean() > 0.5


def test_a_note_that_is_not_free_is_not_shifted() -> None:
    spec = load_spec("surge_simple")
    free = np.ones(spec.width, dtype=bool)
    free[-3] = False
    [parent] = vectors("surge_simple", 1)
    child = Variation(spec, free).shift_note(parent, 0.3, 0.01, 0.01)
    assert child[-3] == parent[-3] and child[-1] != parent[-1]
