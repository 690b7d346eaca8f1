"""Envelopes and LFOs in closed form follow Surge XT's own step by step."""

from __future__ import annotations

import math

import pytest
import torch

from backend.matching.control_layout import control_layout
from backend.records import Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
from models.controls import Controls, Signals

#: Surge XT computes modulation every 32 samples.
BLOCK_S = 32 / 44_100
FRAMES = 400
TIMES_S = torch.arange(FRAMES)[None] * 0.01


def signals(spec_name: str, note: Note, **natives: float | str) -> Signals:
    """What moves in a drawn setting with some parameters set, by native value or label."""
    spec = load_spec(spec_name)
    drawn = draw_parameters(spec, 5)
    values = dict(drawn.values)
    by_name = {parameter.name: parameter for parameter in spec.parameters}
    for name, value in natives.items():
        parameter = by_name[name]
        values[name] = value if isinstance(value, str) else parameter.surge.native_to_host(value)
    vector = torch.from_numpy(spec.encode(type(drawn)(spec.name, values, note)))[None]
    controls = Controls(control_layout(spec))
    return controls(vector, controls.natives(vector), TIMES_S)


def analog(
    attack_s: float, decay_s: float, sustain: float, release_s: float, note: Note
) -> list[float]:
    """A capacitor that is charged and discharged, block by block."""
    charge, discharging, out = 0.0, False, []
    coefficients = [min(1.0, 4.0 * BLOCK_S / one) for one in (attack_s, decay_s, release_s)]
    for block in range(math.ceil(4.0 / BLOCK_S)):
        gate = note.on_s <= block * BLOCK_S < note.off_s
        discharging = (discharging or charge > 1.0) and gate
        if gate and not discharging:
            charge += max(0.0, 1.5 - charge) * coefficients[0]
        elif gate:
            charge += (sustain**2 - charge) * coefficients[1]
        else:
            charge -= charge * coefficients[2]
        out.append(charge)
    return [out[min(len(out) - 1, round(frame * 0.01 / BLOCK_S))] for frame in range(FRAMES)]


@pytest.mark.parametrize(
    ("attack", "decay", "sustain", "release", "off_s"),
    [(-4.0, -1.0, 0.6, -2.0, 2.5), (1.0, -3.0, 0.2, 0.0, 1.0), (-5.0, 1.5, 0.0, -5.0, 3.0)],
)
def test_an_analog_envelope_is_a_capacitor(
    attack: float, decay: float, sustain: float, release: float, off_s: float
) -> None:
    note = Note(60, 0.3, off_s)
    settings = {"attack": attack, "decay": decay, "sustain": sustain, "release": release}
    moves = signals(
        "surge_simple", note, **{f"a_filter_eg_{name}": value for name, value in settings.items()}
    )
    wanted = torch.tensor(analog(2**attack, 2**decay, sustain, 2**release, note))
    frames = slice(31, None)
    assert (moves.filter_envelope[0, frames] - wanted[frames]).abs().mean() < 0.01
    assert wanted.max() > 0.3


def test_a_digital_envelope_rises_falls_and_ends_in_straight_lines() -> None:
    note = Note(60, 0.5, 2.5)
    moves = signals(
        "surge_full",
        note,
        a_amp_eg_envelope_mode="Digital",
        a_amp_eg_attack=-1.0,
        a_amp_eg_decay=0.0,
        a_amp_eg_sustain=0.25,
        a_amp_eg_release=-1.0,
    )
    amplitude = moves.amplitude[0]
    points = {0.4: 0.0, 0.75: 0.5, 1.0: 1.0, 1.5: 0.5, 2.2: 0.25, 2.75: 0.125, 3.1: 0.0}
    for time_s, wanted in points.items():
        assert amplitude[round(time_s * 100)].item() == pytest.approx(wanted, abs=0.02), time_s


def test_an_lfo_fades_in_and_swings_a_cutoff_by_130_semitones() -> None:
    still = {f"a_lfo_1_{name}": -8.0 for name in ("attack", "hold", "decay")}
    moves = signals(
        "surge_simple",
        Note(60, 0.0, 4.0),
        **still,
        a_lfo_1_amplitude=0.5,
        a_lfo_1_sustain=1.0,
        a_lfo_1_deform=0.0,
        a_lfo_1_rate=0.0,
        a_lfo_1_phase=0.0,
        a_filter_1_feg_mod_amount=0.0,
        a_filter_1_cutoff=0.0,
    )
    cutoff = moves.cutoffs[0, 0]
    for time_s, wanted in {0.25: 65.0, 0.5: 0.0, 0.75: -65.0, 1.25: 65.0}.items():
        assert cutoff[round(time_s * 100)].item() == pytest.approx(wanted, abs=1.0), time_s


@pytest.mark.parametrize("spec_name", ["surge_simple", "surge_full"])
def test_pitch_is_the_notes_and_what_the_oscillator_adds(spec_name: str) -> None:
    moved = {"a_lfo_6_amplitude": 0.0, "a_osc_2_pitch": 3.5}
    octave: dict[str, str] = {"a_osc_2_octave": "-1"} if spec_name == "surge_full" else {}
    moves = signals(spec_name, Note(60, 0.2, 3.0), **moved, **octave)
    wanted = 63.5 - (12.0 if octave else 0.0)
    torch.testing.assert_close(
        moves.pitches[0, 1], torch.full((FRAMES,), wanted), atol=1e-3, rtol=0.0
    )
