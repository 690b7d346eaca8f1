from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gallery_rows import match_of, tone

from backend.audio.files import write_wav
from backend.errors import AudioError
from backend.output import write_matches
from backend.records import AudioRegion
from benchmarks.docs_gallery import kept_row, targets_of


def leave_set(folder: Path, items: list[dict[str, Any]]) -> None:
    for place, item in enumerate(items):
        item["file"] = f"{place:03}.wav"
        write_wav(folder / item["file"], tone(100.0 + place))
    (folder / "index.json").write_text(json.dumps({"items": items}))


def test_sounds_are_taken_at_even_distances(tmp_path: Path) -> None:
    leave_set(tmp_path, [{} for _ in range(9)])
    names = [region.name for region in targets_of(tmp_path, 3)]
    assert names == ["patch 000", "patch 004", "patch 008"]
    assert len(list(targets_of(tmp_path, 100))) == 9


def test_a_sound_has_the_name_that_its_set_knows(tmp_path: Path) -> None:
    leave_set(tmp_path, [{"patch": "Brass/OB-8 Jump.fxp"}, {"name": "horn 0 at 82.4 Hz"}])
    assert [region.name for region in targets_of(tmp_path, 2)] == ["OB-8 Jump", "horn 0"]


@pytest.mark.parametrize("content", ["{", "{}", '{"items": [{}]}', '{"items": 3}'])
def test_a_folder_without_an_index_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(AudioError, match="index.json"):
        list(targets_of(tmp_path, 2))


def test_a_match_that_an_earlier_run_has_finished_is_taken(tmp_path: Path) -> None:
    region = AudioRegion(tone(220).audio, 44_100, "horn 0")
    (tmp_path / "horn 0").mkdir()
    (tmp_path / "horn 01").mkdir()
    write_matches(region, [match_of(1), match_of(2)], tmp_path / "horn 0", picture=False)
    assert kept_row(tmp_path, region, "horns") is None  # broken off before its end
    write_wav(tmp_path / "horn 0" / "horn 0.wav", region)
    row = kept_row(tmp_path, region, "horns")
    assert row is not None and (row.title, row.group, len(row.matches)) == ("horn 0", "horns", 2)
