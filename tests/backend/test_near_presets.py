from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backend.near_presets import HEADING, presets_json, print_presets
from backend.records import AudioRegion, Note, PresetMatch


def preset(name: str, distance: float) -> PresetMatch:
    path, note = Path("/patches") / f"{name}.fxp", Note(57, 0.25, 2.25)
    sound = AudioRegion(np.zeros((2, 100), np.float32), 44_100, name)
    return PresetMatch(path, name, note, distance, sound)


def test_presets_are_a_list_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    print_presets([preset("Warm [b]", 0.0), preset("Ärger", 99.0)])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0] == HEADING
    assert lines[1].split() == ["alike", "note", "name", "file"]
    [first] = [line for line in lines if "Warm [b]" in line]
    assert first.startswith("100%") and "A3" in first and first.endswith("/patches/Warm [b].fxp")
    [second] = [line for line in lines if "Ärger" in line]
    assert second.startswith("0%")


def test_no_presets_are_no_list(capsys: pytest.CaptureFixture[str]) -> None:
    print_presets([])
    assert capsys.readouterr().out == ""


def test_json_says_where_each_is_and_how_to_play_it() -> None:
    root = json.loads(presets_json([preset("Warm", 0.0), preset("Ärger", 99.0)]))
    assert root["format"] == "synthmatch-near-presets" and root["version"] == 1
    first, second = root["presets"]
    assert first == {
        "path": str(Path("/patches/Warm.fxp")),
        "name": "Warm",
        "similarity": 100.0,
        "distance": 0.0,
        "note": {"pitch": 57, "on_s": 0.25, "off_s": 2.25},
    }
    assert second["similarity"] == 0.0 and second["name"] == "Ärger"
