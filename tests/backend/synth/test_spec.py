from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from backend.errors import ParameterError
from backend.records import Note, ParameterSet
from backend.synth.continuous import TOLERANCE
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import MINIMUM_NOTE_S, NOTE_WIDTH, ParameterSpec, load_spec

GOLDEN = Path(__file__).parents[2] / "data/golden"
SPACES = ("surge_simple", "surge_full")
WIDTHS = {"surge_simple": 92, "surge_full": 300}


def golden_items() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((GOLDEN / "index.json").read_text())["items"]
    return items


def place(spec: ParameterSpec, name: str) -> slice:
    return spec.slices()[[p.name for p in spec.parameters].index(name)]


def neutral(spec: ParameterSpec) -> np.ndarray:
    """A vector of zeros with a note of 1 to 3 s."""
    vector = np.zeros(spec.width)
    vector[-2:] = -0.5, 0.5
    return vector


def check_valid(spec: ParameterSpec, parameters: ParameterSet) -> None:
    for parameter in spec.parameters:
        value = parameters.values[parameter.name]
        if parameter.categories:
            assert value in parameter.labels
        else:
            assert isinstance(value, float)
            assert parameter.minimum <= value <= parameter.maximum
    note = parameters.note
    assert isinstance(note.pitch, int) and 48 <= note.pitch <= 72
    assert 0.0 <= note.on_s < note.off_s <= 4.0
    assert note.off_s - note.on_s >= MINIMUM_NOTE_S - TOLERANCE


@pytest.mark.parametrize("name", SPACES)
def test_widths_and_counts_of_the_paper(name: str) -> None:
    spec = load_spec(name)
    assert spec.width == WIDTHS[name]
    assert len(spec.parameters) + NOTE_WIDTH == {"surge_simple": 92, "surge_full": 165}[name]
    places = spec.slices()
    assert places[0].start == 0 and places[-1].stop == spec.width - NOTE_WIDTH
    assert all(a.stop == b.start for a, b in zip(places, places[1:], strict=False))


def test_fingerprints_are_those_that_datasets_and_weights_carry() -> None:
    assert load_spec("surge_simple").fingerprint == (
        "780afff4ec7975863c085a98284601d687ad23fb933371d5188cfb8cb7b310bf"
    )
    assert load_spec("surge_full").fingerprint == (
        "979e5d235c596654822075f21f3528b38408ec1c28a1ec67f81834cd66ea2c66"
    )


def test_fingerprint_changes_with_whatever_changes_a_vector_s_meaning() -> None:
    spec = load_spec("surge_full")
    rows = list(spec.parameters)
    continuous = next(i for i, row in enumerate(rows) if not row.categories)
    categorical = next(i for i, row in enumerate(rows) if row.categories)

    def with_row(index: int, **changes: Any) -> ParameterSpec:
        changed = [*rows]
        changed[index] = dataclasses.replace(rows[index], **changes)
        return dataclasses.replace(spec, parameters=tuple(changed))

    renamed = [
        dataclasses.replace(category, label=category.label + "!")
        for category in rows[categorical].categories
    ]
    variants = [
        dataclasses.replace(spec, parameters=(rows[1], rows[0], *rows[2:])),
        dataclasses.replace(spec, parameters=tuple(rows[:-1])),
        dataclasses.replace(spec, pitch_high=73),
        dataclasses.replace(spec, duration_s=5.0),
        dataclasses.replace(spec, base="simple"),
        with_row(continuous, maximum=0.5),
        with_row(continuous, minimum=0.1),
        with_row(continuous, name="other"),
        with_row(continuous, surge=rows[continuous + 1].surge),
        with_row(categorical, categories=tuple(renamed)),
        with_row(categorical, categories=rows[categorical].categories[::-1]),
    ]
    prints = {spec.fingerprint, *(variant.fingerprint for variant in variants)}
    assert len(prints) == len(variants) + 1


@pytest.mark.parametrize("name", SPACES)
def test_draws_survive_the_codec_exactly(name: str) -> None:
    spec = load_spec(name)
    for index in range(300):
        drawn = draw_parameters(spec, index)
        vector = spec.encode(drawn)
        assert vector.dtype == np.float32 and vector.shape == (spec.width,)
        assert np.abs(vector).max() <= 1
        decoded = spec.decode(vector)
        assert np.array_equal(spec.encode(decoded), vector)
        assert decoded.note.pitch == drawn.note.pitch


