from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import FakePool, tone
from tiny_model import save_tiny_weights

from backend.audio.files import write_wav
from backend.matching import propose
from backend.matching.metrics import TargetMetrics
from backend.matching.propose import load_proposer
from backend.records import AudioRegion, Note
from training import bench_distance
from training.bench_distance import (
    RANDOM,
    SAMPLES,
    calibration,
    known_pairs,
    main,
    make_task,
    measures_of,
    metrics_of,
    search_by,
    table,
)
from training.targets import Target

NOTE = Note(57, 0.3, 1.5)


def target_of(pitch: int, gain: float = 1.0) -> Target:
    sound = tone(Note(pitch, 0.3, 1.5))
    return Target(str(pitch), sound, np.float32(gain) * sound, None)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Untrained models of both spaces stand for the shipped ones."""
    for name in ("surge_full", "surge_simple"):
        save_tiny_weights(tmp_path, name)
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: tmp_path / spec_name)


def test_every_distance_is_zero_for_the_target_and_more_for_another() -> None:
    target, other = tone(NOTE), tone(Note(64, 1.0, 3.0))
    for measure in measures_of(TargetMetrics(target)).values():
        assert measure(target) == pytest.approx(0.0, abs=1e-4)
        assert measure(other) > 0.01


def test_a_search_renders_as_many_as_it_may_and_finds_the_nearest_of_them(weights: None) -> None:
    proposer, pool = load_proposer("surge_simple"), FakePool()
    task = make_task(proposer, target_of(57), seed=1)
    assert len(task.proposals) == SAMPLES + RANDOM
    measure = measures_of(task.metrics)["ours"]
    render = search_by(measure, proposer, task, pool, 40, 1)  # type: ignore[arg-type]
    assert len(pool.jobs) == 40
    found = [measure(tone(job.note)) for job in pool.jobs]
    assert render is not None and measure(render.audio) == min(found)
    assert search_by(measure, proposer, task, pool, 20, 1) is not None  # type: ignore[arg-type]
    assert len(pool.jobs) == 60  # the proposals alone


def test_what_is_left_is_the_mean_share_of_what_the_proposals_had() -> None:
    start = np.array([[10.0, 8.0, 0.2, 0.5], [20.0, 4.0, 0.1, 0.1]])
    found = {"nearest proposal": start, "half": start / 2, "mixed": start * [1.0, 1.0, 0.25, 1.0]}
    rows = {line.split("|")[1].strip(): line for line in table(found).splitlines()[2:]}
    assert rows["nearest proposal"].split("|")[2:7] == [
        *(" 15.00 ", " 6.00 ", " 0.150 ", " 0.700 ", " 1.000 ")
    ]
    assert rows["half"].endswith("| 0.500 |")
    assert rows["mixed"].endswith("| 0.707 |")  # a quarter of one of four


def test_known_pairs_are_the_second_renders_and_the_neighbours() -> None:
    targets = [target_of(40, 0.5), target_of(64, 0.5), target_of(80, 0.5)]
    again, apart = known_pairs(targets)
    assert again.shape == apart.shape == (3, 8)
    np.testing.assert_allclose(again[:, 7], 6.02, atol=0.01)
    assert again[:, :7].max() < 1e-3 and apart[:, 0].min() > 1.0
    floor, typical = calibration(targets)
    assert floor.startswith("FLOOR") and typical.startswith("TYPICAL")
    assert "very close" in floor and "%" in typical


def test_the_report_has_a_row_for_each_distance_and_space(
    tmp_path: Path,
    weights: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in bench_distance.SPACES:
        folder = tmp_path / "golden" / name
        folder.mkdir(parents=True)
        write_wav(folder / "000.wav", AudioRegion(tone(NOTE), 44_100, "000"))
        item = {"file": "000.wav", "pitch": 57, "note_on": 0.3, "note_off": 1.5}
        (folder / "index.json").write_text(json.dumps({"items": [item]}))
    pool = FakePool()
    monkeypatch.setattr(bench_distance, "find_surge", lambda given: Path("Surge XT.vst3"))
    monkeypatch.setattr(bench_distance.RenderPool, "of_surge", lambda path, workers: pool)
    monkeypatch.setattr(bench_distance, "WEIGHED", {"ours": bench_distance.WEIGHTS})
    monkeypatch.setattr(bench_distance, "SAMPLES", 2)
    monkeypatch.setattr(bench_distance, "RANDOM", 2)
    words = ["--targets", tmp_path / "golden", "--renders", 5, "--known", 2]
    assert main([*map(str, words)]) == 0
    said = capsys.readouterr().out
    names = measures_of(TargetMetrics(tone(NOTE)))
    for name in names:
        assert said.count(f"| {name} |") == 2
    assert "FLOOR = Measures(" in said and "the papers' four" in said
    known = len(pool.jobs) - 2 * (4 + 5 * len(names))
    assert known >= 2 * 2 * 2


def test_metrics_are_lower_for_nearer_sounds() -> None:
    score = TargetMetrics(tone(NOTE)).score(tone(NOTE))
    np.testing.assert_allclose(metrics_of(score), 0.0, atol=1e-6)
