"""Both symmetries, by the names of the parameters, and on a real Surge XT."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from still_patches import still_body

from backend.records import Note, ParameterSet, ParameterValue, Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.patch_file import patch_body
from backend.synth.renderer import RenderJob, SurgeRenderer
from backend.synth.spec import load_spec
from models.features import FeatureConfig, LogMel

SPECS = ("surge_simple", "surge_full")
DRAWS = 300


@dataclass(frozen=True)
class Drawn:
    """Random settings as sets and as vectors, and what becomes of the vectors.

    ``idle`` tells by vector column what cannot be heard.
    """

    sets: tuple[ParameterSet, ...]
    idle: np.ndarray
    vectors: Vector
    rested: Vector
    traded: Vector


@pytest.fixture(scope="module", params=SPECS)
def drawn(request: pytest.FixtureRequest) -> Drawn:
    spec = load_spec(request.param)
    sets = tuple(draw_parameters(spec, index) for index in range(DRAWS))
    vectors = np.stack([spec.encode(each) for each in sets])
    equivalents = Equivalents(spec)
    traded = equivalents.trade_oscillators(vectors, np.random.default_rng(3))
    names = names_of_columns(spec.name)
    idle = np.array([[name in found for name in names] for found in map(inaudible, sets)])
    return Drawn(sets, idle, vectors, equivalents.at_rest(vectors), traded)


def names_of_columns(spec_name: str) -> list[str]:
    spec = load_spec(spec_name)
    names = [p.name for p in spec.parameters for _ in range(p.width)]
    return [*names, "pitch", "note_on", "note_off"]


def unlike_oscillators(values: dict[str, ParameterValue]) -> bool:
    """Whether FM or ring modulation tells the oscillators apart."""
    rings = ("a_ring_modulation_1x2_mute", "a_ring_modulation_2x3_mute")
    return values.get("a_fm_routing", "Off") != "Off" or any(
        values.get(ring, "muted") != "muted" for ring in rings
    )


def inaudible(parameters: ParameterSet) -> set[str]:
    """Which parameters of a setting cannot be heard, said once more and by name."""
    values = dict(parameters.values)
    found: set[str] = set()

    def idle(prefix: str, but: str) -> None:
        found.update(name for name in values if name.startswith(prefix) and name != but)

    for lfo in range(1, 7):
        if values[f"a_lfo_{lfo}_amplitude"] == 0:
            idle(f"a_lfo_{lfo}_", f"a_lfo_{lfo}_amplitude")
    for slot in (1, 2, 3):
        if values.get(f"fx_a{slot}_output_mix") == 0:
            idle(f"fx_a{slot}_", f"fx_a{slot}_output_mix")
    if values.get("a_noise_mute") == "muted":
        idle("a_noise_", "a_noise_mute")
    if values.get("a_fm_routing") == "Off":
        found.add("a_fm_depth")
    for ring in ("1x2", "2x3"):
        if values.get(f"a_ring_modulation_{ring}_mute") == "muted":
            idle(f"a_ring_modulation_{ring}_", f"a_ring_modulation_{ring}_mute")
    for osc in (1, 2, 3):
        if values.get(f"a_osc_{osc}_unison_voices") == "1 voice":
            found.add(f"a_osc_{osc}_unison_detune")
        if values.get(f"a_osc_{osc}_mute") == "muted" and not unlike_oscillators(values):
            idle(f"a_osc_{osc}_", f"a_osc_{osc}_mute")
            idle(f"a_lfo_{osc + 2}_", "")
    return found


def test_rest_changes_only_what_cannot_be_heard(drawn: Drawn) -> None:
    changed = drawn.vectors != drawn.rested
    assert not (changed & ~drawn.idle).any()
    # Not for nothing: whatever can be idle was so, and was moved, in some of the draws.
    names = np.array(names_of_columns(drawn.sets[0].spec_name))
    can_be_idle = set(names[drawn.idle.any(axis=0)])
    assert can_be_idle == set(names[changed.any(axis=0)])
    assert len(can_be_idle) == {"surge_simple": 46, "surge_full": 121}[drawn.sets[0].spec_name]


def test_what_cannot_be_heard_rests_at_one_value(drawn: Drawn) -> None:
    for column, idle in zip(drawn.rested.T, drawn.idle.T, strict=True):
        assert len(set(column[idle])) == idle.any()


def test_constants_rest_where_they_are_mostly_drawn() -> None:
    spec = load_spec("surge_full")
    muted = dict(draw_parameters(spec, 5).values) | {
        "a_osc_1_mute": "muted",
        "a_osc_1_pitch": 0.9,
        "a_osc_1_octave": "+2",
        "a_osc_1_volume": 0.9,
        "a_lfo_3_amplitude": 0.9,
        "a_fm_routing": "Off",
        "a_ring_modulation_1x2_mute": "muted",
        "a_ring_modulation_2x3_mute": "muted",
    }
    vector = spec.encode(ParameterSet(spec.name, muted, Note(60, 0.0, 1.0)))
    after = spec.decode(Equivalents(spec).at_rest(vector[None])[0]).values
    assert after["a_osc_1_mute"] == "muted"
    assert (after["a_osc_1_pitch"], after["a_lfo_3_amplitude"]) == (0.5, 0.0)
    assert (after["a_osc_1_volume"], after["a_osc_1_octave"]) == (0.5, "-3")


def test_resting_twice_is_resting_once(drawn: Drawn) -> None:
    equivalents = Equivalents(load_spec(drawn.sets[0].spec_name))
    np.testing.assert_array_equal(equivalents.at_rest(drawn.rested), drawn.rested)
    assert not np.array_equal(drawn.rested, drawn.vectors)


def test_results_are_settings_of_the_space(drawn: Drawn) -> None:
    spec = load_spec(drawn.sets[0].spec_name)
    for vectors in (drawn.rested, drawn.traded):
        assert vectors.dtype == np.float32
        again = np.stack([spec.encode(spec.decode(vector)) for vector in vectors])
        np.testing.assert_allclose(again, vectors, atol=2e-6)


def test_the_vectors_given_stay_as_they_were(drawn: Drawn) -> None:
    spec = load_spec(drawn.sets[0].spec_name)
    again = np.stack([spec.encode(each) for each in drawn.sets])
    np.testing.assert_array_equal(drawn.vectors, again)


def oscillators(parameters: ParameterSet) -> list[tuple[ParameterValue, ...]]:
    """The three oscillators with the LFOs that move their widths, names taken away."""
    return [
        tuple(
            value
            for prefix in (f"a_osc_{osc}_", f"a_lfo_{osc + 2}_")
            for name, value in sorted(parameters.values.items())
            if name.startswith(prefix)
        )
        for osc in (1, 2, 3)
    ]


def others(parameters: ParameterSet) -> dict[str, ParameterValue]:
    traded = tuple(f"a_osc_{osc}_" for osc in (1, 2, 3)) + ("a_lfo_3_", "a_lfo_4_", "a_lfo_5_")
    return {n: v for n, v in parameters.values.items() if not n.startswith(traded)}


def test_whole_oscillators_trade_places_and_nothing_else_moves(drawn: Drawn) -> None:
    spec = load_spec(drawn.sets[0].spec_name)
    orders: Counter[tuple[int, ...]] = Counter()
    for before, after in zip(drawn.vectors, drawn.traded, strict=True):
        old, new = spec.decode(before), spec.decode(after)
        assert sorted(before) == sorted(after)
        assert others(old) == others(new) and old.note == new.note
        orders[tuple(oscillators(old).index(each) for each in oscillators(new))] += 1
    assert len(oscillators(spec.decode(drawn.vectors[0]))[0]) == {"surge_simple": 16}.get(
        spec.name, 22
    )
    assert set(orders) == {(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)}
    moved = [count for order, count in orders.items() if order != (0, 1, 2)]
    assert min(moved) > 0.3 * max(moved)


def test_oscillators_that_are_told_apart_stay(drawn: Drawn) -> None:
    unlike = np.array([unlike_oscillators(dict(each.values)) for each in drawn.sets])
    np.testing.assert_array_equal(drawn.traded[unlike], drawn.vectors[unlike])
    changed = (drawn.traded != drawn.vectors).any(axis=1)
    assert changed[~unlike].mean() > 0.7  # one order in six is the old one
    assert unlike.any() == (drawn.sets[0].spec_name == "surge_full")


def test_trading_is_the_same_for_the_same_generator(drawn: Drawn) -> None:
    equivalents = Equivalents(load_spec(drawn.sets[0].spec_name))
    again = equivalents.trade_oscillators(drawn.vectors, np.random.default_rng(3))
    np.testing.assert_array_equal(again, drawn.traded)


# On a real Surge XT: short notes, so that many patches can be heard.

PATCHES = 20
LENGTH_S = 0.8
NOTE_S = (0.05, 0.5)
FEATURES = FeatureConfig(samples=round(LENGTH_S * 44_100))


@pytest.fixture(scope="module")
def surge(surge_path) -> SurgeRenderer:  # type: ignore[no-untyped-def]
    return SurgeRenderer(surge_path)


def shortened(parameters: ParameterSet) -> ParameterSet:
    """The same patch with a short note, its onset audible within it."""
    values = dict(parameters.values)
    values["a_amp_eg_attack"] = min(float(values["a_amp_eg_attack"]), 0.5)
    return ParameterSet(
        parameters.spec_name, values, replace(parameters.note, on_s=NOTE_S[0], off_s=NOTE_S[1])
    )


def play(surge: SurgeRenderer, body: bytes, note: Note) -> np.ndarray:
    return surge.render(RenderJob(body, note, "equivalent", LENGTH_S)).audio


@pytest.mark.surge
@pytest.mark.parametrize("spec_name", SPECS)
def test_rest_is_not_heard_to_the_last_bit(spec_name: str, surge: SurgeRenderer) -> None:
    spec = load_spec(spec_name)
    equivalents = Equivalents(spec)
    tried: Counter[str] = Counter()
    index = heard = 0
    while heard < PATCHES:
        original = shortened(draw_parameters(spec, index))
        index += 1
        rested = spec.decode(equivalents.at_rest(spec.encode(original)[None])[0])
        # A float32 vector holds values a hair off; both sides go through it.
        original = spec.decode(spec.encode(original))
        changed = {n for n, v in original.values.items() if rested.values[n] != v}
        first = play(surge, still_body(original), original.note)
        if np.abs(first).max() < 1e-3 or not changed:
            continue
        np.testing.assert_array_equal(play(surge, still_body(original), original.note), first)
        np.testing.assert_array_equal(play(surge, still_body(rested), original.note), first)
        heard += 1
        tried.update("_".join(name.split("_")[:3]) for name in changed)
    assert {f"a_lfo_{lfo}" for lfo in range(1, 7)} <= set(tried)
    if spec_name == "surge_full":
        osc = {"a_osc_1", "a_osc_2", "a_osc_3"}
        fx = {"fx_a1_output", "fx_a2_output", "fx_a3_output"}
        assert osc | fx | {"a_noise_color", "a_fm_depth", "a_ring_modulation"} <= set(tried)


@pytest.mark.surge
@pytest.mark.parametrize("spec_name", SPECS)
def test_traded_oscillators_sound_the_same(spec_name: str, surge: SurgeRenderer) -> None:
    spec = load_spec(spec_name)
    equivalents = Equivalents(spec)
    log_mel = LogMel(FEATURES)
    rng = np.random.default_rng(0)

    def unlike_db(a: torch.Tensor, b: torch.Tensor) -> float:
        return float((a - b).abs().mean())

    still_db, floor_db, traded_db = [], [], []
    index = 1_000
    while len(floor_db) < PATCHES:
        vector = spec.encode(shortened(draw_parameters(spec, index)))
        index += 1
        pair = (vector, equivalents.trade_oscillators(vector[None], rng)[0])
        original, traded = map(spec.decode, pair)
        still = [play(surge, still_body(each), each.note) for each in (original, traded)]
        if original == traded or np.abs(still[0]).max() < 1e-3:
            continue
        sounds = [
            play(surge, patch_body(each, "x", rest_dry_effects=True), each.note)
            for each in (original, original, traded, traded)
        ]
        still_1, still_2, a, b, c, d = log_mel(torch.from_numpy(np.stack(still + sounds)))
        still_db.append(unlike_db(still_1, still_2))
        floor_db.append((unlike_db(a, b) + unlike_db(c, d)) / 2)
        traded_db.append(
            (unlike_db(a, c) + unlike_db(a, d) + unlike_db(b, c) + unlike_db(b, d)) / 4
        )
    floor = np.mean(floor_db)
    # Where nothing is random, all but the same: Surge starts a tuned oscillator 1 a little
    # differently, which free phases hide.
    assert np.mean(still_db) < 0.2 * floor
    # As they are, no further apart than two renders of one patch, give or take chance.
    excess = np.array(traded_db) - floor_db
    chance = 3 * excess.std(ddof=1) / np.sqrt(PATCHES)
    assert excess.mean() - chance <= 0 and np.mean(traded_db) <= 1.2 * floor + chance


@pytest.mark.surge
def test_oscillators_of_frequency_modulation_would_not_sound_the_same(surge: SurgeRenderer) -> None:
    spec = load_spec("surge_full")
    log_mel = LogMel(FEATURES)
    unlike_db = []
    for index in range(6):
        original = shortened(draw_parameters(spec, index))
        fm = {"a_fm_routing": "2 > 1", "a_fm_depth": 0.8}
        fm |= {f"a_osc_{osc}_mute": "muted" if osc > 1 else "unmuted" for osc in (1, 2, 3)}
        values = dict(original.values) | fm
        names = {f"a_osc_{a}_": f"a_osc_{b}_" for a, b in ((1, 2), (2, 1))}
        swapped = values | {
            new + name.removeprefix(old): values[name]
            for old, new in names.items()
            for name in values
            if name.startswith(old)
        }
        sounds = [
            play(surge, still_body(replace(original, values=each)), original.note)
            for each in (values, swapped)
        ]
        first, second = log_mel(torch.from_numpy(np.stack(sounds)))
        unlike_db.append(float((first - second).abs().mean()))
    assert np.median(unlike_db) > 5.0