@pytest.mark.parametrize("name", SPACES)
def test_draws_survive_natives_exactly(name: str) -> None:
    spec = load_spec(name)
    for index in range(100):
        drawn = draw_parameters(spec, index)
        natives = spec.natives(drawn)
        again = spec.from_natives(natives, drawn.note)
        assert np.array_equal(spec.encode(again), spec.encode(drawn))
        single = {storage: np.float32(native) for storage, native in natives.items()}
        assert {s: np.float32(v) for s, v in spec.natives(again).items()} == single
        # What Surge itself holds and saves is in single precision: still the same set.
        from_surge = spec.from_natives({s: float(v) for s, v in single.items()}, drawn.note)
        assert np.allclose(spec.encode(from_surge), spec.encode(drawn), atol=1e-6)
        assert {s: np.float32(v) for s, v in spec.natives(from_surge).items()} == single


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-8, 0.5, 1.0, 3.0, 1e6, 1e38]))
@pytest.mark.parametrize("name", SPACES)
def test_any_vector_decodes_to_a_valid_set(name: str, seed: int, scale: float) -> None:
    spec = load_spec(name)
    vector = (np.random.default_rng(seed).standard_normal(spec.width) * scale).clip(-3e38, 3e38)
    parameters = spec.decode(vector.astype(np.float32))
    check_valid(spec, parameters)
    encoded = spec.encode(parameters)
    assert np.array_equal(spec.encode(spec.decode(encoded)), encoded)


@settings(max_examples=60, deadline=None)
@given(
    vector=arrays(
        np.float32, 92, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
    )
)
def test_adversarial_vectors_decode_to_a_valid_set(vector: np.ndarray) -> None:
    spec = load_spec("surge_simple")
    parameters = spec.decode(vector)
    check_valid(spec, parameters)
    inside = (np.abs(vector) <= 1) & (np.abs(vector) > 1e-7)
    inside[-NOTE_WIDTH:] = False
    assert np.array_equal(spec.encode(parameters)[inside], vector[inside])


@settings(max_examples=200, deadline=None)
@given(on=st.floats(-2, 2), off=st.floats(-2, 2))
def test_note_times_are_put_in_order(on: float, off: float) -> None:
    spec = load_spec("surge_simple")
    vector = np.zeros(92)
    vector[-2:] = on, off
    note = spec.decode(vector).note
    swapped = vector.copy()
    swapped[-2:] = off, on
    assert spec.decode(swapped).note == note
    assert 0 <= note.on_s < note.off_s <= 4
    first, second = sorted(2 * (min(max(x, -1.0), 1.0) + 1) for x in (on, off))
    if second - first > MINIMUM_NOTE_S:
        assert (note.on_s, note.off_s) == pytest.approx((first, second))


def test_pitch_is_rounded_not_truncated() -> None:
    spec = load_spec("surge_full")
    vector = neutral(spec)
    for pitch in range(48, 73):
        for offset in (-0.49, 0.0, 0.49):
            if 48 <= pitch + offset <= 72:
                vector[-3] = (pitch + offset - 48) / 24 * 2 - 1
                assert spec.decode(vector).note.pitch == pitch


def test_argmax_comes_before_clipping() -> None:
    """Clipped first, both entries of this group would be 1, and the lower index would win."""
    spec = load_spec("surge_full")
    labels = next(p.labels for p in spec.parameters if p.name == "a_filter_1_type")
    vector = neutral(spec)
    group = place(spec, "a_filter_1_type")
    vector[group.start + 2] = 1.5
    vector[group.start + 7] = 4.0
    assert spec.decode(vector).values["a_filter_1_type"] == labels[7]
    assert int(np.argmax(vector[group].clip(-1, 1))) == 2
    vector[group] = -np.arange(2, 2 + len(labels))[::-1]  # all clip to the same -1
    assert spec.decode(vector).values["a_filter_1_type"] == labels[-1]


def test_one_hot_groups_are_plus_and_minus_one() -> None:
    spec = load_spec("surge_full")
    drawn = draw_parameters(spec, 5)
    vector = spec.encode(drawn)
    for parameter, where in zip(spec.parameters, spec.slices(), strict=True):
        if parameter.categories:
            expected = np.full(parameter.width, -1, dtype=np.float32)
            expected[parameter.labels.index(str(drawn.values[parameter.name]))] = 1
            assert np.array_equal(vector[where], expected)


def test_vector_is_scaled_by_the_drawn_range() -> None:
    spec = load_spec("surge_full")
    vector = neutral(spec)
    vector[place(spec, "a_amp_eg_attack")] = 1.0
    assert spec.decode(vector).values["a_amp_eg_attack"] == pytest.approx(0.77)
    vector[place(spec, "a_amp_eg_attack")] = 0.0
    assert spec.decode(vector).values["a_amp_eg_attack"] == pytest.approx(0.385)


