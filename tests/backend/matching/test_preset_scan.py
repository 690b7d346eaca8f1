from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from preset_files import PRESETS, playing_pool, preset_folder, write_preset

from backend.matching.preset_scan import PITCHES, ScanReport, scan_presets
from backend.matching.preset_store import PresetStore
from backend.synth.render_pool import RenderPool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return preset_folder(tmp_path / "patches")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PresetStore]:
    with PresetStore(tmp_path / "presets.sqlite") as store:
        yield store


def test_every_preset_is_played_with_every_note_and_kept(folder: Path, store: PresetStore) -> None:
    pool, told = playing_pool(), list[tuple[int, int]]()
    report = scan_presets([folder], store, pool, lambda *done: told.append(done))  # type: ignore[arg-type]
    assert report == ScanReport(found=4, heard=4, left_out=0, gone=0)
    assert told == [(done, 4) for done in range(5)]
    assert len(pool.jobs) == 4 * len(PITCHES)
    played = store.presets()
    assert set(played.paths) == {folder / name for name in PRESETS}
    assert sorted(set(played.names)) == ["Bell", "Dark", "Deep", "Pluck"]
    assert set(played.specs) == {"surge_simple"}
    assert set(played.pitches.tolist()) == set(PITCHES)
    assert abs(played.leads_s).max() < 0.05


def test_only_what_is_new_or_has_changed_is_played_again(folder: Path, store: PresetStore) -> None:
    scan_presets([folder], store, playing_pool())  # type: ignore[arg-type]
    again = playing_pool()
    assert scan_presets([folder], store, again) == ScanReport(4, 0, 0, 0)  # type: ignore[arg-type]
    assert again.jobs == []
    write_preset(folder / "New.fxp", 105)
    os.utime(folder / "Pluck.fxp", ns=(1, 1))
    (folder / "Keys/Bell.fxp").unlink()
    presets = {**PRESETS, "New.fxp": 105}
    later = playing_pool(presets)
    assert scan_presets([folder], store, later) == ScanReport(4, 2, 0, 1)  # type: ignore[arg-type]
    assert {job.name.split(".")[0] for job in later.jobs} == {"New", "Pluck"}
    assert folder / "Keys/Bell.fxp" not in store.presets().paths


def test_what_is_gone_from_elsewhere_is_not_forgotten(
    folder: Path, store: PresetStore, tmp_path: Path
) -> None:
    scan_presets([folder], store, playing_pool())  # type: ignore[arg-type]
    other = preset_folder(tmp_path / "other", {"Lead.fxp": 106})
    report = scan_presets([other], store, playing_pool({"Lead.fxp": 106}))  # type: ignore[arg-type]
    assert report.gone == 0 and len(store.stamps()) == 5


def test_what_cannot_be_played_is_left_out_with_a_line_in_the_log_until_it_changes(
    folder: Path, store: PresetStore, caplog: pytest.LogCaptureFixture
) -> None:
    write_preset(folder / "Broken.fxp", 1)
    (folder / "Torn.fxp").write_bytes((folder / "Pluck.fxp").read_bytes()[:500])
    with caplog.at_level(logging.WARNING):
        pool = playing_pool(PRESETS, "Bell")
        report = scan_presets([folder], store, pool)  # type: ignore[arg-type]
    assert report == ScanReport(found=6, heard=6, left_out=3, gone=0)
    for name, why in (("Broken", "died"), ("Torn", "cut off"), ("Bell", "silent")):
        [line] = [record.message for record in caplog.records if f"{name}.fxp is" in record.message]
        assert why in line
    assert [job.name for job in pool.jobs if "Broken" in job.name] == [
        f"Broken.fxp at note {PITCHES[0]}"
    ]  # its other notes are not tried
    assert {path.stem for path in store.faults()} == {"Broken", "Torn", "Bell"}
    for _ in range(2):  # the renderer may have failed for another reason
        assert scan_presets([folder], store, playing_pool()).heard == 1  # type: ignore[arg-type]
    assert scan_presets([folder], store, playing_pool()).heard == 0  # type: ignore[arg-type]
    write_preset(folder / "Torn.fxp", 107)
    mended = playing_pool({**PRESETS, "Torn.fxp": 107})
    assert scan_presets([folder], store, mended).heard == 1  # type: ignore[arg-type]
    assert {path.stem for path in store.faults()} == {"Broken", "Bell"}


def test_a_scan_that_was_ended_goes_on_where_it_was(folder: Path, store: PresetStore) -> None:
    pool = playing_pool()
    enough = 2 * len(PITCHES) + 1
    first = scan_presets([folder], store, pool, ended=lambda: len(pool.jobs) >= enough)  # type: ignore[arg-type]
    assert first.heard == 2 and len(set(store.presets().paths)) == 2
    rest = playing_pool()
    assert scan_presets([folder], store, rest).heard == 2  # type: ignore[arg-type]
    assert len(rest.jobs) == 2 * len(PITCHES)
    assert len(set(store.presets().paths)) == 4


def test_nothing_to_play_starts_no_renderer(tmp_path: Path, store: PresetStore) -> None:
    pool = playing_pool()
    assert scan_presets([tmp_path / "none"], store, pool) == ScanReport(0, 0, 0, 0)  # type: ignore[arg-type]
    assert pool.jobs == []


@pytest.mark.surge
def test_real_surge_plays_presets_and_knows_them_again(
    folder: Path, store: PresetStore, surge_path: Path
) -> None:
    with RenderPool.of_surge(surge_path, 1) as pool:
        report = scan_presets([folder], store, pool)
        assert report.found == report.heard == 4 and report.left_out < 4
        assert scan_presets([folder], store, pool).heard == 0
    played = store.presets()
    assert len(set(played.paths)) + report.left_out == 4
    assert float(played.sketches.decibel.amax(dim=(1, 2)).min()) > -20
