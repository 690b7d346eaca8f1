from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_renderers import FakePool
from small_index import make_index, voice
from tiny_model import save_tiny_weights

from backend.audio.files import write_wav
from backend.matching import propose
from backend.records import AudioRegion, Note, Score
from backend.synth import finder, render_pool
from training import bench_index
from training.bench_index import main, split_rows


def score(distance: float) -> Score:
    return Score(distance, distance, distance, 1.0, distance)


def test_every_split_has_the_nearest_of_the_same_number_of_renders() -> None:
    samples = [score(d) for d in (0.8, 0.7, 0.6, 0.1)]
    neighbours = [score(0.5), None, score(0.2), score(0.4)]
    rows = split_rows([(samples, neighbours)])
    assert [row.method for row in rows] == [f"{4 - n} samples, {n} neighbours" for n in range(5)]
    assert [row.found[0].distance for row in rows] == [0.1, 0.5, 0.5, 0.2, 0.2]


def test_a_split_without_any_sound_counts_as_missing() -> None:
    nothing: list[Score | None] = [None] * 4
    rows = split_rows([(nothing, [score(0.5), None, None, None])])
    assert [row.missing for row in rows] == [1, 0, 0, 0, 0]


def test_the_table_is_made_of_real_proposals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note = Note(60, 0.2, 2.0)
    targets = tmp_path / "targets"
    targets.mkdir()
    write_wav(targets / "000.wav", AudioRegion(voice(9, note), 44_100, "000"))
    item = {"file": "000.wav", "pitch": 60, "note_on": 0.2, "note_off": 2.0}
    (targets / "index.json").write_text(json.dumps({"items": [item]}))
    save_tiny_weights(tmp_path, "surge_simple")
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: tmp_path / spec_name)
    pool = FakePool()
    monkeypatch.setattr(bench_index, "find_surge", lambda given: Path("Surge XT.vst3"))
    monkeypatch.setattr(finder, "find_surge", lambda given=None: Path("Surge XT.vst3"))
    monkeypatch.setattr(render_pool.RenderPool, "of_surge", lambda path, workers: pool)
    stem = make_index(tmp_path / "index")
    out = tmp_path / "scores.json"
    words = ["--targets", targets, "--spec", "surge_simple", "--index", stem, "--count", 4]
    assert main([*map(str, words), "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "1 targets (targets), 60 renders" in said and "look-up on one core" in said
    assert "| 2 samples, 2 neighbours |" in said
    assert len(pool.jobs) == 8
    [[samples, neighbours]] = json.loads(out.read_text())
    assert len(samples) == len(neighbours) == 4
