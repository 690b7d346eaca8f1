from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from trials import trial_of

from backend.matching.choose import choose, difference
from backend.matching.trials import Trial
from backend.records import Note
from backend.synth.sections import layout
from backend.synth.spec import load_spec


def moved(trial: Trial, name: str, distance: float) -> Trial:
    """The same sound with one parameter set otherwise."""
    spec = load_spec(trial.parameters.spec_name)
    vector = trial.vector.copy()
    place = dict(zip((p.name for p in spec.parameters), spec.slices(), strict=True))[name]
    vector[place] = np.where(vector[place] > 0, vector[place] - 0.5, vector[place] + 0.5)
    return replace(trial, vector=vector, parameters=spec.decode(vector), distance=distance)


def test_the_nearest_is_always_chosen_and_the_order_is_by_distance() -> None:
    trials = [trial_of(n, distance=1.0 - 0.05 * n) for n in range(12)]
    chosen = choose(trials, 8)
    distances = [trial.distance for trial in chosen]
    assert len(chosen) == 8 and distances == sorted(distances)
    assert chosen[0] is trials[-1]


def test_near_twins_give_way_to_what_differs() -> None:
    best = trial_of(0, 0.10, Note(60, 0.2, 2.0))
    twins = [moved(best, "a_filter_1_cutoff", 0.11 + 0.001 * n) for n in range(6)]
    others = [trial_of(n, 0.2, Note(50 + 5 * n, 0.3 * n, 3.0)) for n in (1, 2, 3)]
    chosen = choose([best, *twins, *others], 4)
    assert chosen[0] is best and set(chosen[1:]) == set(others)


def test_twins_fill_up_where_nothing_else_is_there() -> None:
    best = trial_of(0, 0.10, Note(60, 0.2, 2.0))
    twins = [moved(best, "a_filter_1_cutoff", 0.11 + 0.001 * n) for n in range(6)]
    assert len(choose([best, *twins], 8)) == 7


def test_what_is_far_is_not_chosen_while_nearer_ones_are_there() -> None:
    near = [trial_of(n, 0.1 + 0.001 * n) for n in range(8)]
    far = [trial_of(n, 5.0) for n in range(8, 16)]
    assert set(choose(near + far, 8)) == set(near)


def test_one_that_occurs_twice_counts_once() -> None:
    trial = trial_of(0, 0.1)
    assert choose([trial, trial], 8) == [trial]
    assert choose([], 8) == []


@pytest.mark.parametrize("spec_name", ["surge_simple", "surge_full"])
def test_oscillators_that_trade_places_are_the_same(spec_name: str) -> None:
    one = trial_of(3, 0.1, spec_name=spec_name)
    units, swapped = layout(spec_name).units, one.vector.copy()
    swapped[units["osc 1"]] = one.vector[units["osc 2"]]
    swapped[units["osc 2"]] = one.vector[units["osc 1"]]
    assert not np.array_equal(swapped, one.vector)
    assert difference(one, replace(one, vector=swapped)) == pytest.approx(0.0, abs=1e-9)
    assert difference(one, moved(one, "a_osc_1_pitch", 0.1)) > 0.0


def test_difference_is_symmetric_and_between_0_and_1() -> None:
    for first, second in ((1, 2), (3, 4), (5, 6)):
        one, other = trial_of(first, 0.1), trial_of(second, 0.2)
        there, back = difference(one, other), difference(other, one)
        assert there == pytest.approx(back) and 0.0 < there <= 1.0
        assert difference(one, one) == pytest.approx(0.0, abs=1e-9)
