from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import FakePool
from preset_files import PRESETS, playing_pool, preset_folder, write_preset
from small_index import region, voice

from backend.errors import RenderError
from backend.matching.distance import TargetDistance
from backend.matching.index import RenderIndex, load_index
from backend.matching.neighbours import listen
from backend.matching.preset_scan import NOTE_S, PITCHES, scan_presets
from backend.matching.preset_shelf import NearPreset, PresetShelf, hear_presets, vector_of
from backend.matching.preset_store import PresetStore
from backend.records import Audio, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec

SPEC = load_spec("surge_simple")
NOTE = Note(62, 0.4, 2.4)


@pytest.fixture(scope="module")
def index(index_stem: Path) -> RenderIndex:
    return load_index("surge_simple", index_stem)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return preset_folder(tmp_path / "patches")


@pytest.fixture
def shelf(folder: Path, index: RenderIndex, tmp_path: Path) -> Iterator[PresetShelf]:
    with PresetStore(tmp_path / "presets.sqlite") as store:
        scan_presets([folder], store, playing_pool())  # type: ignore[arg-type]
        yield PresetShelf(store.presets(), index.embedding)


def near(shelf: PresetShelf, index: RenderIndex, audio: Audio, count: int = 8) -> list[NearPreset]:
    return shelf.nearest(listen(index.embedding, region(audio)), count)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_found_by_its_sound_with_the_note_that_plays_it(
    shelf: PresetShelf, index: RenderIndex, folder: Path, name: str
) -> None:
    found = near(shelf, index, voice(PRESETS[name], NOTE))
    assert len(shelf) == len(found) == 4  # each once, whatever it was played with
    assert found[0].path == folder / name and found[0].name == Path(name).stem
    assert found[0].note.pitch == pytest.approx(NOTE.pitch, abs=1)
    assert found[0].note.on_s == pytest.approx(NOTE.on_s, abs=0.05)
    assert found[0].note.off_s - found[0].note.on_s == pytest.approx(NOTE_S, abs=0.01)
    assert [one.distance for one in found] == sorted(one.distance for one in found)


def test_no_more_are_returned_than_wanted(shelf: PresetShelf, index: RenderIndex) -> None:
    assert len(near(shelf, index, voice(101, NOTE), 2)) == 2


def test_an_empty_shelf_finds_nothing(index: RenderIndex, tmp_path: Path) -> None:
    with PresetStore(tmp_path / "empty.sqlite") as store:
        shelf = PresetShelf(store.presets(), index.embedding)
    assert len(shelf) == 0 and near(shelf, index, voice(101, NOTE)) == []


def test_presets_are_heard_and_ordered_by_how_near_they_are(
    shelf: PresetShelf, index: RenderIndex, folder: Path
) -> None:
    target = voice(103, NOTE)
    found = near(shelf, index, target)
    heard = hear_presets(found[::-1], playing_pool(), target, TargetDistance(target).measure)  # type: ignore[arg-type]
    assert heard[0].path == folder / "Keys/Bell.fxp" and heard[0].name == "Bell"
    distances = [match.distance for match in heard]
    assert distances == sorted(distances) and len(heard) == 4
    assert distances[0] < 0.5 * distances[1]
    assert heard[0].note.pitch == NOTE.pitch


@pytest.mark.parametrize("semitones", [-2, 1])
def test_a_preset_that_is_heard_at_a_wrong_pitch_is_played_again(
    shelf: PresetShelf, index: RenderIndex, semitones: int
) -> None:
    target = voice(103, NOTE)
    [bell] = [one for one in near(shelf, index, target) if one.name == "Bell"]
    wrong = replace(bell, note=replace(NOTE, pitch=NOTE.pitch + semitones))
    pool = playing_pool()
    [heard] = hear_presets([wrong], pool, target, TargetDistance(target).measure)  # type: ignore[arg-type]
    assert heard.note == NOTE and heard.distance < 0.05
    assert [job.note.pitch for job in pool.jobs] == [NOTE.pitch + semitones, NOTE.pitch]


def test_what_is_gone_or_fails_is_left_out(
    shelf: PresetShelf, index: RenderIndex, folder: Path
) -> None:
    target = voice(103, NOTE)
    found = near(shelf, index, target)
    (folder / "Pluck.fxp").unlink()

    def sound(job) -> Audio:
        if job.name == "Deep":
            raise RenderError("the renderer died")
        return voice(1, job.note)

    heard = hear_presets(found, FakePool(sound), target, TargetDistance(target).measure)  # type: ignore[arg-type]
    assert {match.name for match in heard} == {"Dark", "Bell"}


def test_a_setting_of_the_space_becomes_a_vector_and_nothing_else_does(
    shelf: PresetShelf, index: RenderIndex, folder: Path
) -> None:
    [first, *_] = near(shelf, index, voice(102, NOTE))
    vector = vector_of(first, SPEC)
    assert vector is not None
    decoded, drawn = SPEC.decode(vector), draw_parameters(SPEC, 102)
    for name, value in drawn.values.items():
        assert decoded.values[name] == (
            value if isinstance(value, str) else pytest.approx(value, abs=1e-5)
        )
    assert decoded.note.pitch == first.note.pitch
    assert np.allclose(vector, SPEC.encode(decoded), atol=1e-6)
    assert vector_of(first, load_spec("surge_full")) is None
    foreign = NearPreset(first.path, first.name, "", first.note, 0.0)
    assert vector_of(foreign, SPEC) is None
    too_low = NearPreset(first.path, first.name, SPEC.name, Note(20, 0.0, 1.0), 0.0)
    assert vector_of(too_low, SPEC) is None
    first.path.write_bytes(b"something else")
    assert vector_of(first, SPEC) is None


def test_a_wide_range_of_pitches_is_covered() -> None:
    assert max(b - a for a, b in zip(PITCHES, PITCHES[1:], strict=False)) <= 12


def test_a_preset_written_again_is_found_as_it_is_now(
    folder: Path, index: RenderIndex, tmp_path: Path
) -> None:
    with PresetStore(tmp_path / "presets.sqlite") as store:
        scan_presets([folder], store, playing_pool())  # type: ignore[arg-type]
        path = folder / "Pluck.fxp"
        before = path.stat().st_mtime_ns
        write_preset(path, 110)
        os.utime(path, ns=(before + 10**9, before + 10**9))
        scan_presets([folder], store, playing_pool({**PRESETS, "Pluck.fxp": 110}))  # type: ignore[arg-type]
        shelf = PresetShelf(store.presets(), index.embedding)
    assert near(shelf, index, voice(110, NOTE))[0].path == path
