"""Settings of which only one thing is changed: a plain saw, to which a test adds its subject."""

from __future__ import annotations

import numpy as np

from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.spec import load_spec

#: A saw at full level through an open lowpass, sustained, nothing moving, all effects dry.
PLAIN: dict[str, ParameterValue] = {
    "a_amp_eg_attack": 0.0,
    "a_amp_eg_decay": 0.5,
    "a_amp_eg_sustain": 1.0,
    "a_filter_1_cutoff": 1.0,
    "a_filter_1_feg_mod_amount": 0.5,
    "a_filter_2_cutoff": 1.0,
    "a_filter_2_feg_mod_amount": 0.5,
    "a_noise_volume": 0.0,
    "a_osc_1_volume": 1.0,
    "a_osc_2_volume": 0.0,
    "a_osc_3_volume": 0.0,
    **{f"a_lfo_{n}_amplitude": 0.0 for n in range(1, 7)},
    **{f"a_osc_{n}_{wave}": 0.5 for n in (1, 2, 3) for wave in ("pulse", "triangle")},
    **{f"a_osc_{n}_sawtooth": 1.0 for n in (1, 2, 3)},
}
FULL_PLAIN: dict[str, ParameterValue] = {
    "a_filter_1_type": "LP 24 dB",
    "a_filter_2_type": "LP 12 dB",
    "a_fm_routing": "Off",
    "a_noise_mute": "muted",
    "a_ring_modulation_1x2_mute": "muted",
    "a_ring_modulation_2x3_mute": "muted",
    **{f"a_osc_{n}_mute": "unmuted" for n in (1, 2, 3)},
    **{f"a_osc_{n}_octave": "0" for n in (1, 2, 3)},
    **{f"fx_a{n}_output_mix": 0.0 for n in (1, 2, 3)},
}


def setting(spec_name: str, held_s: float = 2.0, **changed: ParameterValue) -> ParameterSet:
    """A plain setting with some changes; its note is a C4 from the beginning."""
    spec = load_spec(spec_name)
    values = {**spec.decode(np.zeros(spec.width)).values, **PLAIN}
    if spec_name == "surge_full":
        values |= FULL_PLAIN
    return ParameterSet(spec_name, {**values, **changed}, Note(60, 0.0, held_s))


def seconds(value_s: float) -> float:
    """Host value of an envelope time."""
    return float((np.log2(value_s) + 8) / 13)


def hertz(value_hz: float) -> float:
    """Host value of a cutoff."""
    return float((12 * np.log2(value_hz / 440) + 60) / 130)
