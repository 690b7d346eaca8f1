"""Presets moved: the note is the target's, and the sound stays what it was, but in tune."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from known_notes import hz_of

from backend.audio.pitch import Pitch, find_pitch
from backend.errors import ParameterError
from backend.matching.retune import retune
from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import patch_body
from backend.synth.renderer import RenderJob, SurgeRenderer
from backend.synth.spec import load_spec

SPACES = ("surge_full", "surge_simple")


def pitch_at(midi: float, *, tonal: bool = True) -> Pitch:
    return Pitch(hz_of(midi), midi, 0.9 if tonal else 0.1, tonal)


def preset(spec_name: str, note: int, offsets: tuple[float, ...] = (0, 0, 0)) -> ParameterSet:
    """A plain sustained preset whose oscillators stand the given semitones from its note."""
    spec = load_spec(spec_name)
    values: dict[str, ParameterValue] = dict(draw_parameters(spec, 3).values)
    plain: dict[str, ParameterValue] = {
        **{f"a_lfo_{n}_amplitude": 0.0 for n in range(1, 7)},
        **{f"a_filter_{n}_type": "LP 12 dB" for n in (1, 2)},
        **{f"a_filter_{n}_cutoff": 1.0 for n in (1, 2)},
        **{f"a_filter_{n}_feg_mod_amount": 0.5 for n in (1, 2)},
        **{f"a_filter_{n}_resonance": 0.0 for n in (1, 2)},
        **{f"a_ring_modulation_{ring}_mute": "muted" for ring in ("1x2", "2x3")},
        **{f"fx_a{n}_output_mix": 0.0 for n in (1, 2, 3)},
        "a_amp_eg_attack": 0.0,
        "a_amp_eg_sustain": 1.0,
        "a_highpass": 0.0,
        "a_noise_mute": "muted",
        "a_noise_volume": 0.0,
        "a_fm_routing": "Off",
        "a_filter_configuration": "Serial 1",
        "a_waveshaper_type": "Off",
        "a_pan": 0.5,
        "a_feedback": 0.5,
        "a_osc_drift": 0.0,
        "a_width": 0.5,
        "a_filter_balance": 0.5,
    }
    for number, offset in enumerate(offsets, start=1):
        octaves = min(3, round(offset / 12)) if spec_name == "surge_full" else 0
        plain |= {
            f"a_osc_{number}_mute": "unmuted",
            f"a_osc_{number}_route": "Filter 1",
            f"a_osc_{number}_octave": f"{octaves:+d}" if octaves else "0",
            f"a_osc_{number}_pitch": 0.5 + (offset - 12 * octaves) / 14,
            f"a_osc_{number}_sync": 0.0,
            f"a_osc_{number}_volume": 0.8,
            f"a_osc_{number}_sawtooth": 1.0,
            f"a_osc_{number}_pulse": 0.5,
            f"a_osc_{number}_triangle": 0.5,
            f"a_osc_{number}_unison_voices": "1 voice",
            f"a_osc_{number}_unison_detune": 0.0,
        }
    values |= {name: value for name, value in plain.items() if name in values}
    return ParameterSet(spec_name, values, Note(note, 0.0, 1.5))


def offsets(parameters: ParameterSet) -> list[float]:
    """How far each oscillator stands above the note, in semitones."""
    natives = load_spec(parameters.spec_name).natives(parameters)
    return [
        12 * natives.get(f"a_osc{n}_octave", 0.0) + natives[f"a_osc{n}_pitch"] for n in (1, 2, 3)
    ]


def sounding(parameters: ParameterSet) -> list[float]:
    return [parameters.note.pitch + offset for offset in offsets(parameters)]


@pytest.mark.parametrize("spec_name", SPACES)
@pytest.mark.parametrize("cents", [0, 30, -45])
def test_the_pitch_becomes_the_target_s_on_the_target_s_note(spec_name: str, cents: int) -> None:
    before = preset(spec_name, 60)
    after = retune(before, pitch_at(62 + cents / 100), pitch_at(59.7))
    assert after.note == Note(62, 0.0, 1.5)
    moved = 62 + cents / 100 - 59.7
    assert sounding(after) == pytest.approx([60 + moved] * 3)
    kept = [name for name in before.values if not name.endswith(("_pitch", "_octave"))]
    assert {n: after.values[n] for n in kept} == {n: before.values[n] for n in kept}


@pytest.mark.parametrize("target", range(24, 101, 7))
def test_in_full_every_note_is_reached_and_octaves_are_left_to_the_octave(target: int) -> None:
    before = preset("surge_full", 60, (0.0, 0.5, -12.0))
    after = retune(before, pitch_at(target), pitch_at(target))
    assert after.note.pitch == (target if target <= 91 else 82)  # 94 needs -12 - 34 < -43
    assert sounding(after) == pytest.approx(sounding(before))
    whole = retune(before, pitch_at(48), pitch_at(48))
    assert [whole.values[f"a_osc_{n}_octave"] for n in (1, 2, 3)] == ["+1", "+1", "0"]
    assert [whole.values[f"a_osc_{n}_pitch"] for n in (1, 2, 3)] == pytest.approx(
        [before.values[f"a_osc_{n}_pitch"] for n in (1, 2, 3)]
    )


@pytest.mark.parametrize(
    ("target", "note"), [(60.0, 60), (66.4, 66), (53.0, 53), (40.0, 64), (90.0, 66), (42.0, 54)]
)
def test_in_simple_the_note_is_the_target_s_or_octaves_off(target: float, note: int) -> None:
    before = preset("surge_simple", 60)
    after = retune(before, pitch_at(target), pitch_at(target))
    assert after.note.pitch == note
    assert sounding(after) == pytest.approx(sounding(before))


@pytest.mark.parametrize("target", [30.2, 45.0, 97.7])
def test_in_simple_the_note_gives_way_and_not_the_pitch(target: float) -> None:
    after = retune(preset("surge_simple", 60, (0, 3, -3)), pitch_at(target), pitch_at(60))
    assert sounding(after) == pytest.approx([target, target + 3, target - 3])
    assert after.note.pitch == round(target)  # within 4 semitones on both sides, that is reached


def test_within_the_space_s_notes_the_pitch_is_right_where_it_can_be() -> None:
    notes = range(48, 73)
    full = retune(preset("surge_full", 60), pitch_at(24.3), pitch_at(60), notes=notes)
    assert full.note.pitch == 48 and sounding(full) == pytest.approx([24.3] * 3)
    load_spec("surge_full").encode(full)
    simple = retune(preset("surge_simple", 60), pitch_at(24.3), pitch_at(60), notes=notes)
    assert simple.note.pitch == 48 and sounding(simple) == pytest.approx([41.0] * 3)


def test_intervals_between_oscillators_stay() -> None:
    before = preset("surge_full", 55, (0.0, 19.02, -4.75))
    after = retune(before, pitch_at(71.3), pitch_at(55.1))
    assert after.note.pitch == 71
    assert sounding(after) == pytest.approx([s + 16.2 for s in sounding(before)])


def test_without_a_pitch_in_the_target_nothing_changes() -> None:
    before = preset("surge_full", 55)
    for target in (None, pitch_at(60, tonal=False)):
        assert retune(before, target, pitch_at(55)) is before


@pytest.mark.parametrize("render", [None, pitch_at(99, tonal=False)])
def test_without_a_pitch_in_the_render_the_sound_stays(render: Pitch | None) -> None:
    before = preset("surge_full", 55)
    after = retune(before, pitch_at(67.2), render)
    assert after.note.pitch == 67
    assert sounding(after) == pytest.approx(sounding(before))


def test_an_oscillator_that_is_not_heard_does_not_hold_the_others_back() -> None:
    before = preset("surge_simple", 60, (0.0, 0.0, 6.0))
    values = {**before.values, "a_osc_3_volume": 0.0}
    after = retune(ParameterSet("surge_simple", values, before.note), pitch_at(55), pitch_at(55))
    assert after.note.pitch == 55
    assert offsets(after) == pytest.approx([5.0, 5.0, 6.0])


@pytest.mark.parametrize(
    ("name", "value"), [("a_fm_routing", "3 > 2 > 1"), ("a_ring_modulation_2x3_mute", "unmuted")]
)
def test_a_muted_oscillator_that_feeds_another_moves_with_it(name: str, value: str) -> None:
    before = preset("surge_full", 60, (0.0, 0.0, 42.0))
    values = {**before.values, "a_osc_3_mute": "muted", name: value}
    values["a_ring_modulation_2x3_volume"] = 0.8
    after = retune(ParameterSet("surge_full", values, before.note), pitch_at(50), pitch_at(50))
    assert after.note.pitch == 62  # 50 is out of reach, and its octave is not
    assert sounding(after) == pytest.approx(sounding(before))


def test_noise_alone_takes_the_target_s_note() -> None:
    before = preset("surge_full", 60)
    values = {**before.values, **{f"a_osc_{n}_mute": "muted" for n in (1, 2, 3)}}
    after = retune(ParameterSet("surge_full", values, before.note), pitch_at(100), None)
    assert after.note.pitch == 100


def test_what_is_locked_keeps_its_value_and_the_note_does_what_it_can() -> None:
    before = preset("surge_full", 60)
    after = retune(before, pitch_at(64.1), pitch_at(60), locked={"a_osc_2_octave"})
    assert after.note.pitch == 64
    assert offsets(after) == pytest.approx([0.0, 0.0, 0.0])


def test_it_is_done_after_once() -> None:
    once = retune(preset("surge_full", 60), pitch_at(50.3), pitch_at(59.8))
    assert retune(once, pitch_at(50.3), pitch_at(50.3)) == once


def test_a_set_of_another_space_is_refused() -> None:
    before = preset("surge_full", 60)
    with pytest.raises(ParameterError):
        retune(ParameterSet("surge_simple", before.values, before.note), pitch_at(60), None)


@pytest.fixture(scope="module")
def heard(surge_path: Path) -> Callable[[ParameterSet], Pitch]:
    """Render a preset on the real Surge XT and find its pitch."""
    renderer = SurgeRenderer(surge_path)

    def listen(parameters: ParameterSet) -> Pitch:
        job = RenderJob(patch_body(parameters, "tune"), parameters.note, "tune", 2.0)
        pitch = find_pitch(renderer.render(job))
        assert pitch is not None and pitch.tonal
        return pitch

    return listen


@pytest.mark.surge
@pytest.mark.parametrize("spec_name", SPACES)
@pytest.mark.parametrize("target", [26.4, 38.0, 47.8, 60.2, 77.3, 99.6])
def test_on_surge_the_preset_plays_the_target_s_pitch(
    spec_name: str, target: float, heard: Callable[[ParameterSet], Pitch]
) -> None:
    before = preset(spec_name, 58, (0.4, 0.4, 0.4))
    after = retune(before, pitch_at(target), heard(before))
    assert 100 * abs(heard(after).midi - target) < 30
    assert after.note.pitch == round(target)


@pytest.mark.surge
@pytest.mark.parametrize("spec_name", SPACES)
def test_on_surge_another_note_with_moved_oscillators_is_the_same_pitch(
    spec_name: str, heard: Callable[[ParameterSet], Pitch]
) -> None:
    before = preset(spec_name, 58)
    was = heard(before)
    after = retune(before, pitch_at(was.midi), was, notes=range(52, 53))
    assert after.note.pitch == 52
    assert 100 * abs(heard(after).midi - was.midi) < 5
