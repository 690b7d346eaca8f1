from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gallery_rows import match_of, tone

from backend.audio.files import write_wav
from backend.errors import AudioError, PatchError
from backend.gallery.rows import MOST_CANDIDATES, read_rows, row_of
from backend.output import write_matches
from backend.records import AudioRegion


def leave_match(folder: Path, target: AudioRegion, ranks: range, *, rendered: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    matches = [match_of(rank, rendered=rendered) for rank in ranks]
    write_matches(target, matches, folder, picture=False)


def test_a_row_has_at_most_eight_candidates() -> None:
    row = row_of(tone(220), [match_of(rank) for rank in range(1, 13)])
    assert [match.rank for match in row.matches] == list(range(1, MOST_CANDIDATES + 1))


def test_a_folder_is_read_and_put_in_order_by_ear(tmp_path: Path) -> None:
    target = match_of(2).render
    assert target is not None
    target = AudioRegion(target.audio, target.sample_rate_hz, "plucked")
    leave_match(tmp_path, target, range(1, 4))
    write_wav(tmp_path / "plucked.wav", target)
    [row] = read_rows(tmp_path)
    assert (row.title, row.group) == ("plucked", "")
    assert [match.rank for match in row.matches] == [1, 2, 3]
    assert row.matches[0].candidate.number == 2  # the target's own sound
    distances = [match.distance for match in row.matches if match.distance is not None]
    assert distances == sorted(distances) and distances[0] < 0.01
    for match in row.matches:
        made = match_of(match.candidate.number)
        assert match.candidate.parameters == made.candidate.parameters
        assert match.render is not None and made.render is not None
        np.testing.assert_array_equal(match.render.audio, made.render.audio)


def test_the_folder_between_is_the_group(tmp_path: Path) -> None:
    for group, name in (("factory", "lead"), ("factory", "pad"), ("other", "voice")):
        target = AudioRegion(tone(330).audio, 44_100, name)
        leave_match(tmp_path / group / name, target, range(1, 2))
        write_wav(tmp_path / group / name / f"{name}.wav", target)
    rows = read_rows(tmp_path)
    assert [(row.group, row.title) for row in rows] == [
        ("factory", "lead"),
        ("factory", "pad"),
        ("other", "voice"),
    ]


def test_the_target_may_lie_above_the_presets(tmp_path: Path) -> None:
    leave_match(tmp_path / "kick-presets", AudioRegion(tone(60).audio, 44_100, "kick"), range(1, 3))
    write_wav(tmp_path / "kick.wav", tone(60))
    assert [row.title for row in read_rows(tmp_path / "kick-presets")] == ["kick"]


def test_presets_without_renders_stay_in_order(tmp_path: Path) -> None:
    target = AudioRegion(tone(220).audio, 44_100, "pad")
    leave_match(tmp_path, target, range(1, 12), rendered=False)
    write_wav(tmp_path / "pad.wav", target)
    [row] = read_rows(tmp_path)
    assert [match.candidate.number for match in row.matches] == list(range(1, 9))
    assert not any(match.score or match.render for match in row.matches)


def test_a_match_without_its_target_is_told(tmp_path: Path) -> None:
    leave_match(tmp_path, AudioRegion(tone(220).audio, 44_100, "gone"), range(1, 2))
    with pytest.raises(AudioError, match="put gone.wav"):
        read_rows(tmp_path)


def test_a_folder_without_a_match_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings-1.json").write_text("{}")  # no preset beside it
    with pytest.raises(AudioError, match="holds no presets"):
        read_rows(tmp_path)


def test_a_damaged_preset_is_named(tmp_path: Path) -> None:
    target = AudioRegion(tone(220).audio, 44_100, "pad")
    leave_match(tmp_path, target, range(1, 2))
    write_wav(tmp_path / "pad.wav", target)
    (tmp_path / "pad-1.json").write_text("{")
    with pytest.raises(PatchError, match="pad-1.json"):
        read_rows(tmp_path)
