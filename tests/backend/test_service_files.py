"""What clients hand over; sounds by way of the service are in ``test_service``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.errors import AudioError, ParameterError, PatchError, SynthmatchError
from backend.osc import protocol as say
from backend.records import Note
from backend.service_files import HandedOver
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import fxp_bytes, parse_body, patch_body, write_fxp
from backend.synth.patch_lock import PatchLock
from backend.synth.spec import load_spec

FULL = load_spec("surge_full")
SETTING = draw_parameters(FULL, 4)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    sounds, matches = tmp_path / "audio", tmp_path / "matches"
    for folder in (sounds, matches / "000001"):
        folder.mkdir(parents=True)
        write_fxp(folder / "mine.fxp", SETTING, "mine")
    write_fxp(tmp_path / "mine.fxp", SETTING, "mine")
    return sounds, matches


def asked(preset: Path | str, amount: float = 0.3) -> say.StartMatch:
    return say.StartMatch("a.wav", like=say.LikePreset(str(preset), SETTING.note, amount))


def test_without_a_path_any_preset_will_do(folders: tuple[Path, Path]) -> None:
    assert HandedOver(*folders).like(say.StartMatch("a.wav")) is None


@pytest.mark.parametrize("name", ["audio/mine.fxp", "matches/000001/mine.fxp"])
def test_a_preset_in_either_folder_is_read_as_a_setting(
    folders: tuple[Path, Path], name: str
) -> None:
    found = HandedOver(*folders).like(asked(folders[0].parent / name, 0.4))
    assert found is not None and found.amount == 0.4
    assert found.setting.note == SETTING.note
    np.testing.assert_allclose(FULL.encode(found.setting), FULL.encode(SETTING), atol=2e-5)


def test_presets_elsewhere_are_refused(folders: tuple[Path, Path]) -> None:
    sounds, matches = folders
    outside = sounds.parent / "mine.fxp"
    (sounds / "link.fxp").symlink_to(outside)
    for path in (outside, sounds / "link.fxp", matches / ".." / "mine.fxp", "mine.fxp", "a\0b"):
        with pytest.raises(PatchError, match="neither a candidate's preset nor inside"):
            HandedOver(*folders).like(asked(path))
    with pytest.raises(AudioError):  # a preset's folder is none for sounds
        HandedOver(*folders).sound(str(matches / "000001" / "mine.fxp"))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"spec": "surge_simple"}, PatchError),
        ({"like": say.LikePreset("gone.fxp")}, PatchError),
        ({"like": say.LikePreset("mine.fxp", Note(200, 0.0, 1.0))}, ParameterError),
        ({"like": say.LikePreset("mine.fxp", Note(60, 2.0, 1.0))}, ParameterError),
    ],
)
def test_what_is_no_setting_of_the_space_is_refused(
    folders: tuple[Path, Path], change: dict[str, object], error: type[SynthmatchError]
) -> None:
    request = replace(asked(folders[0] / "mine.fxp"), **change)  # type: ignore[arg-type]
    path = str(folders[0] / request.like.path)
    with pytest.raises(error):
        HandedOver(*folders).like(replace(request, like=replace(request.like, path=path)))


def test_what_is_locked_need_not_be_ours(folders: tuple[Path, Path]) -> None:
    body = patch_body(draw_parameters(FULL, 5), "theirs")
    storage = next(p for p in FULL.parameters if p.name == "a_filter_1_type").surge.storage
    theirs = parse_body(body, "theirs")
    theirs = replace(theirs, body=body.replace(b"<%s " % storage.encode(), b"<%s " % b"gone"))
    written = PatchLock(theirs, ("filter",)).body(SETTING, "mine")
    (folders[0] / "locked.fxp").write_bytes(fxp_bytes(written, "mine"))
    request = asked(folders[0] / "locked.fxp")
    with pytest.raises(PatchError, match="lock again"):
        HandedOver(*folders).like(request)
    assert HandedOver(*folders).like(replace(request, locks=("filter",))) is not None
