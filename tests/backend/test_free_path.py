from __future__ import annotations

from pathlib import Path

import pytest

from backend import free_path as module
from backend.errors import OutputError
from backend.free_path import free_path


def test_a_name_that_is_free_is_taken_as_it_is(tmp_path: Path) -> None:
    assert free_path(tmp_path, "kick", ".wav") == tmp_path / "kick.wav"


def test_a_name_in_use_under_any_ending_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "kick.fxp").touch()
    (tmp_path / "kick-2.json").touch()
    assert free_path(tmp_path, "kick", ".fxp", ".json") == tmp_path / "kick-3.fxp"
    assert free_path(tmp_path, "kick", ".json") == tmp_path / "kick.json"


def test_when_all_are_in_use_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NUMBER", 2)
    (tmp_path / "kick.wav").touch()
    (tmp_path / "kick-2.wav").touch()
    with pytest.raises(OutputError, match="full of files called kick"):
        free_path(tmp_path, "kick", ".wav")
