from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import FakePool, tone
from tiny_model import save_tiny_weights

from backend import workbench
from backend.audio.files import write_wav
from backend.errors import AudioError
from backend.matching import index, propose
from backend.matching.propose import load_proposer
from backend.pipeline import Workshop
from backend.records import AudioRegion, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import parse_body, patch_body
from backend.synth.patch_lock import PatchLock
from backend.synth.spec import load_spec
from training import bench_locks
from training.bench_locks import (
    by_matches,
    by_samples,
    changed_values,
    measure,
    nearer_percent,
    user_patches,
)
from training.targets import Target, folder_targets

SPEC = load_spec("surge_simple")
MINE = parse_body(patch_body(draw_parameters(SPEC, 99), "mine"), "mine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two targets with the parameters that made them."""
    items = []
    for number in (3, 8):
        drawn = draw_parameters(SPEC, number)
        write_wav(tmp_path / f"{number}.wav", AudioRegion(tone(drawn.note), 44_100, "x"))
        note = {"pitch": drawn.note.pitch, "note_on": drawn.note.on_s, "note_off": drawn.note.off_s}
        natives = SPEC.natives(drawn)
        host = {p.name: p.surge.native_to_host(natives[p.surge.storage]) for p in SPEC.parameters}
        items.append({"file": f"{number}.wav", "parameters": host, **note})
    (tmp_path / "index.json").write_text(json.dumps({"items": items}))
    return tmp_path


class ClosingPool(FakePool):
    """One that a workshop may end."""

    def close(self) -> None:
        """End."""


def test_each_target_is_given_the_patch_of_the_next(folder: Path) -> None:
    first, second = user_patches(folder, SPEC, 2)
    filter_of = "a_filter1_cutoff"
    cutoffs = [
        parse_body(patch_body(draw_parameters(SPEC, number), "x"), "x").natives[filter_of]
        for number in (8, 3)
    ]
    assert [each.natives[filter_of] for each in (first, second)] == pytest.approx(cutoffs, abs=1e-4)
    with pytest.raises(AudioError, match="parameters of its targets"):
        user_patches(folder / "none", SPEC, 2)


def test_what_is_locked_is_read_back_and_told_where_it_is_another() -> None:
    lock, parameters = PatchLock(MINE, ("filter",)), draw_parameters(SPEC, 5)
    checked, changed = changed_values(lock, lock.body(parameters, "x"))
    assert checked > 10 and changed == 0
    checked_again, changed = changed_values(lock, patch_body(parameters, "x"))
    assert checked_again == checked and changed > 2


def test_the_percentage_is_that_of_the_means_within_its_interval() -> None:
    distances = np.array([[0.4, 0.2], [0.6, 0.4], [0.5, 0.3]])
    nearer, low, high = nearer_percent(distances)
    assert nearer == pytest.approx(40.0) and low < nearer < high
    assert nearer_percent(distances[:, ::-1])[0] < 0


def test_samples_around_differ_from_overwritten_ones_in_what_is_free(tmp_path: Path) -> None:
    stem = save_tiny_weights(tmp_path, SPEC.name)
    find = by_samples(load_proposer(SPEC.name, "cpu", stem), 3)
    target = Target("x", tone(Note(60, 0.1, 2.0)), None, None)
    lock = PatchLock(MINE, ("filter",))
    overwritten, around = find(target, lock, 1)
    assert len(overwritten) == len(around) == 3
    assert all(changed_values(lock, body)[1] == 0 for body, _ in (*overwritten, *around))
    assert [body for body, _ in overwritten] != [body for body, _ in around]
    assert find(target, lock, 1) == [overwritten, around]


def test_matches_are_made_with_and_without_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stem, pool = save_tiny_weights(tmp_path, SPEC.name), ClosingPool()
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: stem)
    monkeypatch.setattr(index, "index_stem", lambda spec_name: tmp_path / "no-renders")
    monkeypatch.setattr(workbench, "find_surge", lambda given: Path("Surge XT.vst3"))
    monkeypatch.setattr(bench_locks.RenderPool, "of_surge", lambda path, workers: pool)
    target = Target("x", tone(Note(60, 0.1, 2.0)), None, None)
    with Workshop("cpu") as workshop:
        find = by_matches(workshop, SPEC.name, 3, 0.0)
        measured = measure(find, pool, [target], [MINE], "filter")  # type: ignore[arg-type]
        rendered = len(pool.jobs)
        again = find(target, PatchLock(MINE, ("osc",)), 0)
    assert measured.changed == 0 and measured.checked > 10
    assert np.isfinite(measured.distances).all() and measured.distances.shape == (1, 2)
    assert [len(way) for way in again] == [3, 3]
    assert len(pool.jobs) < 2 * rendered  # the match without a lock is made once


def test_the_command_prints_a_row_for_each_section(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stem = save_tiny_weights(folder, SPEC.name)
    monkeypatch.setattr(bench_locks, "find_surge", lambda given: Path("Surge XT.vst3"))
    pool = FakePool(lambda job: tone(job.note))
    monkeypatch.setattr(bench_locks.RenderPool, "of_surge", lambda path, workers: pool)
    words = ["--targets", str(folder), "--spec", SPEC.name, "--weights", str(stem), "--samples"]
    sections = ["--sections", "filter", "osc", "--count", "2", "--device", "cpu"]
    assert bench_locks.main([*words, *sections]) == 0
    printed = capsys.readouterr().out
    assert f"{len(folder_targets(folder))} targets" in printed
    rows = [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("|")]
    assert rows == ["locked", "---", "filter", "osc", "mean"]
    assert "locked values read back, 0 of them not the user's" in printed
