from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import torch

from backend.errors import OutputError
from backend.matching import preset_store
from backend.matching.embedding import BANDS, SLOTS, Sketches
from backend.matching.preset_store import MOST_TRIES, PresetStore, Stamp

ONE, TWO = Path("/presets/One.fxp"), Path("/presets/Two.fxp")
STAMP = Stamp(10, 20)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "presets.sqlite"


def sketches(count: int, seed: int = 0) -> Sketches:
    draw = torch.Generator().manual_seed(seed)
    decibel = -80 * torch.rand(count, BANDS, SLOTS, generator=draw)
    return Sketches(decibel, torch.arange(count) + 30, torch.arange(count) / 10)


def keep(
    store: PresetStore, path: Path, *pitches: int, stamp: Stamp = STAMP, seed: int = 0
) -> None:
    store.keep(path, stamp, path.stem, "", list(pitches), sketches(len(pitches), seed))


def test_what_was_kept_is_there_the_next_time(file: Path) -> None:
    with PresetStore(file) as store:
        store.keep(TWO, Stamp(3, 4), "Zwei", "surge_full", [60], sketches(1, 2))
        keep(store, ONE, 48, 72)
    with PresetStore(file) as store:
        played, stamps = store.presets(), store.stamps()
    assert stamps == {ONE: STAMP, TWO: Stamp(3, 4)}
    assert played.paths == (ONE, ONE, TWO)
    assert played.names == ("One", "One", "Zwei") and played.specs == ("", "", "surge_full")
    assert played.pitches.tolist() == [48, 72, 60]
    assert played.leads_s.tolist() == pytest.approx([0.0, 0.1, 0.0])
    assert played.sketches.heard.tolist() == [30, 31, 30]
    wanted = torch.cat([sketches(2).decibel, sketches(1, 2).decibel])
    assert float((played.sketches.decibel - wanted).abs().max()) < 0.16


def test_a_patch_that_changed_is_kept_once(file: Path) -> None:
    with PresetStore(file) as store:
        keep(store, ONE, 48, 60, 72)
        keep(store, ONE, 60, stamp=Stamp(11, 21), seed=5)
        played = store.presets()
        assert store.stamps() == {ONE: Stamp(11, 21)}
    assert played.pitches.tolist() == [60]
    assert float((played.sketches.decibel - sketches(1, 5).decibel).abs().max()) < 0.16


def test_a_patch_that_cannot_be_heard_is_known_with_the_reason(file: Path) -> None:
    with PresetStore(file) as store:
        keep(store, ONE, 60)
        store.keep_fault(ONE, STAMP, "it is silent", certain=True)
        assert store.faults() == {ONE: "it is silent"}
        assert store.stamps() == {ONE: STAMP} and store.presets().paths == ()
        keep(store, ONE, 60)
        assert store.faults() == {}


def test_a_failed_renderer_is_tried_again_a_few_times(file: Path) -> None:
    with PresetStore(file) as store:
        for _ in range(MOST_TRIES - 1):
            store.keep_fault(ONE, STAMP, "the renderer died", certain=False)
            assert store.stamps() == {} and list(store.faults()) == [ONE]
        store.keep_fault(ONE, STAMP, "the renderer died", certain=False)
        assert store.stamps() == {ONE: STAMP}
        store.keep_fault(ONE, Stamp(11, 21), "the renderer died", certain=False)
        assert store.stamps() == {}  # another file now, which has all its tries


def test_what_is_gone_is_forgotten_with_its_sounds(file: Path) -> None:
    with PresetStore(file) as store:
        keep(store, ONE, 48, 60)
        keep(store, TWO, 48)
        store.forget([ONE, Path("/never/known.fxp")])
        assert list(store.stamps()) == [TWO] and store.presets().paths == (TWO,)


def test_nothing_kept_is_an_empty_shelf(file: Path) -> None:
    with PresetStore(file) as store:
        played = store.presets()
    assert played.paths == () and played.sketches.decibel.shape == (0, BANDS, SLOTS)


def test_a_file_of_another_version_is_begun_afresh(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PresetStore(file) as store:
        keep(store, ONE, 60)
    monkeypatch.setattr(preset_store, "VERSION", 99)
    with PresetStore(file) as store:
        assert store.stamps() == {}
        keep(store, TWO, 60)
    with PresetStore(file) as store:
        assert list(store.stamps()) == [TWO]


def test_a_damaged_file_is_begun_afresh(file: Path) -> None:
    file.write_bytes(b"this is no database, but has been taken for one" * 100)
    with PresetStore(file) as store:
        keep(store, ONE, 60)
    with PresetStore(file) as store:
        assert list(store.stamps()) == [ONE]


def test_a_file_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="synthmatch presets scan"):
        PresetStore(tmp_path / "no folder" / "presets.sqlite")


def test_a_store_that_another_program_holds_is_one_sentence(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preset_store, "WAIT_S", 0.05)
    with PresetStore(file) as store:
        other = sqlite3.connect(file)
        other.execute("BEGIN EXCLUSIVE")
        try:
            with pytest.raises(OutputError, match="locked"):
                keep(store, ONE, 60)
        finally:
            other.close()
        keep(store, ONE, 60)


def test_two_at_once_see_what_the_other_keeps(file: Path) -> None:
    with PresetStore(file) as one, PresetStore(file) as other:
        keep(one, ONE, 60)
        keep(other, TWO, 60)
        assert set(one.stamps()) == set(other.stamps()) == {ONE, TWO}
