from __future__ import annotations

from pathlib import Path

import pytest

from backend.__main__ import FAULT, main


def test_sounds_become_a_page_and_keep_their_presets(
    sound: Path,
    tmp_path: Path,
    tiny_weights: Path,
    fake_pool: object,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page, matches = tmp_path / "page", tmp_path / "matches" / "tones"
    words = ["gallery", str(sound), "-n", "2", "--budget", "0", "-o", str(page)]
    assert main([*words, "--matches", str(matches)]) == 0
    out = capsys.readouterr().out
    assert "1 of 1: tiny, " in out and "1 row, 3 sounds" in out
    assert len(list((page / "sounds").iterdir())) == len(list((page / "pictures").iterdir())) == 3
    assert (page / "index.html").is_file() and (page / "blind.html").is_file()
    kept = {path.name for path in (matches / "tiny").iterdir()}
    assert kept == {f"tiny-{n}{end}" for n in (1, 2) for end in (".fxp", ".json", ".wav")} | {
        "tiny.wav"
    }

    again = tmp_path / "again"  # from what was kept
    assert main(["gallery", str(tmp_path / "matches"), "-o", str(again)]) == 0
    first, second = ((place / "sounds" / "01-1.mp3").read_bytes() for place in (page, again))
    assert first == second
    assert b'"group":"tones"' in (again / "index.html").read_bytes()


def test_without_surge_there_are_targets_alone(
    sound: Path,
    tmp_path: Path,
    tiny_weights: Path,
    no_surge: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gallery", str(sound), "-n", "2", "-o", str(tmp_path / "page")]) == 0
    assert "No Surge XT found" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "page" / "sounds").iterdir()] == ["01-target.mp3"]


def test_nothing_named_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gallery"]) == FAULT
    assert "needs sounds" in capsys.readouterr().err


def test_a_folder_of_somebody_is_not_replaced(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gallery", str(sound), "-o", str(tmp_path)]) == FAULT
    assert "is no gallery" in capsys.readouterr().err
    assert sound.is_file()


def test_a_missing_sound_ends_it_before_anything_is_matched(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["gallery", str(sound), str(tmp_path / "none.wav"), "-o", str(tmp_path / "page")]
    assert main(words) == FAULT
    assert "none.wav" in capsys.readouterr().err and not (tmp_path / "page").exists()


def test_answers_are_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"format": "synthmatch-answers", "version": 1, "session": "s", "answers": []}')
    assert main(["gallery", "--answers", str(path)]) == 0
    assert "0 answers" in capsys.readouterr().out
