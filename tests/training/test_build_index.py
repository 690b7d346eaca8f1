from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from small_index import DRAWS, shard_folder

from backend.errors import PatchError
from backend.matching.index_file import read_index
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
from training.build_index import folder_space, main, sketch_folders

SPEC = load_spec("surge_simple")


def test_folders_of_both_spaces_become_an_index_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.build_index.COMPONENTS", 8)
    folders = [
        shard_folder(tmp_path / "one", "surge_simple", tuple(range(98, 118))),
        shard_folder(tmp_path / "two", "surge_simple", tuple(range(202, 222))),
        shard_folder(tmp_path / "full", "surge_full", tuple(range(2, 22))),
    ]
    (tmp_path / "out").mkdir()
    out = tmp_path / "out"
    assert main(["--data", *map(str, folders), "--out", str(out)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in out.iterdir()) == [
        f"{space}_renders.{ending}"
        for space in ("surge_full", "surge_simple")
        for ending in ("json", "safetensors")
    ]
    simple = read_index(out / "surge_simple_renders")
    # 100 is for validation, 101 for testing: neither may be found.
    assert simple.draws.tolist() == [98, 99, *range(102, 118), *range(202, 222)]
    assert report["surge_simple"]["renders"] == 38 and report["surge_full"]["renders"] == 20
    files = [path for path in out.iterdir() if "simple" in path.name]
    assert report["surge_simple"]["bytes"] == sum(path.stat().st_size for path in files)
    notes = [draw_parameters(SPEC, int(draw)).note for draw in simple.draws]
    assert simple.sounds.pitches.tolist() == [note.pitch for note in notes]
    assert np.abs(simple.sounds.leads_s).max() < 0.03  # these sounds begin with their notes
    assert simple.provenance["draws"] == [98, 221]


def test_a_render_that_was_drawn_otherwise_is_refused(tmp_path: Path) -> None:
    folder = shard_folder(tmp_path / "one", draws=DRAWS[:4])
    path = folder / "shard-00000.safetensors"
    with safetensors.safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    tensors["vector"][2, 0] += 0.01
    path.write_bytes(safetensors.numpy.save(tensors, metadata=metadata))
    with pytest.raises(PatchError, match="the parameters of 4 are not those"):
        sketch_folders([folder])


def test_a_render_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    folder = shard_folder(tmp_path / "one", draws=DRAWS[:4])
    with pytest.raises(PatchError, match="the same numbers twice"):
        sketch_folders([folder, folder])


def test_an_empty_or_damaged_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PatchError, match="holds no shards"):
        folder_space(tmp_path)
    (tmp_path / "shard-00000.safetensors").write_bytes(b"nothing")
    with pytest.raises(PatchError, match="is damaged"):
        folder_space(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["--data", str(tmp_path), "--out", str(tmp_path)])
    assert left.value.code == 2
