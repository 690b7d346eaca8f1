from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import SurgeNotFoundError
from backend.synth import finder
from backend.synth.finder import BUNDLE_NAME, SURGE_VARIABLE, find_surge, standard_folders


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two standard folders, empty, and no variable set."""
    both = (tmp_path / "user", tmp_path / "shared")
    for folder in both:
        folder.mkdir()
    monkeypatch.delenv(SURGE_VARIABLE, raising=False)
    monkeypatch.setattr(finder, "standard_folders", lambda: both)
    return both


def put(folder: Path) -> Path:
    bundle = folder / BUNDLE_NAME
    bundle.mkdir(parents=True)
    return bundle


def test_the_user_s_own_comes_first(folders: tuple[Path, Path]) -> None:
    user, shared = folders
    other = put(shared)
    assert find_surge() == other
    mine = put(user)
    assert find_surge() == mine


def test_the_maker_s_folder_is_looked_into(folders: tuple[Path, Path]) -> None:
    bundle = put(folders[1] / "Surge Synth Team")
    assert find_surge() == bundle


def test_flag_before_variable_before_folders(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folders[0])
    variable, flag = put(tmp_path / "variable"), put(tmp_path / "flag")
    monkeypatch.setenv(SURGE_VARIABLE, str(variable))
    assert find_surge() == variable
    assert find_surge(flag) == flag
    assert find_surge(flag.parent) == flag  # the folder it lies in will do


def test_a_named_place_is_the_only_one(folders: tuple[Path, Path], tmp_path: Path) -> None:
    put(folders[0])
    with pytest.raises(SurgeNotFoundError, match=str(tmp_path / "nowhere")):
        find_surge(tmp_path / "nowhere")


def test_the_message_says_where_and_what_to_do(folders: tuple[Path, Path]) -> None:
    with pytest.raises(SurgeNotFoundError) as caught:
        find_surge()
    message = str(caught.value)
    assert all(str(folder) in message for folder in folders)
    assert "--surge" in message and SURGE_VARIABLE in message and "\n" not in message


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", ".vst3"), ("darwin", "Library/Audio/Plug-Ins/VST3"), ("win32", "Common")],
)
def test_standard_folders(platform: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder.sys, "platform", platform)
    found = standard_folders()
    assert len(found) >= 2 and expected in str(found[0])
