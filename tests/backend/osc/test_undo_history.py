from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import OutputError
from backend.osc import undo_history
from backend.osc.undo_history import KEPT, UndoHistory
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import Patch, parse_body, patch_body, read_fxp
from backend.synth.spec import load_spec


@pytest.fixture(scope="module")
def patch() -> Patch:
    parameters = draw_parameters(load_spec("surge_simple"), 1)
    return parse_body(patch_body(parameters, "Größe"), "none")


def test_what_is_kept_is_found_by_another(tmp_path: Path, patch: Patch) -> None:
    kept = UndoHistory(tmp_path / "undo").add(patch, "Größe", "/home/me/Größe", 53280)
    found = UndoHistory(tmp_path / "undo").newest(53280)
    assert found == kept
    assert read_fxp(kept.file).body == patch.body
    assert UndoHistory(tmp_path / "undo").newest(53281) is None


def test_the_last_comes_first_and_none_twice(tmp_path: Path, patch: Patch) -> None:
    history = UndoHistory(tmp_path)
    names = ["first", "second", "third"]
    for name in names:
        history.add(patch, name, "", 53280)
    came = []
    while (snapshot := history.newest(53280)) is not None:
        came.append(snapshot.name)
        history.mark_undone(snapshot)
    assert came == names[::-1]
    assert len(list(tmp_path.glob("*.fxp"))) == 3


def test_twenty_are_kept_for_each_port(tmp_path: Path, patch: Patch) -> None:
    history = UndoHistory(tmp_path)
    history.add(patch, "other", "", 53281)
    for i in range(KEPT + 3):
        history.add(patch, str(i), "", 53280)
    assert (
        len(list(tmp_path.glob("*-53280.fxp"))) == len(list(tmp_path.glob("*-53280.json"))) == KEPT
    )
    newest = history.newest(53280)
    assert newest is not None and newest.name == str(KEPT + 2)
    assert history.newest(53281) is not None


def test_a_clock_that_jumps_back_changes_no_order(
    tmp_path: Path, patch: Patch, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = UndoHistory(tmp_path)
    history.add(patch, "before", "", 53280)
    monkeypatch.setattr(undo_history.time, "time_ns", lambda: 10**18)
    history.add(patch, "after", "", 53280)
    newest = history.newest(53280)
    assert newest is not None and newest.name == "after"


@pytest.mark.parametrize("said", [None, b"", b"[1]", b"\xff\xfe"])
def test_a_lost_description_loses_no_patch(
    tmp_path: Path, patch: Patch, said: bytes | None
) -> None:
    kept = UndoHistory(tmp_path).add(patch, "mine", "", 53280)
    description = kept.file.with_suffix(".json")
    description.unlink() if said is None else description.write_bytes(said)
    found = UndoHistory(tmp_path).newest(53280)
    assert found is not None and read_fxp(found.file).body == patch.body


def test_other_files_are_let_be(tmp_path: Path, patch: Patch) -> None:
    for name in ("notes.txt", "incoming-12.fxp", ".123-1.fxp.part", "x-53280.fxp"):
        (tmp_path / name).write_text("mine")
    history = UndoHistory(tmp_path)
    assert history.newest(53280) is None
    for i in range(KEPT + 1):
        history.add(patch, str(i), "", 53280)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_is_said(tmp_path: Path, patch: Patch) -> None:
    (tmp_path / "undo").write_text("a file")
    with pytest.raises(OutputError, match="undo"):
        UndoHistory(tmp_path / "undo").add(patch, "mine", "", 53280)
