from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_renderers import FakePool
from preset_files import PRESETS, playing_pool, preset_folder, write_preset
from small_index import region, voice

from backend import presets_commands
from backend.__main__ import main
from backend.audio.files import write_wav
from backend.matching import index
from backend.matching.preset_scan import PITCHES
from backend.presets_commands import LOG_NAME
from backend.records import Note
from backend.synth import patch_folders
from backend.userdata import DATA_VARIABLE


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, fresh."""
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def pool(fake_pool: FakePool, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePool]:
    """Renderers that play the presets of ``preset_files``, for scans and for matches."""
    fake_pool.sound = playing_pool().sound
    monkeypatch.setattr(presets_commands, "polite_pool", lambda surge, workers: fake_pool)
    yield fake_pool


def run(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([str(word) for word in words]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out


def fail(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([str(word) for word in words]) == 2
    return capsys.readouterr().err


def test_a_scan_says_what_it_found_and_plays_only_what_is_new(
    pool: FakePool, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = preset_folder(tmp_path / "mine")
    write_preset(folder / "Broken.fxp", 9)
    said = run(capsys, "presets", "scan", "--folder", folder)
    assert "5 presets in" in said and str(folder) in said
    assert "5 were new or had changed, 1 of all are left out; 4 are now matched" in said
    assert str(data / "logs" / LOG_NAME) in said
    assert "Broken.fxp is left out" in (data / "logs" / LOG_NAME).read_text("utf-8")
    played = len(pool.jobs)
    assert played == 4 * len(PITCHES) + 1
    again = run(capsys, "presets", "scan", "--folder", folder)
    assert "1 were new or had changed, 1 of all are left out; 4 are now matched" in again
    assert len(pool.jobs) == played + 1  # the broken one is tried once more


def test_surges_own_folders_are_scanned_where_none_is_named(
    pool: FakePool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    folder = preset_folder(tmp_path / "Patches")
    monkeypatch.setattr(patch_folders, "patch_folders", lambda surge: (folder,))
    assert "4 presets in" in run(capsys, "presets", "scan")


def test_no_presets_are_one_sentence(
    pool: FakePool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.setattr(patch_folders, "patch_folders", lambda surge: ())
    assert "--folder" in fail(capsys, "presets", "scan")
    missing = tmp_path / "missing"
    assert "is no folder" in fail(capsys, "presets", "scan", "--folder", missing)


def test_without_surge_nothing_is_scanned(
    data: Path, tmp_path: Path, no_surge: None, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = preset_folder(tmp_path / "mine")
    assert "Surge XT" in fail(capsys, "presets", "scan", "--folder", folder)


def test_presets_need_an_action(capsys: pytest.CaptureFixture[str]) -> None:
    assert "presets --help" in fail(capsys, "presets")


@pytest.fixture
def known(
    pool: FakePool,
    tmp_path: Path,
    tiny_weights: Path,
    index_stem: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Path:
    """Presets that have been scanned, beside an index of renders; returns their folder."""
    monkeypatch.setattr(index, "index_stem", lambda spec_name: index_stem)
    folder = preset_folder(tmp_path / "mine")
    run(capsys, "presets", "scan", "--folder", folder)

    def sound(job):  # whatever the match plays beside the presets
        name = job.name.split(".fxp")[0]
        known = {Path(preset).stem: number for preset, number in PRESETS.items()}
        return voice(known.get(name, 7), job.note)

    pool.sound = sound
    return folder


def test_a_match_names_the_nearest_presets_beside_its_own(
    known: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "bell.wav"
    write_wav(target, region(voice(103, Note(62, 0.1, 2.1))))
    out = tmp_path / "out"
    said = run(capsys, "match", target, "-o", out, "--spec", "simple", "-n", 2, "--presets", 3)
    [heading] = [line for line in said.splitlines() if "Your nearest presets" in line]
    rows = said.split(heading)[1].splitlines()
    [bell] = [row for row in rows if "Bell" in row]
    assert "Keys" in bell and "D4" in bell
    assert (
        "samples of the model" in said and "of 60 renders" in said and "of your 4 presets" in said
    )
    root = json.loads((out / "bell-near-presets.json").read_text("utf-8"))
    assert [preset["name"] for preset in root["presets"]][:1] == ["Bell"]
    assert len(root["presets"]) == 3
    assert Path(root["presets"][0]["path"]) == (known / "Keys/Bell.fxp")
    similarities = [preset["similarity"] for preset in root["presets"]]
    assert similarities == sorted(similarities, reverse=True) and similarities[0] > 60
    assert root["presets"][0]["note"]["pitch"] == 62


def test_a_match_names_no_presets_where_none_are_wanted(
    known: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "bell.wav"
    write_wav(target, region(voice(103, Note(62, 0.1, 2.1))))
    out = tmp_path / "out"
    said = run(capsys, "match", target, "-o", out, "--spec", "simple", "-n", 2, "--presets", 0)
    assert "nearest presets" not in said
    assert not (out / "bell-near-presets.json").exists()
