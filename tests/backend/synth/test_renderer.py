from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pedalboard.io import AudioFile

from backend.errors import RenderError
from backend.records import Audio, Note, ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import BODY_HEADER, parse_body, patch_body
from backend.synth.renderer import (
    BUFFER_SAMPLES,
    SAMPLE_RATE_HZ,
    RenderJob,
    SurgeRenderer,
    quiet,
)
from backend.synth.spec import load_spec
from models.features import FeatureConfig, LogMel

GOLDEN = Path(__file__).parents[2] / "data/golden"
FULL, SIMPLE = load_spec("surge_full"), load_spec("surge_simple")

#: What Surge XT does at random, switched off: free phases, drift, noise, LFOs (some shapes).
STEADY = {"a_drift": "0.0", "a_mute_noise": "1"}
STEADY |= {f"a_osc{osc}_retrigger": "1" for osc in (1, 2, 3)}
STEADY |= {f"a_lfo{lfo}_magnitude": "0.0" for lfo in range(6)}


def steady(body: bytes) -> bytes:
    """The same patch without anything random."""
    xml = body[BODY_HEADER.size :].decode()
    for storage, value in STEADY.items():
        xml, found = re.subn(rf'(<{storage} type="\d" value=)"[^"]*"', rf'\1"{value}"', xml)
        assert found == 1, storage
    data = xml.encode()
    return BODY_HEADER.pack(b"sub3", len(data), 0, 0, 0, 0, 0, 0) + data


def job(parameters: ParameterSet, *, body: bytes | None = None) -> RenderJob:
    return RenderJob(body or patch_body(parameters, "x"), parameters.note, "x")


def loud_long_tail() -> RenderJob:
    """A held note into a long delay and a long reverb, still sounding when the render ends."""
    values = dict(draw_parameters(FULL, 15).values)
    values |= {p.name: 0.5 for p in FULL.parameters if p.surge.storage == "fx2_p10"}
    values |= {p.name: 0.7 for p in FULL.parameters if p.surge.storage == "fx9_p9"}
    values |= {p.name: 0.8 for p in FULL.parameters if p.surge.storage == "fx2_p2"}
    values |= {p.name: 1.0 for p in FULL.parameters if p.surge.storage == "fx9_p2"}
    values |= {"a_amp_eg_sustain": 1.0, "a_amp_eg_release": 0.77, "a_amp_eg_attack": 0.0}
    return job(ParameterSet(FULL.name, values, Note(48, 0.0, 4.0)))


def test_a_missing_plugin_is_named(tmp_path: Path) -> None:
    (tmp_path / "false.vst3").write_bytes(b"no plugin")
    for path in (tmp_path / "none.vst3", tmp_path / "false.vst3"):
        with pytest.raises(RenderError, match=f"cannot load Surge XT from {path}: "):
            SurgeRenderer(path)


class _FakePlugin:
    def __init__(self, audio: Audio) -> None:
        self.audio = audio
        self.raw_state = b""

    def process(self, *_: object, **__: object) -> Audio:
        return self.audio


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros((1, 4410), dtype=np.float32),
        np.zeros((2, 4409), dtype=np.float32),
        np.full((2, 4410), np.nan, dtype=np.float32),
        np.full((2, 4410), np.inf, dtype=np.float32),
    ],
)
def test_what_is_no_sound_is_an_error_with_the_job_s_name(audio: Audio) -> None:
    renderer = SurgeRenderer.__new__(SurgeRenderer)
    renderer._plugin = _FakePlugin(audio)  # type: ignore[assignment]
    with pytest.raises(RenderError, match="rendered candidate 3 as"):
        renderer.render(RenderJob(b"sub3", Note(60, 0.0, 0.1), "candidate 3", 0.1))


