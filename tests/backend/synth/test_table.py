from __future__ import annotations

import math

import numpy as np
import pytest

from backend.synth.spec import load_spec
from backend.synth.table import (
    SECTIONS,
    Display,
    SurgeParameter,
    snap_to_note_length,
    surge_table,
)


def by_storage(storage: str) -> SurgeParameter:
    return next(p for p in surge_table().parameters if p.storage == storage)


def test_table_has_all_of_surge_once() -> None:
    parameters = surge_table().parameters
    assert len(parameters) == 766
    assert len({p.storage for p in parameters}) == 766
    assert len({p.osc for p in parameters}) == 766


def test_every_parameter_is_in_a_section() -> None:
    assert {p.section for p in surge_table().parameters} == set(SECTIONS)


def test_sections_a_musician_would_expect() -> None:
    sections = {p.name: p.surge.section for p in load_spec("surge_full").parameters}
    assert sections["a_osc_2_pitch"] == "osc 2"
    assert sections["a_osc_3_volume"] == "mixer"
    assert sections["a_filter_1_cutoff"] == "filters"
    assert sections["a_amp_eg_attack"] == "envelopes"
    assert sections["a_lfo_1_rate"] == "lfos"
    assert sections["a_waveshaper_type"] == "waveshaper"
    assert sections["fx_a3_output_mix"] == "effects"
    assert not {"scene b", "global"} & set(sections.values())


def test_base_values_lie_within_their_ranges() -> None:
    for parameter in surge_table().parameters:
        for base, value in parameter.base:
            assert base in ("full", "simple")
            if parameter.minimum is not None and parameter.maximum is not None:
                assert parameter.minimum <= value <= parameter.maximum, parameter.storage
            if parameter.kind != "float":
                assert value == int(value), parameter.storage


def test_six_routings_reach_their_whole_range() -> None:
    targets = {"a_filter1_cutoff": 130, "a_filter2_cutoff": 130, "a_pitch": 14}
    targets |= {f"a_osc{osc}_param3": 1 for osc in (1, 2, 3)}
    assert {r.target: r.depth for r in surge_table().routings} == targets
    assert sorted(r.source for r in surge_table().routings) == [17, 18, 19, 20, 21, 22]
    for target, depth in targets.items():
        parameter = by_storage(target)
        assert parameter.minimum is not None and parameter.maximum is not None
        assert parameter.maximum - parameter.minimum == depth


@pytest.mark.parametrize(
    ("storage", "host", "native"),
    [
        ("a_filter1_cutoff", 0.0, -60.0),
        ("a_filter1_cutoff", 0.5, 5.0),
        ("a_filter1_cutoff", 1.0, 70.0),
        ("a_env1_attack", 0.77, 2.01),  # about 4 s
        ("a_filter1_type", 0.005, 0),
        ("a_filter1_type", 0.995, 33),
        ("a_filter1_type", 0.7255, 24),
        ("a_osc1_octave", 0.5005, 0),
        ("a_osc1_octave", 0.8333333333333334, 2),
        ("a_fb_config", 0.2885, 2),
        ("a_mute_o1", 0.5, 0),  # half is still off
        ("a_mute_o1", 0.7505, 1),
    ],
)
def test_host_to_native_by_hand(storage: str, host: float, native: float) -> None:
    assert by_storage(storage).host_to_native(host) == pytest.approx(native, abs=1e-12)


def test_host_to_native_clamps() -> None:
    for storage in ("a_filter1_cutoff", "a_filter1_type"):
        parameter = by_storage(storage)
        assert parameter.host_to_native(-3.0) == parameter.minimum
        assert parameter.host_to_native(7.0) == parameter.maximum


def test_every_native_integer_survives_the_host_scale() -> None:
    checked = 0
    for parameter in surge_table().parameters:
        if parameter.kind == "int" and parameter.minimum is not None and parameter.maximum:
            if parameter.maximum == parameter.minimum:
                continue
            for native in range(int(parameter.minimum), int(parameter.maximum) + 1):
                assert parameter.host_to_native(parameter.native_to_host(native)) == native
                checked += 1
    assert checked > 1000


def test_float_natives_survive_the_host_scale_in_single_precision() -> None:
    rng = np.random.default_rng(0)
    for parameter in (p.surge for p in load_spec("surge_full").parameters if not p.categories):
        for host in rng.random(20):
            native = parameter.host_to_native(host)
            again = parameter.host_to_native(parameter.native_to_host(native))
            assert np.float32(again) == np.float32(native)


@pytest.mark.parametrize(
    ("native", "snapped"),
    [
        (-1.0, -1.0),
        (1.1975, 1.0),  # the papers' raw value for a whole note
        (0.749, math.log2(1.5)),
        (0.437, math.log2(4 / 3)),
        (-3.5605, -4 + math.log2(4 / 3)),
        (-3.2485, -4 + math.log2(1.5)),
        (0.2, 0.0),
    ],
)
def test_tempo_snap(native: float, snapped: float) -> None:
    assert snap_to_note_length(native) == pytest.approx(snapped, abs=1e-12)
    assert snap_to_note_length(snapped) == pytest.approx(snapped, abs=1e-12)


@pytest.mark.parametrize(
    ("display", "native", "text"),
    [
        (Display("Hz", "exp2", 440, 1 / 12), 0.0, "440 Hz"),
        (Display("Hz", "exp2", 440, 1 / 12), 14.19, "999 Hz"),
        (Display("Hz", "exp2", 440, 1 / 12), 14.206, "1000 Hz"),
        (Display("Hz", "exp2", 440, 1 / 12), 24.0, "1.76 kHz"),
        (Display("s", "exp2"), -1.0, "500.0 ms"),
        (Display("s", "exp2"), 1.0, "2 s"),
        (Display("dB", "decibel"), 0.5, "-18.0 dB"),
        (Display("dB", "decibel"), 0.0, "-inf dB"),
        (Display("%", "linear", 100), 0.5, "50 %"),
        (Display("%", "linear", 100), -3e-9, "0 %"),
        (Display("cents", "linear", 100), 0.333, "33.3 cents"),
        (Display(), 3.0, "3"),
    ],
)
def test_display(display: Display, native: float, text: str) -> None:
    assert display.text(native) == text


def test_every_continuous_parameter_reads_with_a_unit() -> None:
    for name in ("surge_simple", "surge_full"):
        for parameter in load_spec(name).parameters:
            if not parameter.categories:
                assert parameter.surge.display.unit, parameter.name
