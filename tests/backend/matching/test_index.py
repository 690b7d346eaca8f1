from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_index import DRAWS, region, voice

from backend.errors import WeightsError
from backend.matching.index import RenderIndex, index_stem, load_index
from backend.matching.index_file import IndexFile, read_index
from backend.matching.neighbours import Sounds, listen
from backend.records import Audio, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
from training.split import split_of

SPEC = load_spec("surge_simple")


@pytest.fixture(scope="module")
def index(index_stem: Path) -> RenderIndex:
    return load_index("surge_simple", index_stem)


def found(index: RenderIndex, audio: Audio, count: int = 4):
    return index.nearest(listen(index.embedding, region(audio)), count)


@pytest.mark.parametrize("draw", [5, 17, 40])
def test_a_render_finds_itself_however_loud_and_whenever_it_is(
    index: RenderIndex, draw: int
) -> None:
    drawn = draw_parameters(SPEC, draw)
    note = drawn.note
    for earlier_s in (0.0, min(0.3, note.on_s)):
        on_s, off_s = note.on_s - earlier_s, note.off_s - earlier_s
        audio = voice(draw, Note(note.pitch, on_s, off_s)) * np.float32(0.03)
        [first, *rest] = found(index, audio)
        assert first.parameters.values == drawn.values  # exact: nothing was rounded
        assert first.parameters.note.pitch == note.pitch
        assert first.parameters.note.on_s == pytest.approx(on_s, abs=0.02)
        assert np.array_equal(first.vector, SPEC.encode(first.parameters))
        assert [n.distance for n in rest] == sorted(n.distance for n in rest)


def test_a_render_is_found_at_another_pitch_and_played_there(index: RenderIndex) -> None:
    drawn = draw_parameters(SPEC, 17)
    pitch = drawn.note.pitch + 3
    note = Note(pitch, 0.4, 0.4 + drawn.note.off_s - drawn.note.on_s)
    neighbours = found(index, voice(17, note))
    [same] = [n for n in neighbours if n.parameters.values == drawn.values]
    assert same.parameters.note.pitch == pitch
    assert same.parameters.note.on_s == pytest.approx(0.4, abs=0.03)


def test_as_many_are_found_as_are_wanted(index: RenderIndex) -> None:
    assert len(index) == len(DRAWS)
    neighbours = found(index, voice(9, Note(60, 0.0, 2.0)), 16)
    assert len(neighbours) == 16
    assert len({n.vector.tobytes() for n in neighbours}) == 16


def test_what_is_almost_the_same_setting_is_found_once(index_stem: Path) -> None:
    file = read_index(index_stem)
    twice = RenderIndex(
        IndexFile(
            file.spec,
            file.embedding,
            np.concatenate([file.draws, file.draws]),
            Sounds(
                np.concatenate([file.sounds.vectors, file.sounds.vectors + np.float32(1e-3)]),
                np.concatenate([file.sounds.pitches, file.sounds.pitches]),
                np.concatenate([file.sounds.leads_s, file.sounds.leads_s]),
            ),
            file.provenance,
        )
    )
    neighbours = found(twice, voice(9, draw_parameters(SPEC, 9).note), 8)
    settings = {tuple(n.parameters.values.items()) for n in neighbours}
    assert len(neighbours) == len(settings) == 8


def test_an_index_of_another_space_is_refused(index_stem: Path) -> None:
    with pytest.raises(WeightsError, match="index of surge_simple; surge_full is needed"):
        load_index("surge_full", index_stem)


def test_no_index_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        load_index("surge_full", tmp_path / "none")


def test_the_shipped_indexes_hold_100_000_renders_in_40_mb() -> None:
    renders = size = 0
    for spec_name in ("surge_full", "surge_simple"):
        stem = index_stem(spec_name)
        file = read_index(stem)
        assert len(np.unique(file.draws)) == len(file.draws)
        assert {split_of(int(draw)) for draw in file.draws} == {"train"}  # no test sound is in it
        assert len(load_index(spec_name)) == len(file.draws)
        renders += len(file.draws)
        size += sum(path.stat().st_size for path in stem.parent.glob(f"{stem.name}.*"))
    assert renders >= 100_000 and size < 40_000_000
