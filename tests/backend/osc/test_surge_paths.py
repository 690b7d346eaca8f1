from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import LinkError
from backend.osc import surge_paths
from backend.osc.surge_paths import spoken_path


def test_a_path_is_absolute_and_without_ending(tmp_path: Path) -> None:
    assert spoken_path(tmp_path / "two  blanks 2.1.fxp") == str(tmp_path / "two  blanks 2.1")
    assert Path(spoken_path(Path("here.fxp"))).is_absolute()


@pytest.mark.skipif(surge_paths.sys.platform == "win32", reason="Windows gives its short name")
def test_other_scripts_are_kept(tmp_path: Path) -> None:
    assert spoken_path(tmp_path / "Größe 音.fxp").endswith("Größe 音")


@pytest.mark.parametrize(
    "name", ["pad.FXP", "pad.vstpreset", "pad", "a\nb.fxp", "long" * 1000 + ".fxp"]
)
def test_what_surge_cannot_open_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="another folder"):
        spoken_path(tmp_path / name)
