from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from backend.records import ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import MINIMUM_NOTE_S, load_spec

SPACES = ("surge_simple", "surge_full")
DRAWS = 2500

#: Standard errors that a correct sampler oversteps about once in a billion statistics.
SIGMAS = 6.0


@pytest.fixture(scope="module", params=SPACES)
def drawn(request: pytest.FixtureRequest) -> list[ParameterSet]:
    spec = load_spec(request.param)
    return [draw_parameters(spec, index) for index in range(DRAWS)]


def near(found: float, expected: float, deviation: float) -> bool:
    """Whether a mean of DRAWS numbers of a standard deviation is what it should be."""
    return abs(found - expected) <= SIGMAS * deviation / np.sqrt(DRAWS)


def test_constants_come_as_often_as_they_should(drawn: list[ParameterSet]) -> None:
    checked = 0
    for parameter in load_spec(drawn[0].spec_name).parameters:
        chance = parameter.constant_probability
        if not parameter.categories and chance > 0:
            share = np.mean([d.values[parameter.name] == parameter.constant for d in drawn])
            assert near(float(share), chance, np.sqrt(chance * (1 - chance))), parameter.name
            checked += 1
    assert checked >= 5


def test_all_else_is_uniform_over_its_range(drawn: list[ParameterSet]) -> None:
    for parameter in load_spec(drawn[0].spec_name).parameters:
        if parameter.categories:
            continue
        values = np.array([float(d.values[parameter.name]) for d in drawn])
        if parameter.constant_probability:
            values = values[values != parameter.constant]
        fractions = (values - parameter.minimum) / (parameter.maximum - parameter.minimum)
        assert fractions.min() >= 0 and fractions.max() <= 1
        grid = np.sort(fractions)
        steps = np.arange(len(grid)) / len(grid)
        kolmogorov = max((grid - steps).max(), (steps + 1 / len(grid) - grid).max())
        assert kolmogorov * np.sqrt(len(grid)) < 3.3, parameter.name  # once in 10^9


def test_categories_come_by_their_weights() -> None:
    spec = load_spec("surge_full")
    drawn = [draw_parameters(spec, index) for index in range(DRAWS)]
    for parameter in spec.parameters:
        counts = Counter(d.values[parameter.name] for d in drawn) if parameter.categories else {}
        total = sum(category.weight for category in parameter.categories)
        for category in parameter.categories:
            chance = category.weight / total
            share = counts[category.label] / DRAWS
            assert near(share, chance, np.sqrt(chance * (1 - chance))), parameter.name


def test_weights_are_those_of_the_papers() -> None:
    by_name = {p.name: p for p in load_spec("surge_full").parameters}
    weights = {c.label: c.weight for c in by_name["a_waveshaper_type"].categories}
    assert weights["Off"] == 4 and set(weights.values()) == {1, 4}
    amplitude = by_name["a_lfo_1_amplitude"]
    assert (amplitude.constant, amplitude.constant_probability) == (0.0, 0.67)
    assert by_name["a_amp_eg_attack"].maximum == 0.77


def test_notes_lie_within_the_render(drawn: list[ParameterSet]) -> None:
    pitches = Counter(d.note.pitch for d in drawn)
    assert set(pitches) == set(range(48, 73))
    for count in pitches.values():
        assert near(count / DRAWS, 1 / 25, np.sqrt(1 / 25 * 24 / 25))
    on = np.array([d.note.on_s for d in drawn])
    off = np.array([d.note.off_s for d in drawn])
    assert on.min() >= 0 and off.max() <= 4 and (off - on).min() >= MINIMUM_NOTE_S - 1e-12
    # Two sorted uniforms over 4 s: means 4/3 and 8/3, deviation 4 / sqrt(18).
    assert near(on.mean(), 4 / 3, 4 / np.sqrt(18))
    assert near(off.mean(), 8 / 3, 4 / np.sqrt(18))


def test_notes_at_the_end_still_fit() -> None:
    for index in (48_984, 65_810, 69_447):  # both times drawn within the last 10 ms
        note = draw_parameters(load_spec("surge_simple"), index).note
        assert note.on_s == 4.0 - MINIMUM_NOTE_S and note.off_s == 4.0


def test_an_index_draws_the_same_everywhere() -> None:
    digests = {}
    for name in SPACES:
        spec = load_spec(name)
        vectors = np.stack([spec.encode(draw_parameters(spec, i)) for i in (0, 1, 2, 59_999)])
        again = spec.encode(draw_parameters(spec, 59_999))
        assert np.array_equal(vectors[3], again)
        assert len(np.unique(vectors, axis=0)) == 4
        digests[name] = hashlib.sha256(vectors.astype("<f4").tobytes()).hexdigest()[:16]
    assert digests == {"surge_simple": "a3b12bb8d1731ca2", "surge_full": "70b87a357b80c193"}


def test_only_what_numpy_guarantees_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    before = draw_parameters(load_spec("surge_simple"), 5)
    monkeypatch.delattr(np.random, "default_rng")
    monkeypatch.delattr(np.random, "Generator")
    assert draw_parameters(load_spec("surge_simple"), 5) == before
