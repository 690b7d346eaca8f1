from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import tone
from plain_settings import hertz, seconds, setting

from backend.matching.contrasts import tell_apart, words_by_parameters
from backend.matching.tells import tells
from backend.matching.traits import traits_of
from backend.records import AudioRegion, Candidate, Match, Note, ParameterSet, ParameterValue
from backend.synth.patch_file import patch_body
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob
from backend.synth.spec import load_spec

Changed = dict[str, ParameterValue]

#: Decays to half, so that all of the envelope is heard.
PLUCKED: Changed = {"a_amp_eg_decay": seconds(0.5), "a_amp_eg_sustain": 0.5}


def match_of(parameters: ParameterSet, render: AudioRegion | None = None) -> Match:
    return Match(1, Candidate(parameters, 1), render)


def said_of(one: ParameterSet, others: list[ParameterSet]) -> tuple[str, ...]:
    return tell_apart([match_of(parameters) for parameters in (one, *others)])[0].tells


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"a_noise_mute": "unmuted", "a_noise_volume": 0.9}, "with noise"),
        ({"a_fm_routing": "2 > 1", "a_fm_depth": 0.8}, "FM"),
        (
            {"a_ring_modulation_1x2_mute": "unmuted", "a_ring_modulation_1x2_volume": 1.0},
            "ring mod",
        ),
        ({"a_osc_1_sawtooth": 0.5, "a_osc_1_pulse": 1.0}, "pulse"),
        ({"a_osc_1_sawtooth": 0.5, "a_osc_1_triangle": 1.0}, "triangle"),
        ({"a_osc_2_volume": 0.9, "a_osc_2_octave": "+1"}, "stacked octaves"),
        ({"a_filter_1_feg_mod_amount": 0.7}, "filter sweep"),
        ({"a_filter_1_resonance": 0.9}, "more resonance"),
        ({"a_osc_1_unison_voices": "4 voices"}, "unison"),
        ({"a_waveshaper_type": "Hard"}, "waveshaper"),
        ({"a_filter_1_cutoff": hertz(300)}, "lower cutoff"),
        ({"a_filter_1_cutoff": 1.0, "a_filter_2_cutoff": 1.0}, "no filter"),
        ({"a_amp_eg_attack": seconds(0.5)}, "slower attack"),
        ({"a_amp_eg_decay": seconds(2.0)}, "longer decay"),
        ({"a_amp_eg_sustain": 1.0}, "more sustain"),
        ({"a_amp_eg_sustain": 0.0}, "less sustain"),
        ({"a_amp_eg_release": seconds(2.0)}, "longer release"),
        ({"a_lfo_1_amplitude": 0.5}, "filter LFO"),
        ({"a_lfo_6_amplitude": 0.5}, "pitch LFO"),
        ({"a_lfo_3_amplitude": 0.5}, "width LFO"),
        ({"fx_a1_output_mix": 0.4}, "chorus"),
        ({"fx_a2_output_mix": 0.4}, "delay"),
        ({"fx_a3_output_mix": 0.4}, "reverb"),
    ],
)
def test_what_one_has_and_the_others_have_not_is_said(changed: Changed, word: str) -> None:
    base = {
        **PLUCKED,
        "a_osc_1_unison_voices": "1 voice",
        "a_waveshaper_type": "Off",
        "a_amp_eg_release": seconds(0.1),
        "a_highpass": 0.0,
        "a_filter_1_resonance": 0.2,
        "a_filter_1_cutoff": hertz(2000),
    }
    others = [setting("surge_full", **base)] * 7
    said = said_of(setting("surge_full", **{**base, **changed}), others)
    assert said[0] == word


@pytest.mark.parametrize(
    ("others_have", "word"),
    [
        ({"fx_a3_output_mix": 0.4}, "no reverb"),
        ({"a_noise_mute": "unmuted", "a_noise_volume": 0.9}, "no noise"),
        ({"a_osc_1_pulse": 1.0}, "no pulse"),
        ({"a_osc_2_volume": 0.9}, "one oscillator"),
        ({"a_lfo_1_amplitude": 0.5}, "no filter LFO"),
        ({"a_amp_eg_attack": seconds(0.5)}, "faster attack"),
    ],
)
def test_what_one_alone_lacks_is_said(others_have: Changed, word: str) -> None:
    others = [setting("surge_full", **others_have)] * 7
    assert said_of(setting("surge_full"), others)[0] == word


@pytest.mark.parametrize(
    "changed",
    [
        {"a_noise_mute": "unmuted", "a_noise_volume": 0.05},  # faint: neither there nor missing
        {"fx_a3_output_mix": 0.03},
        {"a_lfo_4_amplitude": 1.0},  # moves an oscillator that is silent
        {"a_amp_eg_attack": seconds(0.012)},
        {"a_osc_3_octave": "+2"},  # silent as well
    ],
)
def test_what_can_hardly_be_heard_is_not_said(changed: Changed) -> None:
    plain, other = setting("surge_full"), setting("surge_full", **changed)
    for one, others in ((other, [plain] * 7), (plain, [other] * 7)):
        assert words_by_parameters(traits_of(one), [traits_of(o) for o in others]) == []


def test_what_half_of_them_have_is_no_difference() -> None:
    plain, noisy = setting("surge_simple"), setting("surge_simple", a_noise_volume=0.9)
    for said in tell_apart([match_of(p) for p in [plain] * 4 + [noisy] * 4]):
        assert "noise" not in " ".join(said.tells).replace("saw+noise", "")


