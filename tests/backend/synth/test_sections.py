from __future__ import annotations

import numpy as np
import pytest

from backend.synth.sections import SECTIONS, layout, section_of, unit_of
from backend.synth.spec import load_spec


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_units_part_the_vector_and_sections_are_made_of_units(spec_name: str) -> None:
    spec, found = load_spec(spec_name), layout(spec_name)
    together = np.concatenate(list(found.units.values()))
    assert sorted(together.tolist()) == list(range(spec.width))
    sections = np.concatenate([found.sections[section] for section in SECTIONS])
    assert len(set(sections.tolist())) == len(sections)
    for parameter, place in zip(spec.parameters, spec.slices(), strict=True):
        assert place.start in found.units[unit_of(parameter.name)]
        section = section_of(parameter.surge)
        assert section is None or place.start in found.sections[section]


@pytest.mark.parametrize(
    ("name", "unit", "section"),
    [
        ("a_osc_2_pitch", "osc 2", "osc"),
        ("a_osc_drift", "mixer", "osc"),
        ("a_ring_modulation_1x2_mute", "mixer", "osc"),
        ("a_filter_eg_attack", "filter envelope", "envelopes"),
        ("a_filter_1_cutoff", "filter 1", "filter"),
        ("a_filter_balance", "filter routing", "filter"),
        ("a_lfo_6_decay", "lfo 6", "lfos"),
        ("fx_a3_output_mix", "effect 3", "effects"),
        ("a_vca_gain", "output", None),
    ],
)
def test_a_parameter_is_where_a_musician_looks_for_it(
    name: str, unit: str, section: str | None
) -> None:
    [parameter] = [p for p in load_spec("surge_full").parameters if p.name == name]
    assert (unit_of(name), section_of(parameter.surge)) == (unit, section)