@pytest.mark.parametrize("item", golden_items(), ids=lambda item: str(item["file"]))
def test_golden_host_values_mean_what_the_papers_say(item: dict[str, Any]) -> None:
    spec = load_spec(item["spec"])
    note = Note(item["pitch"], item["on_s"], item["off_s"])
    parameters = spec.from_host(item["host_values"], note)
    assert {n: v for n, v in parameters.values.items() if isinstance(v, str)} == item["labels"]
    natives = spec.natives(parameters)
    for parameter in spec.parameters:
        host, native = item["host_values"][parameter.name], natives[parameter.surge.storage]
        low, high = parameter.surge.minimum, parameter.surge.maximum
        assert low is not None and high is not None
        if not parameter.categories:
            assert native == pytest.approx(low + host * (high - low), abs=1e-12)
        elif parameter.surge.kind == "int":
            # Nearest of the evenly spaced host values 0.005 ... 0.995.
            steps = 0.005 + 0.99 * np.arange(high - low + 1) / (high - low)
            assert native == low + int(np.argmin(np.abs(steps - host)))
    assert np.array_equal(
        spec.encode(spec.decode(spec.encode(parameters))), spec.encode(parameters)
    )


def changed(parameters: ParameterSet, **values: Any) -> ParameterSet:
    return ParameterSet(parameters.spec_name, {**parameters.values, **values}, parameters.note)


@pytest.mark.parametrize("value", [0.78, -0.01, float("nan"), float("inf"), "0.5", "loud"])
def test_a_value_outside_its_range_is_named(value: object) -> None:
    spec = load_spec("surge_full")
    bad = changed(draw_parameters(spec, 0), a_amp_eg_attack=value)
    for use in (spec.encode, spec.natives):
        with pytest.raises(ParameterError, match=r"a_amp_eg_attack is .*from 0 to 0\.77"):
            use(bad)


@pytest.mark.parametrize("value", ["LP 13 dB", 2.0, ""])
def test_an_unknown_category_is_named_with_its_choices(value: object) -> None:
    spec = load_spec("surge_full")
    bad = changed(draw_parameters(spec, 0), a_filter_1_type=value)
    with pytest.raises(ParameterError, match=r"a_filter_1_type is .*one of LP 12 dB, .*Allpass"):
        spec.encode(bad)


@pytest.mark.parametrize(
    "note",
    [
        Note(47, 0, 1),
        Note(73, 0, 1),
        Note(60, -0.1, 1),
        Note(60, 0, 4.01),
        Note(60, 2, 1),
        Note(60, float("nan"), 1),
    ],
)
def test_a_note_outside_the_space_is_refused(note: Note) -> None:
    spec = load_spec("surge_simple")
    drawn = draw_parameters(spec, 0)
    with pytest.raises(ParameterError, match=r"pitch must be 48 to 72 and times 0 to 4"):
        spec.encode(ParameterSet(drawn.spec_name, drawn.values, note))


def test_missing_and_unknown_names_are_listed() -> None:
    spec = load_spec("surge_simple")
    drawn = draw_parameters(spec, 0)
    values = {name: value for name, value in drawn.values.items() if name != "a_highpass"}
    bad = ParameterSet(spec.name, {**values, "a_cowbell": 0.5}, drawn.note)
    with pytest.raises(ParameterError, match="exactly its 89 parameters.*a_cowbell, a_highpass"):
        spec.encode(bad)


def test_vectors_of_the_wrong_kind_are_refused() -> None:
    spec = load_spec("surge_simple")
    with pytest.raises(ParameterError, match=r"vector of 92 numbers; got shape \(300,\)"):
        spec.decode(np.zeros(300))
    for bad in (np.nan, np.inf):
        with pytest.raises(ParameterError, match="NaN or infinity"):
            spec.decode(np.full(92, bad))


def test_natives_of_another_patch_are_refused() -> None:
    spec = load_spec("surge_full")
    drawn = draw_parameters(spec, 0)
    natives = spec.natives(drawn)
    with pytest.raises(ParameterError, match="a_filter_1_type is 3; surge_full knows LP 12"):
        spec.from_natives({**natives, "a_filter1_type": 3}, drawn.note)
    with pytest.raises(ParameterError, match="a_amp_eg_attack is 0.84"):
        spec.from_natives({**natives, "a_env1_attack": 3}, drawn.note)
    del natives["a_env1_attack"]
    with pytest.raises(ParameterError, match="the patch has no a_env1_attack"):
        spec.from_natives(natives, drawn.note)


def test_an_unknown_space_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="'surge_huge'.*surge_simple, surge_full"):
        load_spec("surge_huge")
