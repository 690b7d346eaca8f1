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
        made.append((parent, variation.louder(parent, rng.uniform(-15.0, 15.0))))
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


def test_louder_moves_all_volumes_by_as_many_decibels() -> None:
    spec = load_spec("surge_simple")
    [parent] = vectors("surge_simple", 1)
    names = [name for name in spec.decode(parent).values if name.endswith("_volume")]
    assert len(names) == 4

    def volumes(vector: Vector) -> np.ndarray:
        values = spec.decode(vector).values
        return np.array([float(values[name]) for name in names])

    softer = Variation(spec).louder(parent, -12.0)
    before, after = volumes(parent), volumes(softer)
    on = before > 0.0
    np.testing.assert_allclose(60.0 * np.log10(after[on] / before[on]), -12.0, atol=0.01)
    loudest = volumes(Variation(spec).louder(softer, 200.0))
    assert loudest.max() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(loudest / loudest.max(), before / before.max(), atol=1e-4)


def test_where_there_is_a_gain_it_comes_first() -> None:
    spec = load_spec("surge_full")
    parent = vectors("surge_full", 1)[0]
    units = layout("surge_full").units
    middle = parent.copy()
    middle[units["output"]] = 0.0
    louder = Variation(spec).louder(middle, 4.0)
    moved = {name: np.abs(louder[at] - middle[at]).max() for name, at in units.items()}
    assert [name for name, by in moved.items() if by > 1e-6] == ["output"]
    gain = next(p for p in spec.parameters if p.name == "a_vca_gain")
    hosts = [float(spec.decode(vector).values["a_vca_gain"]) for vector in (middle, louder)]
    low, high = (gain.surge.host_to_native(host) for host in hosts)
    assert high - low == pytest.approx(4.0, abs=0.01)


def test_one_locked_volume_keeps_the_balance() -> None:
    spec = load_spec("surge_simple")
    [parent] = vectors("surge_simple", 1)
    free = np.ones(spec.width, dtype=bool)
    free[layout("surge_simple").units["osc 2"]] = False
    np.testing.assert_array_equal(Variation(spec, free).louder(parent, -6.0), parent)
