from __future__ import annotations

import numpy as np
import pytest

from backend.errors import ParameterError
from backend.matching.near import Near
from backend.records import Like, Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.sections import layout
from backend.synth.spec import load_spec

FULL = load_spec("surge_full")
VECTORS = Equivalents(FULL).at_rest(
    np.stack([FULL.encode(draw_parameters(FULL, index)) for index in range(1, 12)])
)
CHOSEN, OTHERS = FULL.decode(VECTORS[0]), [*VECTORS[1:]]
AMOUNTS = (0.0, 0.1, 0.3, 0.5, 0.8, 1.0)


def near(amount: float) -> Near:
    return Near(FULL, Like(CHOSEN, amount))


def change(vector: Vector) -> tuple[float, int]:
    """How far a vector is from the chosen: of its numbers, and how many categories."""
    groups = [
        place for p, place in zip(FULL.parameters, FULL.slices(), strict=True) if p.categories
    ]
    numbers = np.ones(FULL.width, dtype=bool)
    for place in groups:
        numbers[place] = False
    apart = (vector - FULL.encode(CHOSEN)) / 2
    return float(np.sqrt(np.mean(apart[numbers] ** 2))), sum(apart[g].any() for g in groups)


@pytest.mark.parametrize("vector", OTHERS)
def test_what_is_held_may_be_further_away_the_larger_the_amount(vector: Vector) -> None:
    changes = [change(near(amount).hold(vector)) for amount in AMOUNTS]
    assert changes == sorted(changes)
    (least, none), *_, (most, many) = changes
    assert 0.0 < least < 0.02 and none == 0
    assert (most, many) == change(vector)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_what_is_held_is_a_setting(amount: float) -> None:
    around = near(amount)
    for vector in OTHERS:
        held = around.hold(vector)
        again = FULL.encode(FULL.decode(held))
        np.testing.assert_allclose(again[:-3], held[:-3], atol=1e-5)


def test_what_is_within_reach_is_left_alone() -> None:
    around = near(0.3)
    vector = FULL.encode(CHOSEN)
    np.testing.assert_allclose(around.hold(vector), vector, atol=1e-6)
    vector[-1] -= 0.01
    np.testing.assert_allclose(around.hold(vector), vector, atol=1e-6)


def test_columns_that_are_as_chosen_stay_so() -> None:
    vector = OTHERS[0].copy()
    vector[40:90] = FULL.encode(CHOSEN)[40:90]
    np.testing.assert_allclose(near(0.2).hold(vector)[40:90], vector[40:90], atol=1e-6)


def test_what_is_locked_counts_as_chosen() -> None:
    known = np.zeros(FULL.width, dtype=bool)
    known[layout("surge_full").sections["filter"]] = True
    locked = OTHERS[0]
    around = Near(FULL, Like(CHOSEN, 0.2), known=(known, locked))
    held = around.hold(np.where(known, locked, OTHERS[1]).astype(np.float32))
    np.testing.assert_allclose(held[known], locked[known], atol=1e-6)
    np.testing.assert_array_equal(around.chosen[~known], FULL.encode(CHOSEN)[~known])


def test_the_model_begins_the_nearer_to_the_noise_the_larger_the_amount() -> None:
    times = [near(amount).begin[0] for amount in AMOUNTS]
    assert times == sorted(times, reverse=True) and times[0] < 1.0 and times[-1] == 0.0
    np.testing.assert_array_equal(near(0.4).begin[1], FULL.encode(CHOSEN))


def test_a_setting_of_another_space_is_refused() -> None:
    simple = draw_parameters(load_spec("surge_simple"), 1)
    with pytest.raises(ParameterError, match="surge_full needs exactly"):
        Near(FULL, Like(simple, 0.5))
