from __future__ import annotations

from pathlib import Path

import pytest
from preset_files import PRESETS, playing_pool, preset_folder
from small_index import make_index, voice

from backend.matching.index_file import read_index
from backend.records import Note
from training.nearest_patch import PatchPeer


def test_the_peer_is_the_nearest_patch_with_the_note_that_plays_the_sound(tmp_path: Path) -> None:
    embedding = read_index(make_index(tmp_path / "index")).embedding
    folder, pool = preset_folder(tmp_path / "patches"), playing_pool()
    known = {Path(name).stem: number for name, number in PRESETS.items()}
    pool.sound = lambda job: voice(known[job.name.split(".fxp")[0]], job.note)
    peer = PatchPeer([folder], tmp_path / "peer.sqlite", embedding, pool)  # type: ignore[arg-type]
    assert len(peer) == 4
    for name, number in PRESETS.items():
        found = peer.nearest(voice(number, Note(63, 0.2, 2.2)))
        assert found is not None and found.path == folder / name and found.note.pitch == 63
    played = len(pool.jobs)
    again = PatchPeer([folder], tmp_path / "peer.sqlite", embedding, pool)  # type: ignore[arg-type]
    assert len(again) == 4 and len(pool.jobs) == played  # each is played once


def test_without_patches_there_is_no_peer(tmp_path: Path) -> None:
    embedding = read_index(make_index(tmp_path / "index")).embedding
    peer = PatchPeer([tmp_path], tmp_path / "peer.sqlite", embedding, playing_pool())  # type: ignore[arg-type]
    assert peer.nearest(voice(1, Note(60, 0.0, 1.0))) is None


@pytest.mark.surge
def test_a_real_patch_is_its_own_nearest(tmp_path: Path, surge_path: Path) -> None:
    from backend.synth.patch_file import read_fxp
    from backend.synth.render_pool import RenderPool
    from backend.synth.renderer import RenderJob

    embedding = read_index(make_index(tmp_path / "index")).embedding
    folder = preset_folder(tmp_path / "patches")
    with RenderPool.of_surge(surge_path, 1) as pool:
        peer = PatchPeer([folder], tmp_path / "peer.sqlite", embedding, pool)
        assert len(peer) >= 2
        found_again = 0
        for name in PRESETS:
            job = RenderJob(read_fxp(folder / name).body, Note(57, 0.3, 2.3), name)
            [render] = pool.render([job])
            if abs(render.audio).max() < 1e-3:  # type: ignore[union-attr]
                continue
            found = peer.nearest(render.audio)  # type: ignore[union-attr]
            found_again += found is not None and found.path == folder / name
        assert found_again >= 2
