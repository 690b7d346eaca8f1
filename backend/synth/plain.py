"""Plain parameter sets: what is drawn, with most of what moves and colours it left out.

The papers' draws set everything at random, so nearly every one of them has several oscillators out
of tune, two filters, moving LFOs and effects, and begins anywhere in the 4 s. Sounds of instruments
are seldom like that. A plain set is drawn by the same rules and then simplified, each part by its
own chance: mostly one or two oscillators in tune, one filter, no LFO, little effect, a note from
the beginning. The rules and chances are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.random_numbers import Draws
from backend.synth.spec import ParameterSpec

#: Draws from this number on are plain.
PLAIN_FROM = 2_000_000_000

OSCILLATORS = (1, 2, 3)
#: From three below to three above; the middle of three draws is mostly near the middle.
OCTAVES = 7
WAVES = ("sawtooth", "pulse", "triangle")
#: In the middle of its range a wave's level, an envelope's reach, a detuning or a pan is nothing.
NOTHING = 0.5

#: (settings that are made together, chance).
_SIMPLER: tuple[tuple[Mapping[str, ParameterValue], float], ...] = (
    *(({f"a_lfo_{lfo}_amplitude": 0.0}, 0.85) for lfo in range(1, 7)),
    ({"fx_a1_output_mix": 0.0}, 0.6),
    ({"fx_a2_output_mix": 0.0}, 0.75),
    ({"fx_a3_output_mix": 0.0}, 0.4),
    ({"a_feedback": NOTHING}, 0.85),
    ({"a_filter_balance": NOTHING, "a_filter_configuration": "Serial 1"}, 0.8),
    ({"a_highpass": 0.0}, 0.7),
    ({"a_waveshaper_type": "Off"}, 0.8),
    ({"a_noise_mute": "muted", "a_noise_volume": 0.0}, 0.6),
    ({"a_ring_modulation_1x2_mute": "muted"}, 0.9),
    ({"a_ring_modulation_2x3_mute": "muted"}, 0.9),
    ({"a_fm_routing": "Off"}, 0.5),
    ({"a_osc_drift": 0.0}, 0.7),
    ({"a_pan": NOTHING}, 0.9),
    ({"a_osc_2_mute": "muted"}, 0.45),
    ({"a_osc_3_mute": "muted"}, 0.7),
    ({"a_filter_1_feg_mod_amount": NOTHING}, 0.3),
    ({"a_filter_1_type": "LP 12 dB"}, 0.3),
    ({"a_filter_1_type": "LP 24 dB"}, 0.3),
    ({"a_filter_1_resonance": 0.0}, 0.3),
    (
        {
            "a_filter_2_type": "LP 12 dB",
            "a_filter_2_cutoff": 1.0,
            "a_filter_2_resonance": 0.0,
            "a_filter_2_feg_mod_amount": NOTHING,
        },
        0.75,
    ),
    *(
        change
        for osc in OSCILLATORS
        for change in (
            ({f"a_osc_{osc}_pitch": NOTHING}, 0.7),
            ({f"a_osc_{osc}_sync": 0.0}, 0.75),
            ({f"a_osc_{osc}_width": NOTHING}, 0.3),
            ({f"a_osc_{osc}_unison_voices": "1 voice"}, 0.6),
            ({f"a_osc_{osc}_route": "Filter 1"}, 0.7),
        )
    ),
)
#: Chance that an oscillator has one wave, and that all oscillators are in one octave.
ONE_WAVE, ONE_OCTAVE = 0.6, 0.75
#: Chance that a note is held to the end, and that the attack is short; a length is at least this.
HELD, SHORT_ATTACK = 0.35, 0.6
SHORTEST_S = 0.1


def plain(spec: ParameterSpec, drawn: ParameterSet, draws: Draws) -> ParameterSet:
    """Return a drawn parameter set made plainer.

    Args:
        spec: the parameter space; a rule for what it does not have is passed over.
        drawn: from ``draw_parameters``.
        draws: which rules are followed.
    """
    values = dict(drawn.values)
    octaves = {p.name: p.labels for p in spec.parameters if p.name.endswith("_octave")}
    for settings, chance in _SIMPLER:
        if draws.unit() < chance:
            values.update((name, value) for name, value in settings.items() if name in values)
    for osc in OSCILLATORS:
        if draws.unit() < ONE_WAVE:
            kept = draws.below(len(WAVES))
            for place, wave in enumerate(WAVES):
                if place != kept:
                    values[f"a_osc_{osc}_{wave}"] = NOTHING
    if draws.unit() < ONE_OCTAVE:
        middle = sorted(draws.below(OCTAVES) for _ in range(3))[1]
        values.update((name, labels[middle]) for name, labels in octaves.items())
    if draws.unit() < SHORT_ATTACK:
        attack = float(values["a_amp_eg_attack"])
        values["a_amp_eg_attack"] = attack * draws.unit()
    off_s = draws.between(SHORTEST_S, spec.duration_s)
    if draws.unit() < HELD:
        off_s = spec.duration_s
    return replace(drawn, values=values, note=Note(drawn.note.pitch, 0.0, off_s))
