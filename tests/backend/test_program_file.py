"""What is noted starts the same synthmatch from anywhere, and noting never gets in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend import program_file
from backend.__main__ import main
from backend.cli import NOT_INSTALLED, installed_version
from backend.program_file import PROGRAM_NAME, note_program, own_command
from backend.userdata import DATA_VARIABLE

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")


def test_what_is_noted_can_be_run_from_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / "müsic data"
    note_program(folder)
    noted = json.loads((folder / PROGRAM_NAME).read_text("utf-8"))
    assert noted == {"command": list(own_command()), "version": installed_version("synthmatch")}
    done = subprocess.run(
        [*noted["command"], "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, f"synthmatch {noted['version']}\n")


def test_a_frozen_program_is_its_own_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command() == (sys.executable,)


@POSIX
def test_nobody_else_can_change_it(tmp_path: Path) -> None:
    note_program(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / PROGRAM_NAME).stat().st_mode & 0o777 == 0o600


def test_the_same_is_not_written_again_and_another_is(tmp_path: Path) -> None:
    note_program(tmp_path)
    path = tmp_path / PROGRAM_NAME
    os.utime(path, (1, 1))
    note_program(tmp_path)
    assert path.stat().st_mtime == 1
    path.write_text('{"command": ["/old/python"], "version": "0.0.1"}')
    note_program(tmp_path)
    assert json.loads(path.read_text("utf-8"))["command"] == list(own_command())


def test_a_source_tree_that_is_not_installed_notes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_file, "installed_version", lambda package: NOT_INSTALLED)
    note_program(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_let_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in the way").write_text("a file")
    note_program(tmp_path / "in the way" / "data")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(program_file, "data_folder", homeless)
    note_program()


@pytest.mark.parametrize(
    ("words", "expected"), [(["match", "no such.wav"], True), (["status"], False)]
)
def test_commands_note_it_but_for_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: bool
) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    assert main(words) == 2
    assert (tmp_path / "data" / PROGRAM_NAME).exists() == expected
