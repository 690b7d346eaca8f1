from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.errors import OutputError
from backend.gallery import folder
from backend.gallery.folder import FRONT, MARK, check_goal, write_gallery

FILES = {FRONT: b"<html>" + MARK, "sounds/01.mp3": b"first"}


def contents(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


def test_all_files_are_there_and_nothing_else(tmp_path: Path) -> None:
    write_gallery(tmp_path / "new" / "page", FILES)
    assert contents(tmp_path) == {f"new/page/{name}": FILES[name] for name in FILES}


def test_a_gallery_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write_gallery(tmp_path / "page", FILES)
    write_gallery(tmp_path / "page", {FRONT: MARK, "sounds/02.mp3": b"second"})
    assert contents(tmp_path) == {f"page/{FRONT}": MARK, "page/sounds/02.mp3": b"second"}


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    write_gallery(tmp_path / "page", FILES)
    assert contents(tmp_path / "page") == FILES


@pytest.mark.parametrize("name", ["notes.txt", FRONT])
def test_what_is_no_gallery_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    for attempt in (lambda: check_goal(tmp_path), lambda: write_gallery(tmp_path, FILES)):
        with pytest.raises(OutputError, match="is no gallery"):
            attempt()
    assert contents(tmp_path) == {name: b"mine"}


def test_a_file_is_no_goal(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("mine")
    with pytest.raises(OutputError, match="is no gallery"):
        check_goal(tmp_path / "page")
    with pytest.raises(OutputError, match="cannot be written"):
        check_goal(tmp_path / "page" / "below")


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_fault_half_way_leaves_the_old_gallery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    write_gallery(tmp_path / "page", FILES)
    moves = 0

    def fail(source: str, goal: str) -> None:
        nonlocal moves
        moves += 1
        if moves == fails_at:
            raise OSError(28, "No space left on device")
        os.rename(source, goal)

    monkeypatch.setattr(folder.os, "replace", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_gallery(tmp_path / "page", {FRONT: MARK})
    assert contents(tmp_path) == {f"page/{name}": FILES[name] for name in FILES}