def sound(pitch: int, **changed: float) -> AudioRegion:
    """A tone of the fake Surge XT; ``rise_s`` and ``bright`` change it."""
    audio = tone(Note(pitch, 0.1, 2.0))
    time_s = np.arange(audio.shape[1]) / 44_100 - 0.1
    audio *= np.clip(time_s / changed.get("rise_s", 0.001), 0, 1).astype(np.float32)
    if changed.get("bright"):
        audio = np.tanh(20 * audio)
    return AudioRegion(audio.astype(np.float32), 44_100, "render")


def test_the_ear_comes_first_and_the_parameters_have_one_word() -> None:
    changed: Changed = {"a_amp_eg_attack": seconds(0.5), "a_osc_1_pulse": 1.0}
    plain = [match_of(setting("surge_simple"), sound(60)) for _ in range(7)]
    other = match_of(setting("surge_simple", **changed), sound(60, rise_s=0.5, bright=1))
    said = tell_apart([other, *plain])[0].tells
    assert len(said) == 3 and said[2] == "pulse"
    assert said.count("slower attack") == 1


def test_with_little_to_hear_the_parameters_say_more() -> None:
    noisy: Changed = {"a_noise_volume": 0.9, "a_osc_1_pulse": 1.0, "a_lfo_6_amplitude": 0.4}
    plain = [match_of(setting("surge_simple"), sound(60)) for _ in range(7)]
    other = match_of(setting("surge_simple", **noisy), sound(60))
    assert set(tell_apart([other, *plain])[0].tells) == {"with noise", "pulse", "pitch LFO"}


def test_an_attack_that_is_set_but_not_heard_is_not_said() -> None:
    slow = setting("surge_simple", a_amp_eg_attack=seconds(0.5))
    plain = [match_of(setting("surge_simple"), sound(60)) for _ in range(3)]
    assert "slower attack" not in tell_apart([match_of(slow, sound(60)), *plain])[0].tells
    unheard = [match_of(match.candidate.parameters) for match in plain]
    assert tell_apart([match_of(slow), *unheard])[0].tells == ("slower attack",)


def test_who_is_alone_or_like_the_others_says_what_it_is() -> None:
    one = match_of(setting("surge_full"), sound(60))
    assert tell_apart([]) == []
    for matches in ([one], [one] * 8):
        assert all(match.tells == tells(setting("surge_full")) for match in tell_apart(matches))


def test_silence_and_missing_renders_are_no_fault() -> None:
    silent = AudioRegion(np.zeros((2, 4410), np.float32), 44_100, "silent")
    noisy = setting("surge_simple", a_noise_volume=0.9)
    renders = [silent, None, sound(60), sound(60)]
    told = tell_apart(
        [match_of(setting("surge_simple"), renders[0]), match_of(noisy, renders[1])]
        + [match_of(setting("surge_simple"), render) for render in renders[2:]]
    )
    assert told[1].tells == ("with noise",)
    assert [match.render for match in told] == renders


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_every_candidate_says_one_to_three_things_that_not_all_say(spec_name: str) -> None:
    spec = load_spec(spec_name)
    rng = np.random.default_rng(0)
    for _ in range(10):
        sets = [spec.decode(rng.uniform(-1.2, 1.2, spec.width)) for _ in range(8)]
        told = [match.tells for match in tell_apart([match_of(one) for one in sets])]
        assert all(1 <= len(said) <= 3 and len(set(said)) == len(said) for said in told)
        shared = set(told[0]).intersection(*told[1:])
        assert not shared
        assert sum(len(said) for said in told) >= 16


@pytest.fixture(scope="module")
def pool(surge_path: Path) -> Iterator[RenderPool]:
    with RenderPool.of_surge(surge_path, workers=1) as pool:
        yield pool


@pytest.mark.surge
def test_surge_sounds_as_the_words_say(pool: RenderPool) -> None:
    base: Changed = {
        "a_filter_1_cutoff": hertz(6000),
        "a_filter_1_resonance": 0.0,
        "a_filter_2_resonance": 0.0,
        "a_filter_configuration": "Serial 1",
        "a_waveshaper_type": "Off",
        "a_feedback": 0.5,
        "a_highpass": 0.0,
        "a_osc_1_unison_voices": "1 voice",
        "a_osc_1_sync": 0.0,
        "a_osc_2_sync": 0.0,
        "a_osc_1_route": "Filter 1",
        "a_noise_route": "Filter 1",
        "a_osc_drift": 0.0,
        "a_filter_balance": 0.5,
        "a_amp_eg_release": seconds(0.03),
        "a_vca_gain": 0.5,
    }
    changes: dict[str, Changed] = {
        "darker": {"a_filter_1_cutoff": hertz(700)},
        "slower attack": {"a_amp_eg_attack": seconds(0.6)},
        "more percussive": {"a_amp_eg_sustain": 0.3, "a_amp_eg_decay": seconds(0.3)},
        "longer tail": {"a_amp_eg_release": seconds(1.0)},
        "noisier": {"a_noise_mute": "unmuted", "a_noise_volume": 1.0},
        "more movement": {"a_lfo_1_amplitude": 0.3, "a_lfo_1_rate": (np.log2(5) + 7) / 16},
        "more bass": {"a_osc_2_volume": 1.0, "a_osc_2_octave": "-2"},
    }
    sets = [setting("surge_full", **base)]
    sets += [setting("surge_full", **{**base, **changed}) for changed in changes.values()]
    jobs = [RenderJob(patch_body(p, "words"), p.note, f"set {n}") for n, p in enumerate(sets)]
    plain, *others = pool.render(jobs)
    assert isinstance(plain, AudioRegion)
    for word, parameters, render in zip(changes, sets[1:], others, strict=True):
        assert isinstance(render, AudioRegion)
        matches = [match_of(parameters, render), *[match_of(sets[0], plain)] * 3]
        assert word in tell_apart(matches)[0].tells
