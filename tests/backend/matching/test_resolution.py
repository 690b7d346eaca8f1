"""Candidates are compared as they would be in a file of the target's resolution."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio.region import fit_window, load_region
from backend.matching.metrics import TargetMetrics
from backend.matching.resolution import STEPS, Resolution
from backend.records import Audio, Note
from backend.synth.patch_file import patch_body
from backend.synth.renderer import RenderJob, SurgeRenderer
from backend.synth.spec import load_spec

RATE_HZ = 44_100
GOLDEN = Path(__file__).resolve().parents[2] / "data" / "golden"


def dying() -> Audio:
    """A tone that falls by 60 dB a second, below the last step of 16 bits after 1.3 s."""
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    tone = 0.2 * np.sin(2 * np.pi * 330.0 * time_s) * 10.0 ** (-3.0 * time_s)
    return np.stack([tone, 0.9 * tone]).astype(np.float32)


def rounded(sound: Audio, steps: float) -> Audio:
    return (np.rint(sound.astype(np.float64) * steps) / steps).astype(np.float32)


@pytest.mark.parametrize("steps", STEPS)
def test_the_steps_of_a_recording_are_found(steps: float) -> None:
    recording = rounded(dying(), steps)
    found = Resolution(recording)
    assert found.steps == steps
    off = np.abs(found.of(dying()) - recording) * steps
    assert off.mean() < 0.1 and off.max() < 1.1


@pytest.mark.parametrize(
    "sound", [dying(), 0.7 * rounded(dying(), 32_767.0)], ids=["float", "scaled"]
)
def test_a_sound_between_the_steps_is_compared_as_it_is(sound: Audio) -> None:
    other = dying() * np.float32(0.3)
    assert Resolution(sound).of(other) is other


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_files_are_recognised(tmp_path: Path, subtype: str) -> None:
    for container in ("wav", "flac"):
        path = tmp_path / f"sound.{container}"
        soundfile.write(path, dying().T, RATE_HZ, subtype=subtype)
        recording = fit_window(load_region(path, start_s=0.0))
        steps = Resolution(recording).steps
        assert steps is not None
        assert steps in (STEPS[:2] if subtype == "PCM_16" else STEPS[2:])


def test_what_a_file_could_not_hold_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    target = TargetMetrics(rounded(dying(), 32_767.0))
    same = target.score(dying())
    assert same.sot < 1e-4 and same.mss_db < 1e-3 and same.distance < 1e-4
    monkeypatch.setattr(Resolution, "of", lambda self, sound: sound)
    without = target.score(dying())
    assert without.sot > 0.1 and without.distance > 0.02


@pytest.mark.surge
def test_the_patch_itself_is_as_near_as_a_second_recording_of_it(surge_path: Path) -> None:
    """Of a golden sound whose tail is on the last steps of 16 bits."""
    items = json.loads((GOLDEN / "index.json").read_text("utf-8"))["items"]
    [item] = [one for one in items if one["file"] == "simple-003.flac"]
    recording = fit_window(load_region(GOLDEN / item["file"], start_s=0.0))
    again = fit_window(load_region(GOLDEN / item["rerender"], start_s=0.0))
    note = Note(item["pitch"], item["on_s"], item["off_s"])
    parameters = load_spec(item["spec"]).from_host(item["host_values"], note)
    render = SurgeRenderer(surge_path).render(RenderJob(patch_body(parameters, "x"), note, "x"))
    target = TargetMetrics(recording)
    assert target.score(again).sot < 0.03
    assert target.score(render.audio).sot < 0.08
    assert TargetMetrics(recording * np.float32(0.99)).score(render.audio * 0.99).sot > 0.12
