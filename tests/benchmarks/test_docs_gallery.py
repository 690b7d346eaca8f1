from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gallery_rows import tone

from backend.audio.files import write_wav
from backend.errors import AudioError
from benchmarks.docs_gallery import targets_of


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