def test_quiet_silences_native_output_and_gives_it_back(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(1, b"before ")
    with pytest.raises(KeyError), quiet():
        os.write(1, b"hidden")
        os.write(2, b"hidden")
        raise KeyError
    os.write(1, b"after")
    assert capfd.readouterr() == ("before after", "")


@pytest.mark.surge
@pytest.mark.parametrize("duration_s", [0.5, 2.9999, 3.3333333, 4.0])
def test_a_render_has_exactly_its_length(surge: SurgeRenderer, duration_s: float) -> None:
    note = Note(60, 0.0, 0.3)
    body = steady(patch_body(draw_parameters(FULL, 15), "x"))
    region = surge.render(RenderJob(body, note, "bell", duration_s))
    assert region.audio.shape == (2, round(duration_s * SAMPLE_RATE_HZ))
    assert region.audio.dtype == np.float32 and region.name == "bell"
    assert np.abs(region.audio).max() > 0.01
    whole = surge.render(RenderJob(body, note, "bell")).audio
    assert np.array_equal(region.audio, whole[:, : region.audio.shape[1]])


@pytest.mark.surge
def test_the_note_sounds_when_it_should(surge: SurgeRenderer) -> None:
    values = dict(draw_parameters(SIMPLE, 0).values)
    values |= {"a_amp_eg_attack": 0.0, "a_amp_eg_sustain": 1.0, "a_amp_eg_release": 0.0}
    values |= {f"a_lfo_{lfo}_amplitude": 0.0 for lfo in range(1, 6)}
    values |= {"a_filter_1_cutoff": 1.0, "a_filter_2_cutoff": 1.0, "a_highpass": 0.0}
    values |= {"a_filter_1_feg_mod_amount": 0.5, "a_filter_2_feg_mod_amount": 0.5}
    values |= {"a_osc_1_volume": 1.0, "a_osc_1_sawtooth": 1.0}
    audio = surge.render(job(ParameterSet(SIMPLE.name, values, Note(60, 1.0, 2.0)))).audio
    second = np.abs(audio).max(axis=0).reshape(4, SAMPLE_RATE_HZ).max(axis=1)
    assert second[1] > 0.01 and second[0] == 0.0 and second[3] < second[1] / 1000


@pytest.mark.surge
@pytest.mark.parametrize("on_s", [0.0, 0.4 / SAMPLE_RATE_HZ, 1 / SAMPLE_RATE_HZ])
def test_a_note_at_the_very_start_is_not_lost(surge: SurgeRenderer, on_s: float) -> None:
    body = steady(patch_body(draw_parameters(FULL, 15), "x"))
    audio = surge.render(RenderJob(body, Note(60, on_s, 2.0), "x")).audio
    assert np.argmax(np.abs(audio).max(axis=0) > 0.001) in range(200)


@pytest.mark.surge
def test_steady_patches_sound_the_same_after_anything(surge: SurgeRenderer) -> None:
    bright = steady(patch_body(draw_parameters(FULL, 5), "x"))
    quieter = bright.replace(b'<volume type="2" value="-2.', b'<volume type="2" value="-9.')
    assert quieter != bright and len(quieter) == len(bright)
    before = [
        loud_long_tail(),
        RenderJob(quieter, Note(60, 0.0, 1.0), "another master volume"),
        job(draw_parameters(SIMPLE, 4)),
        *(job(draw_parameters(FULL, index)) for index in (35, 5)),
    ]
    assert np.abs(surge.render(before[0]).audio[:, -4410:]).max() > 0.01  # the tail is there
    audible = 0
    for parameters in (*(draw_parameters(FULL, i) for i in range(5)), draw_parameters(SIMPLE, 9)):
        body = steady(patch_body(parameters, "x"))
        mine = RenderJob(body, Note(60, 0.0, 2.0), "from the first sample on", 2.5)
        surge.load(mine.body)
        surge._plugin.process([], 4.0, SAMPLE_RATE_HZ, 2, BUFFER_SAMPLES, True)
        alone = surge.render(mine).audio
        peak = float(np.abs(alone).max())
        audible += peak > 1e-3
        for other in before:
            surge.render(other)
            # Surge's smoothed controls may come to rest one rounding step apart.
            assert np.abs(surge.render(mine).audio - alone).max() <= 1e-5 * peak
    assert audible >= 4


@pytest.mark.surge
def test_resting_dry_effects_changes_no_sample(surge: SurgeRenderer) -> None:
    reverb_alone = (6, 27, 35, 38, 75, 92)  # where both effects ahead of the reverb are dry
    changed, audible = 0, 0
    for index in (*reverb_alone, *range(30, 50)):
        parameters = draw_parameters(FULL, index)
        plain = patch_body(parameters, "x")
        rested = patch_body(parameters, "x", rest_dry_effects=True)
        changed += plain != rested
        sound = surge.render(job(parameters, body=steady(plain))).audio
        audible += bool(np.abs(sound).max() > 1e-3)
        assert np.array_equal(surge.render(job(parameters, body=steady(rested))).audio, sound)
    assert changed >= 20 and audible >= 18


def distances_db(sounds: list[Audio]) -> np.ndarray:
    """Mean difference of log-mel spectra in dB between every two of some sounds, ``(n, n)``."""
    mels = LogMel(FeatureConfig())(torch.from_numpy(np.stack(sounds))).flatten(1)  # (n, mels)
    return torch.cdist(mels, mels, p=1).numpy() / mels.shape[1]


def separation(distances: np.ndarray, first: tuple[int, ...]) -> float:
    """How much further sounds of two groups are from each other than from their own kind."""
    second = tuple(set(range(len(distances))) - set(first))
    own = [
        distances[np.ix_(group, group)][np.triu_indices(len(group), 1)].mean()
        for group in (first, second)
    ]
    return float(distances[np.ix_(first, second)].mean() - np.mean(own))


def p_value(matrices: list[np.ndarray], first: tuple[int, ...]) -> float:
    """Permutation test over several patches that the first sounds of each are like the rest.

    Under the null hypothesis any choice of as many sounds would do as well, in each patch.
    """
    rng = np.random.default_rng(0)
    observed = sum(separation(matrix, first) for matrix in matrices)
    permuted = np.zeros(5000)
    for matrix in matrices:
        choices = list(itertools.combinations(range(len(matrix)), len(first)))
        scores = np.array([separation(matrix, choice) for choice in choices])
        permuted += rng.choice(scores, size=len(permuted))
    return float((1 + (permuted >= observed - 1e-12).sum()) / (1 + len(permuted)))


@pytest.mark.surge
@pytest.mark.slow
def test_a_render_after_any_other_patch_is_within_the_rerender_floor(surge: SurgeRenderer) -> None:
    """Free phases and drift make renders differ; what was played before must not add to that."""
    isolated, left_over = [], []
    others = itertools.cycle([loud_long_tail(), job(draw_parameters(FULL, 35))])
    for index in (0, 4, 10, 15, 16):
        mine = job(draw_parameters(FULL, index))
        after_silence, after_others, without_state = [], [], []
        for _ in range(3):
            surge._plugin.process([], 4.0, SAMPLE_RATE_HZ, 2, BUFFER_SAMPLES, True)
            after_silence.append(surge.render(mine).audio)
            surge.render(next(others))
            after_others.append(surge.render(mine).audio)
        for _ in range(3):  # what happens where the state is not set: the check can fail
            surge.render(RenderJob(mine.body, Note(72, 0.0, 4.0), "held"))
            note = mine.note
            on, off = bytes([0x90, note.pitch, 100]), bytes([0x80, note.pitch, 100])
            without_state.append(
                surge._plugin.process(
                    [(on, note.on_s), (off, note.off_s)], 4.0, SAMPLE_RATE_HZ, 2, BUFFER_SAMPLES
                )
            )
        isolated.append(distances_db([*after_silence, *after_others]))
        left_over.append(distances_db([*after_silence, *without_state]))
    assert p_value(isolated, (0, 1, 2)) > 0.001
    assert p_value(left_over, (0, 1, 2)) < 0.001


def golden_items() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((GOLDEN / "index.json").read_text())["items"]
    return items


def golden_set(item: dict[str, Any]) -> ParameterSet:
    note = Note(item["pitch"], item["on_s"], item["off_s"])
    return load_spec(item["spec"]).from_host(item["host_values"], note)


@pytest.mark.surge
@pytest.mark.slow
def test_golden_parameters_sound_like_the_golden_renders(surge: SurgeRenderer) -> None:
    matrices, misplaced = [], []
    items = golden_items()
    for item, other in zip(items, items[1:] + items[:1], strict=True):
        sounds = []
        for file in (item["file"], item["rerender"]):
            with AudioFile(str(GOLDEN / file)) as audio:
                sounds.append(audio.read(audio.frames))
        ours = [surge.render(job(golden_set(item))).audio for _ in range(3)]
        matrices.append(distances_db([*sounds, *ours]))
        foreign = surge.render(job(golden_set(other))).audio
        misplaced.append(distances_db([sounds[0], foreign])[0, 1])
    assert p_value(matrices, (0, 1)) > 0.001
    assert np.mean([matrix[0, 2] for matrix in matrices]) < np.mean(misplaced) / 3


@pytest.mark.surge
def test_surge_maps_host_values_to_the_natives_that_we_do(surge: SurgeRenderer) -> None:
    for item in [golden_items()[0], golden_items()[2], golden_items()[5]]:
        spec = load_spec(item["spec"])
        surge.load(patch_body(draw_parameters(spec, 1), "x"))
        surge.saved_body()
        by_name = {p.name: p for p in surge._plugin.parameters.values()}
        for other_value in (0.4, 0.6):  # the host passes on changes only
            for parameter in spec.parameters:
                by_name[parameter.surge.host].raw_value = other_value
            surge.saved_body()
        for parameter in spec.parameters:
            by_name[parameter.surge.host].raw_value = item["host_values"][parameter.name]
        saved = parse_body(surge.saved_body(), "x").natives
        expected = spec.natives(golden_set(item))
        for storage, native in expected.items():
            assert saved[storage] == pytest.approx(native, abs=2e-5), storage


@pytest.mark.surge
def test_pedalboard_makes_no_table_of_parameters(
    surge_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pedalboard import VST3Plugin, _pedalboard

    def refuse(*given: object) -> None:
        raise AssertionError("a parameter was asked for its texts")

    monkeypatch.setattr(_pedalboard.AudioProcessorParameter, "__init__", refuse)
    drawn = draw_parameters(SIMPLE, 3)
    render = SurgeRenderer(surge_path).render(RenderJob(patch_body(drawn, "x"), drawn.note, "x"))
    assert render.audio.any()
    assert "_get_parameters" not in vars(VST3Plugin)  # others have theirs
