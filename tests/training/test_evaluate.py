from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_renderers import FakePool, tone
from preset_files import playing_pool, preset_folder
from small_index import make_index
from tiny_model import save_tiny_weights

from backend.errors import PatchError, RenderError
from backend.matching.index_file import read_index
from backend.matching.metrics import TargetMetrics
from backend.matching.propose import Proposer, load_proposer
from backend.records import Audio, AudioRegion, Note, Score
from backend.synth.draw_parameters import draw_parameters
from backend.synth.renderer import RenderJob
from backend.synth.spec import load_spec
from models.features import FeatureConfig, LogMel, quantise_db
from training import evaluate as evaluation
from training.dataset import RenderedSet, write_shard
from training.evaluate import evaluate, nearest_indices, random_indices, sample_sets
from training.score_table import METRICS, Row, row, table
from training.split import split_of
from training.targets import Target

SPEC = load_spec("surge_simple")
SCORES = (
    Score(mss_db=1.0, wmfcc=10.0, sot=0.01, rms=0.90, distance=0.1),
    Score(mss_db=2.0, wmfcc=10.0, sot=0.03, rms=0.80, distance=0.3),
    Score(mss_db=6.0, wmfcc=10.0, sot=0.02, rms=0.70, distance=0.2),
)


def sound_of(index: int) -> Audio:
    """A made-up render of an index, unlike those of its neighbours."""
    return tone(Note(30 + index * 7 % 60, 0.1 * (index % 5), 2.0 + 0.2 * (index % 7)))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards of 20 indices each, 0..19 and 100..119, so with validation and test renders."""
    folder = tmp_path_factory.mktemp("data")
    log_mel = LogMel(FeatureConfig())
    for number, start in enumerate((0, 100)):
        indices = np.arange(start, start + 20)
        sounds = np.stack([sound_of(int(index)) for index in indices])
        renders = RenderedSet(
            indices,
            np.stack([SPEC.encode(draw_parameters(SPEC, int(index))) for index in indices]),
            quantise_db(log_mel(torch.from_numpy(sounds)).numpy()),
        )
        write_shard(folder, number, SPEC, renders, drawn=20, gate_lufs=-55.0)
    return folder


@pytest.fixture(scope="module")
def proposer(tmp_path_factory: pytest.TempPathFactory) -> Proposer:
    stem = save_tiny_weights(tmp_path_factory.mktemp("weights"), SPEC.name)
    return load_proposer(SPEC.name, "cpu", stem)


def target_of(index: int) -> Target:
    return Target(f"index {index}", sound_of(index), sound_of(index), Note(60, 0.0, 1.0))


def test_means_and_intervals_are_those_of_the_scores() -> None:
    measured = Row("x", SCORES)
    assert measured.mean("mss_db") == pytest.approx(3.0)
    assert measured.mean("rms") == pytest.approx(0.8)
    deviation = math.sqrt((4 + 1 + 9) / 2)  # of 1, 2 and 6 around 3, with one degree less
    assert measured.interval("mss_db") == pytest.approx(1.96 * deviation / math.sqrt(3))
    assert measured.interval("wmfcc") == 0.0


@pytest.mark.filterwarnings("error")
def test_too_few_scores_have_no_interval() -> None:
    one, none = Row("x", SCORES[:1]), Row("x", ())
    assert one.mean("mss_db") == 1.0 and math.isnan(one.interval("mss_db"))
    assert math.isnan(none.mean("mss_db")) and math.isnan(none.interval("mss_db"))
    assert table([one, none]).count("nan") == 15


def test_the_table_has_a_line_for_each_method() -> None:
    lines = table([Row("one sample", SCORES), Row("random", (*SCORES, None, None))]).splitlines()
    assert lines[0] == "| method | MSS dB ↓ | wMFCC ↓ | SOT ↓ | RMS ↑ | distance ↓ |"
    assert [line.count("|") for line in lines] == [7] * 4
    assert lines[2] == (
        "| one sample | 3.00 ± 2.99 | 10.00 ± 0.00 "
        "| 0.020 ± 0.011 | 0.800 ± 0.113 | 0.200 ± 0.113 |"
    )
    assert lines[3].startswith("| random (2 without sound) | 3.00")


def test_a_row_scores_each_render_against_its_own_target() -> None:
    targets = [TargetMetrics(sound_of(index)) for index in (2, 3, 4)]
    renders = [sound_of(2), None, sound_of(5)]
    measured = row("x", targets, renders)
    assert measured.missing == 1 and measured.scores[1] is None
    first, last = measured.found
    assert first == measured.scores[0] == targets[0].score(sound_of(2))
    assert first.distance == pytest.approx(0.0, abs=1e-3)
    assert last == measured.scores[2] == targets[2].score(sound_of(5))
    assert last.distance > 0.05


def test_a_row_is_ahead_where_it_is_nearer_and_where_only_it_has_a_sound() -> None:
    one, three, two = SCORES  # by their distances, 0.1, 0.3 and 0.2
    peer = Row("peer", (two, two, None, two, None))
    mine = Row("mine", (one, three, three, None, None))
    assert mine.ahead_of(peer) == (2, 5) and peer.ahead_of(mine) == (2, 5)
    head, _, first, second = table([peer, mine], peer).splitlines()
    assert head.endswith("| nearer than peer |")
    assert first.endswith("|  |") and second.endswith("| 2 of 5 (40%) |")


def test_the_nearest_render_of_a_known_sound_is_itself(data: Path) -> None:
    known = [7, 113, 2, 119]
    assert all(split_of(index) == "train" for index in known)
    assert nearest_indices([target_of(index) for index in known], data, SPEC) == known


def test_the_nearest_render_is_never_one_that_is_kept_back(data: Path) -> None:
    kept_back = [0, 1, 100, 101]
    found = nearest_indices([target_of(index) for index in kept_back], data, SPEC)
    assert all(split_of(index) == "train" for index in found)


def test_loudness_does_not_matter_for_the_nearest_render(data: Path) -> None:
    quiet = replace(target_of(9), audio=0.25 * sound_of(9))
    assert nearest_indices([quiet], data, SPEC) == [9]


def test_random_indices_are_training_renders_all_alike(data: Path) -> None:
    chosen = random_indices(2_000, data, SPEC, seed=0)
    expected = {index for index in (*range(20), *range(100, 120)) if split_of(index) == "train"}
    assert set(chosen) == expected and len(expected) == 36
    counts = [chosen.count(index) for index in expected]
    assert min(counts) > 25 and max(counts) < 95  # 56 each
    assert chosen == random_indices(2_000, data, SPEC, seed=0)
    assert chosen != random_indices(2_000, data, SPEC, seed=1)


def test_a_folder_without_training_renders_is_refused(data: Path, tmp_path: Path) -> None:
    write_kept_back = RenderedSet(
        np.array([100, 101]),
        np.zeros((2, SPEC.width), dtype=np.float32),
        np.zeros((2, 2, 128, 401), dtype=np.uint8),
    )
    for _ in range(2):
        with pytest.raises(PatchError, match="no training renders"):
            random_indices(3, tmp_path, SPEC, seed=0)
        with pytest.raises(PatchError, match="no training renders"):
            nearest_indices([target_of(3)], tmp_path, SPEC)
        write_shard(tmp_path, 0, SPEC, write_kept_back, drawn=2, gate_lufs=-55.0)
    with pytest.raises(PatchError, match="render into another folder"):
        random_indices(3, data, load_spec("surge_full"), seed=0)


def test_samples_are_the_proposer_s_with_a_seed_for_each_target(proposer: Proposer) -> None:
    targets = [target_of(3), target_of(4)]
    sets = sample_sets(proposer, targets, count=3, seed=10)
    for place, target in enumerate(targets):
        region = AudioRegion(target.audio, 44_100, "x")
        proposed = proposer.propose(region, count=3, seed=10 + place)
        assert sets[place] == [candidate.parameters for candidate in proposed]


def test_every_method_is_measured_on_its_own_renders(data: Path, proposer: Proposer) -> None:
    targets = [target_of(3), target_of(4), target_of(105)]
    pool = FakePool()
    rows = {r.method: r for r in evaluate(targets, proposer, data, pool, 4, 2)}  # type: ignore[arg-type]
    assert list(rows) == [
        "re-render floor",
        "one sample",
        "best of 4",
        "nearest neighbour",
        "random",
    ]
    metrics = [TargetMetrics(target.audio) for target in targets]
    sets = sample_sets(proposer, targets, 4, 2)
    scores = [
        [metric.score(tone(parameters.note)) for parameters in group]
        for metric, group in zip(metrics, sets, strict=True)
    ]
    assert rows["re-render floor"].mean("distance") == pytest.approx(0.0, abs=1e-3)
    assert rows["one sample"].scores == tuple(group[0] for group in scores)
    best = tuple(min(group, key=lambda score: score.distance) for group in scores)
    assert rows["best of 4"].scores == best != rows["one sample"].scores
    neighbours = [draw_parameters(SPEC, index).note for index in (3, 4, 105)]
    again = zip(metrics, neighbours, strict=True)
    assert rows["nearest neighbour"].scores == tuple(m.score(tone(note)) for m, note in again)
    chance = [draw_parameters(SPEC, i).note for i in random_indices(3, data, SPEC, 2)]
    again = zip(metrics, chance, strict=True)
    assert rows["random"].scores == tuple(m.score(tone(note)) for m, note in again)


def test_methods_that_cannot_be_measured_are_left_out(proposer: Proposer) -> None:
    targets = [replace(target_of(3), again=None), target_of(4)]
    rows = evaluate(targets, proposer, None, FakePool(), 1, 0)  # type: ignore[arg-type]
    assert [r.method for r in rows] == ["one sample", "best of 1"]


def test_samples_without_sound_are_counted_not_scored(proposer: Proposer) -> None:
    def sound(job: RenderJob) -> Audio:
        if job.name in ("sample 0", "sample 2", "sample 3"):
            raise RenderError("no sound")
        return tone(job.note)

    targets = [target_of(3), target_of(4)]
    rows = evaluate(targets, proposer, None, FakePool(sound), 2, 0)  # type: ignore[arg-type]
    measured = {r.method: (len(r.found), r.missing) for r in rows}
    assert measured == {"re-render floor": (2, 0), "one sample": (0, 2), "best of 2": (1, 1)}


def test_the_command_prints_the_table_and_writes_every_score(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stem = save_tiny_weights(tmp_path, SPEC.name)
    loud = FakePool(lambda job: tone(Note(job.note.pitch, 0.0, 2.0)))
    monkeypatch.setattr(evaluation, "find_surge", lambda given: Path("Surge XT.vst3"))
    monkeypatch.setattr(evaluation.RenderPool, "of_surge", lambda path, workers: loud)
    report = tmp_path / "report.json"
    options = ["--items", "2", "--count", "2", "--device", "cpu", "--json", str(report)]
    where = ["--spec", SPEC.name, "--weights", str(stem), "--data", str(data)]
    assert evaluation.main([*where, *options]) == 0
    printed = capsys.readouterr().out
    assert "2 targets (unseen test indices), surge_simple" in printed
    assert printed.count("\n| ") == 6
    scores = json.loads(report.read_text())
    assert list(scores) == [
        *("re-render floor", "one sample", "best of 2", "nearest neighbour", "random")
    ]
    assert all(len(s) == 2 and set(s[0]) == set(METRICS) for s in scores.values())


def test_patches_are_a_peer_that_rows_are_ahead_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stem = save_tiny_weights(tmp_path, SPEC.name)
    folder, patches = preset_folder(tmp_path / "patches"), playing_pool().sound
    pool = FakePool(lambda job: patches(job) if ".fxp" in job.name else tone(job.note))
    small = read_index(make_index(tmp_path / "index"))
    monkeypatch.setattr(evaluation, "load_index", lambda spec_name: small)
    monkeypatch.setattr(evaluation, "find_surge", lambda given: Path("Surge XT.vst3"))
    monkeypatch.setattr(evaluation.RenderPool, "of_surge", lambda path, workers: pool)
    report = tmp_path / "report.json"
    options = ["--items", "2", "--count", "2", "--device", "cpu", "--json", str(report)]
    where = ["--spec", SPEC.name, "--weights", str(stem), "--patches", str(folder)]
    assert evaluation.main([*where, *options, "--patches-file", str(tmp_path / "p.sqlite")]) == 0
    printed = capsys.readouterr().out
    assert "4 patches are the peer" in printed and "nearer than nearest patch |" in printed
    assert all(
        s is None or s["distance"] > 0 for s in json.loads(report.read_text())["nearest patch"]
    )


def test_the_command_says_in_one_line_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        evaluation.main(["--weights", str(tmp_path / "none"), "--device", "cpu"])
    assert left.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("evaluate: ") and message.count("\n") == 1
