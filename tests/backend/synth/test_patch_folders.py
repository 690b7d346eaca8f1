from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backend.synth import patch_folders as module
from backend.synth.patch_folders import list_patches, patch_folders

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="folders of Linux")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "PROGRAMDATA"):
        monkeypatch.delenv(name, raising=False)
    return home


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder.resolve()


def ours(folders: tuple[Path, ...], home: Path) -> list[Path]:
    """Return those below a folder: this machine may have patches of its own."""
    return [folder for folder in folders if folder.is_relative_to(home.resolve())]


@linux_only
@pytest.mark.parametrize("users", [".Surge XT", "Documents/Surge XT"])
def test_what_came_with_surge_and_what_was_saved_is_found(home: Path, users: str) -> None:
    assert ours(patch_folders(), home) == []
    data = home / ".local/share/surge-xt"
    wanted = [make(data / "patches_factory"), make(data / "patches_3rdparty")]
    wanted.append(make(home / users / "Patches"))
    assert ours(patch_folders(), home) == wanted


@linux_only
def test_folders_that_the_desktop_names_are_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    factory = make(home / "data/Surge XT/patches_factory")
    (home / ".config").mkdir()
    settings = home / ".config/user-dirs.dirs"
    settings.write_text('# comment\nXDG_MUSIC_DIR="$HOME/x"\nXDG_DOCUMENTS_DIR="$HOME/Papiere"\n')
    saved = make(home / "Papiere/Surge XT/Patches")
    assert ours(patch_folders(), home) == [factory, saved]


@linux_only
def test_a_folder_chosen_in_surge_is_used_too(home: Path) -> None:
    chosen, usual = make(home / "disk" / "Patches"), make(home / ".Surge XT/Patches")
    settings = usual.parent / module.SETTINGS
    settings.write_text(
        '<?xml version="1.0" encoding="UTF-8" ?><defaults version="1">'
        f'<default key="userDataPath" value="{chosen.parent}" type="1"/></defaults>'
    )
    assert ours(patch_folders(), home) == [usual, chosen]
    settings.write_text("<defaults><default key=")
    assert ours(patch_folders(), home) == [usual]


def test_a_portable_surge_keeps_its_patches_beside_it(home: Path) -> None:
    surge = home / "stick" / "VST3" / "Surge XT.vst3"
    shipped = make(home / "stick" / "SurgeXTData" / "patches_factory")
    saved = make(home / "stick" / "SurgeXTUserData" / "Patches")
    assert {shipped, saved} <= set(patch_folders(surge))


def test_patches_below_folders_are_listed_once(tmp_path: Path) -> None:
    folder = tmp_path / "patches"
    for name in ("b/One.fxp", "a/Two.FXP", "a/deep/Three.fxp"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    for name in ("a/notes.txt", "a/.hidden.fxp"):
        (folder / name).touch()
    found = list_patches([folder, folder / "a", tmp_path / "none"])
    assert [str(path.relative_to(folder)) for path in found] == [
        str(Path(name)) for name in ("a/Two.FXP", "a/deep/Three.fxp", "b/One.fxp")
    ]


def test_links_to_folders_do_not_lead_in_circles(tmp_path: Path) -> None:
    (tmp_path / "One.fxp").touch()
    try:
        (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert list_patches([tmp_path]) == [tmp_path / "One.fxp"]
