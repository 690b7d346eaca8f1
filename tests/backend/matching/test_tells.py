from __future__ import annotations

import numpy as np
import pytest
from plain_settings import hertz, seconds, setting

from backend.matching.tells import note_name, note_text, tells
from backend.records import Note, ParameterValue
from backend.synth.spec import load_spec


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_a_plain_saw_says_three_things(spec_name: str) -> None:
    assert tells(setting(spec_name)) == ("saw", "filters open", "sustained")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"a_osc_1_pulse": 1.0}, "saw+pulse"),
        ({"a_osc_1_pulse": 0.0}, "saw+pulse"),  # -100 % is as loud as 100 %
        ({"a_osc_1_sawtooth": 0.5, "a_osc_1_triangle": 0.9}, "triangle"),
        ({"a_osc_2_volume": 1.0, "a_osc_2_sawtooth": 0.5, "a_osc_2_pulse": 1.0}, "saw+pulse"),
        ({"a_osc_2_volume": 0.2, "a_osc_2_pulse": 1.0}, "saw"),  # 42 dB down
        ({"a_osc_2_volume": 0.9, "a_osc_2_octave": "+1"}, "saw, 2 octaves"),
        ({"a_osc_1_mute": "muted"}, "no oscillator"),
        ({"a_osc_1_mute": "muted", "a_osc_2_volume": 0.2}, "saw"),
        ({"a_noise_mute": "unmuted", "a_noise_volume": 1.0}, "saw+noise"),
        ({"a_noise_volume": 1.0}, "saw"),
        ({"a_ring_modulation_1x2_mute": "unmuted"}, "saw+ring mod"),
        ({"a_fm_routing": "2 > 1", "a_fm_depth": 0.9}, "saw+FM"),
        ({"a_fm_routing": "2 > 1", "a_fm_depth": 0.1}, "saw"),
    ],
)
def test_sources(changed: dict[str, ParameterValue], said: str) -> None:
    full = {"a_ring_modulation_1x2_volume": 1.0, **changed}
    assert tells(setting("surge_full", **full))[0] == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"a_filter_1_cutoff": hertz(1300)}, "LP 24 dB at 1.3 kHz"),
        ({"a_filter_2_cutoff": hertz(852)}, "LP 12 dB at 850 Hz"),
        (
            {"a_filter_1_cutoff": hertz(100), "a_filter_2_cutoff": hertz(5000)},
            "LP 24 dB at 100 Hz",
        ),
        ({"a_filter_1_type": "HP 12 dB", "a_filter_1_cutoff": hertz(14)}, "filters open"),
        ({"a_filter_1_type": "HP 12 dB", "a_filter_1_cutoff": hertz(440)}, "HP 12 dB at 440 Hz"),
        ({"a_filter_1_type": "FX Comb +", "a_filter_1_cutoff": hertz(440)}, "FX Comb + at 440 Hz"),
        (
            {"a_filter_1_cutoff": hertz(440), "a_filter_1_feg_mod_amount": 0.75},
            "LP 24 dB at 440 Hz, envelope +4 oct",
        ),
    ],
)
def test_filter(changed: dict[str, ParameterValue], said: str) -> None:
    assert tells(setting("surge_full", **changed))[1] == said


@pytest.mark.parametrize(
    ("attack_s", "decay_s", "sustain", "said"),
    [
        (0.005, 0.12, 0.0, "pluck 120 ms"),
        (0.005, 1.0, 0.0, "decay 1 s"),
        (0.005, 0.3, 0.4, "decay 300 ms to 40%"),
        (0.005, 4.02, 0.4, "sustained"),  # the note ends before
        (0.4, 0.3, 0.95, "attack 400 ms, sustained"),
        (0.4, 0.3, 0.0, "attack 400 ms, decay 300 ms"),
        (3.0, 0.3, 1.0, "fades in over 3 s"),
    ],
)
def test_loudness(attack_s: float, decay_s: float, sustain: float, said: str) -> None:
    changed = {
        "a_amp_eg_attack": seconds(attack_s),
        "a_amp_eg_decay": seconds(decay_s),
        "a_amp_eg_sustain": sustain,
    }
    assert tells(setting("surge_simple", **changed))[2] == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"a_lfo_1_amplitude": 0.5, "a_lfo_1_rate": 7 / 16}, "LFO 1 Hz on filter 1"),
        (
            {"a_lfo_1_amplitude": 0.5, "a_lfo_2_amplitude": 0.5, "a_lfo_6_amplitude": 0.5},
            "LFO on filter 1+2, pitch",
        ),
        ({"a_lfo_3_amplitude": 0.5, "a_lfo_3_rate": 0.5}, "LFO 2 Hz on width 1"),
    ],
)
def test_modulation(changed: dict[str, ParameterValue], said: str) -> None:
    assert tells(setting("surge_simple", **changed))[3:] == (said,)


@pytest.mark.parametrize("changed", [{"a_lfo_1_amplitude": 0.01}, {"a_lfo_4_amplitude": 1.0}])
def test_what_cannot_be_heard_is_not_told(changed: dict[str, ParameterValue]) -> None:
    assert len(tells(setting("surge_full", **changed))) == 3  # LFO 4 moves a silent oscillator


def test_effects() -> None:
    changed = {"fx_a1_output_mix": 0.3, "fx_a2_output_mix": 0.02, "fx_a3_output_mix": 0.452}
    assert tells(setting("surge_full", **changed))[3:] == ("chorus 30%, reverb 45%",)


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_every_setting_has_three_to_five_short_phrases(spec_name: str) -> None:
    spec = load_spec(spec_name)
    rng = np.random.default_rng(0)
    for _ in range(200):
        said = tells(spec.decode(rng.uniform(-1.2, 1.2, spec.width)))
        assert 3 <= len(said) <= 5
        assert all(0 < len(phrase) <= 60 for phrase in said)


@pytest.mark.parametrize(("pitch", "name"), [(60, "C4"), (69, "A4"), (61, "C#4"), (0, "C-1")])
def test_note_names(pitch: int, name: str) -> None:
    assert note_name(pitch) == name


def test_note_text() -> None:
    assert note_text(Note(58, 0.25, 1.5)) == "A#3 (58), 1.25 s"
