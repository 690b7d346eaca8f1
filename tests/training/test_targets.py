from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_renderers import FakePool, tone

from backend.audio.files import write_wav
from backend.errors import AudioError, RenderError
from backend.records import Audio, AudioRegion, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import patch_body
from backend.synth.renderer import RenderJob
from backend.synth.spec import load_spec
from models.features import quantise_db
from training.split import split_of
from training.targets import folder_targets, mono_db, render_sets, unseen_targets

SPEC = load_spec("surge_simple")


def write_folder(folder: Path, items: Any) -> Path:
    """Three sounds, of which the first has a second render."""
    for pitch, name in ((60, "000"), (61, "000.rerender"), (62, "001"), (64, "002")):
        sound = AudioRegion(tone(Note(pitch, 0.0, 1.0)), 44_100, name)
        write_wav(folder / f"{name}.wav", sound)
    (folder / "index.json").write_text(json.dumps(items))
    return folder


ITEMS = [
    {"file": f"{n:03d}.wav", "pitch": 60 + 2 * n, "note_on": 0.0, "note_off": 1.0, "parameters": {}}
    for n in range(3)
]


def test_a_folder_s_targets_have_their_sound_note_and_second_render(tmp_path: Path) -> None:
    first, second, third = folder_targets(write_folder(tmp_path, {"items": ITEMS}))
    assert [t.name for t in (first, second, third)] == ["000", "001", "002"]
    assert [t.note for t in (first, second, third)] == [
        Note(60 + 2 * n, 0.0, 1.0) for n in range(3)
    ]
    np.testing.assert_allclose(first.audio, tone(Note(60, 0.0, 1.0)), atol=1e-3)
    assert first.audio.shape == (2, 176_400) and first.audio.dtype == np.float32
    assert first.again is not None
    np.testing.assert_allclose(first.again, tone(Note(61, 0.0, 1.0)), atol=1e-3)
    assert second.again is None and third.again is None


def test_a_limit_takes_the_first_targets(tmp_path: Path) -> None:
    write_folder(tmp_path, {"items": ITEMS})
    assert [target.name for target in folder_targets(tmp_path, 2)] == ["000", "001"]


@pytest.mark.parametrize("index", [[], {}, {"items": 3}, {"items": [{}]}, {"items": ["000.wav"]}])
def test_a_folder_without_usable_index_is_refused(index: object, tmp_path: Path) -> None:
    write_folder(tmp_path, index)
    with pytest.raises(AudioError, match="no readable index.json of targets") as caught:
        folder_targets(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_index_or_sound_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="index.json"):
        folder_targets(tmp_path)
    write_folder(tmp_path, {"items": ITEMS})
    (tmp_path / "001.wav").unlink()
    with pytest.raises(AudioError, match=r"001\.wav"):
        folder_targets(tmp_path)


def test_sets_are_rendered_in_order_and_failures_leave_a_gap() -> None:
    sets = [draw_parameters(SPEC, index) for index in range(3)]

    def sound(job: RenderJob) -> Audio:
        if job.name == "sample 1":
            raise RenderError("no sound")
        return tone(job.note)

    pool = FakePool(sound)
    first, second, third = render_sets(pool, sets, "sample")  # type: ignore[arg-type]
    assert second is None and first is not None and third is not None
    np.testing.assert_array_equal(first, tone(sets[0].note))
    np.testing.assert_array_equal(third, tone(sets[2].note))
    assert [job.name for job in pool.jobs] == ["sample 0", "sample 1", "sample 2"]
    assert pool.jobs[2].body == patch_body(sets[2], "sample", rest_dry_effects=True)


def test_unseen_targets_are_the_first_usable_indices_of_their_split() -> None:
    drawn = {index: draw_parameters(SPEC, index).note for index in range(1, 1_500, 100)}
    silent, broken, broken_again = 101, 201, 301

    def sound(job: RenderJob) -> Audio:
        if job.note == drawn[broken]:
            raise RenderError("no sound")
        if job.note == drawn[broken_again] and pool.jobs.count(job) == 2:
            raise RenderError("no sound")
        return tone(Note(job.note.pitch, 0.0, 2.0)) * (job.note != drawn[silent])

    pool = FakePool(sound)
    targets = unseen_targets(SPEC, "test", 4, pool)  # type: ignore[arg-type]
    assert [target.name for target in targets] == ["index 1", "index 401", "index 501", "index 601"]
    for target, index in zip(targets, (1, 401, 501, 601), strict=True):
        assert split_of(index) == "test" and target.note == drawn[index]
        np.testing.assert_array_equal(target.audio, tone(Note(drawn[index].pitch, 0.0, 2.0)))
        assert target.again is not None and target.again is not target.audio
        np.testing.assert_array_equal(target.again, target.audio)


def test_unseen_targets_go_on_until_there_are_enough() -> None:
    asked: list[int] = []

    def sound(job: RenderJob) -> Audio:
        asked.append(1)
        return tone(Note(60, 0.0, 2.0)) * (len(asked) > 20)

    targets = unseen_targets(SPEC, "validation", 2, FakePool(sound))  # type: ignore[arg-type]
    assert [target.name for target in targets] == ["index 1200", "index 1300"]
    assert all(split_of(int(target.name.split()[1])) == "validation" for target in targets)


def test_mono_decibels_are_the_mean_of_both_channels_above_the_floor() -> None:
    decibel = np.array([[[[0.0, -80.0]], [[-40.0, -80.0]]]], dtype=np.float32)  # (1, 2, 1, 2)
    np.testing.assert_allclose(mono_db(quantise_db(decibel)), [[60.0, 0.0]], atol=0.2)
    assert mono_db(np.zeros((3, 2, 128, 401), dtype=np.uint8)).shape == (3, 128 * 401)
