"""Plain draws: by the rules of their spaces, simpler than the others, and the same everywhere."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from backend.records import ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.plain import PLAIN_FROM, SHORTEST_S
from backend.synth.spec import load_spec

DRAWS = 400


def drawn(space: str, first: int) -> list[ParameterSet]:
    return [draw_parameters(load_spec(space), first + index) for index in range(DRAWS)]


def share(sets: list[ParameterSet], name: str, value: float | str) -> float:
    return float(np.mean([one.values[name] == value for one in sets]))


@pytest.mark.parametrize("space", ["surge_simple", "surge_full"])
def test_plain_sets_are_of_their_space_and_begin_at_once(space: str) -> None:
    spec, sets = load_spec(space), drawn(space, PLAIN_FROM)
    for one in sets:
        back = spec.decode(spec.encode(one))
        assert back.note.pitch == one.note.pitch and one.note.on_s == 0.0
        assert SHORTEST_S <= one.note.off_s <= 4.0
    held = np.mean([one.note.off_s == 4.0 for one in sets])
    assert 0.25 < held < 0.45
    assert len({tuple(one.values.items()) for one in sets}) == DRAWS


def test_most_of_what_moves_and_colours_is_left_out() -> None:
    usual, plain = drawn("surge_full", 0), drawn("surge_full", PLAIN_FROM)
    for name, value, least in (
        ("a_lfo_1_amplitude", 0.0, 0.9),
        ("fx_a1_output_mix", 0.0, 0.8),
        ("a_noise_mute", "muted", 0.8),
        ("a_osc_3_mute", "muted", 0.6),
        ("a_osc_1_pitch", 0.5, 0.75),
        ("a_filter_2_cutoff", 1.0, 0.65),
        ("a_waveshaper_type", "Off", 0.8),
    ):
        assert share(plain, name, value) > max(least, share(usual, name, value) + 0.1), name
    waves = [[one.values[f"a_osc_1_{wave}"] for one in plain] for wave in ("sawtooth", "pulse")]
    assert all(0.3 < np.mean([level == 0.5 for level in levels]) < 0.5 for levels in waves)
    octaves = [{one.values[f"a_osc_{osc}_octave"] for osc in (1, 2, 3)} for one in plain]
    assert np.mean([len(together) == 1 for together in octaves]) > 0.7


def test_a_number_draws_the_same_everywhere() -> None:
    digests = {}
    for space in ("surge_simple", "surge_full"):
        spec = load_spec(space)
        numbers = (PLAIN_FROM, PLAIN_FROM + 1, PLAIN_FROM + 23_456)
        vectors = np.stack([spec.encode(draw_parameters(spec, number)) for number in numbers])
        digests[space] = hashlib.sha256(vectors.astype("<f4").tobytes()).hexdigest()[:16]
    assert digests == {"surge_simple": "177aa30d43ad36fa", "surge_full": "014d682c2d7d7430"}
