from __future__ import annotations

from pathlib import Path

import pytest

from backend import kept_preset
from backend.errors import OutputError
from backend.kept_preset import keep_preset


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "matches" / "000001"
    folder.mkdir(parents=True)
    (folder / "kick-1.fxp").write_bytes(b"preset" * 1000)
    (folder / "kick-1.json").write_bytes(b"json" * 1000)
    return folder / "kick-1.fxp"


def test_preset_and_json_are_copied_whole(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "ein Ordner" / "größer 音.fxp"
    target.parent.mkdir()
    keep_preset(made, target)
    assert target.read_bytes() == made.read_bytes()
    assert target.with_suffix(".json").read_bytes() == made.with_suffix(".json").read_bytes()
    assert len(list(target.parent.iterdir())) == 2


@pytest.mark.parametrize("there", ["kick.fxp", "kick.json"])
def test_a_file_is_never_replaced(made: Path, tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_bytes(b"mine")
    with pytest.raises(OutputError, match=f"{there} is there already: choose another"):
        keep_preset(made, tmp_path / "kick.fxp")
    assert (tmp_path / there).read_bytes() == b"mine"
    assert [path.name for path in tmp_path.glob("kick.*")] == [there]


@pytest.mark.parametrize("name", ["kick.fxp", "kick", "kick.wav", "kick.fxp/", "../kick.FXP", ""])
def test_the_full_path_of_a_preset_is_needed(made: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"full path that ends in \.fxp"):
        keep_preset(made, Path(name))


@pytest.mark.parametrize("name", ["missing/kick.fxp", "a\0b.fxp"])
def test_a_place_that_is_not_there_is_told(made: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="choose a folder that is there"):
        keep_preset(made, tmp_path / name)


def test_a_full_disk_leaves_nothing(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(path: Path, content: bytes) -> None:
        really(path, content)
        monkeypatch.setattr(kept_preset, "write_whole", full)

    def full(path: Path, content: bytes) -> None:
        raise OutputError("No space left on device")

    really = kept_preset.write_whole
    monkeypatch.setattr(kept_preset, "write_whole", fill_up)
    with pytest.raises(OutputError, match="No space"):
        keep_preset(made, tmp_path / "kick.fxp")
    assert list(tmp_path.glob("kick*")) == []


@pytest.mark.parametrize("ending", [".fxp", ".json"])
def test_what_was_removed_meanwhile_is_told(made: Path, tmp_path: Path, ending: str) -> None:
    made.with_suffix(ending).unlink()
    with pytest.raises(OutputError, match="match again"):
        keep_preset(made, tmp_path / "kick.fxp")
    assert list(tmp_path.glob("kick*")) == []
