from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import tone
from hypothesis import given
from hypothesis import strategies as st
from pedalboard.io import AudioFile

from backend import output
from backend.errors import OutputError
from backend.output import check_folder, file_stem, write_matches
from backend.records import AudioRegion, Candidate, Match
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import parse_body, patch_body, read_fxp, spec_of
from backend.synth.patch_lock import PatchLock
from backend.synth.preset_json import parse_preset_json
from backend.synth.spec import load_spec


def match_of(rank: int, *, rendered: bool) -> Match:
    spec = load_spec("surge_simple")
    rng = np.random.default_rng(rank)
    parameters = spec.decode(rng.uniform(-1, 1, spec.width))
    sound = AudioRegion(tone(parameters.note), 44_100, "render") if rendered else None
    return Match(rank, Candidate(parameters, rank), sound)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_presets_json_and_sounds_hold_the_match(tiny_audio: AudioRegion, tmp_path: Path) -> None:
    matches = [match_of(1, rendered=True), match_of(2, rendered=True)]
    written = write_matches(tiny_audio, matches, tmp_path)
    assert written.picture == tmp_path / "tiny.png"
    for match, preset in zip(matches, written.presets, strict=True):
        parameters = match.candidate.parameters
        patch = read_fxp(preset)
        spec = spec_of(patch)
        assert spec is not None and spec.name == "surge_simple"
        assert patch.name == f"tiny {match.rank}"
        assert parse_preset_json(preset.with_suffix(".json").read_text()) == parameters
        assert match.render is not None
        with AudioFile(str(preset.with_suffix(".wav"))) as file:
            np.testing.assert_array_equal(file.read(file.frames), match.render.audio)


def test_a_sound_of_an_earlier_match_does_not_stay(tiny_audio: AudioRegion, tmp_path: Path) -> None:
    write_matches(tiny_audio, [match_of(1, rendered=True)], tmp_path)
    write_matches(tiny_audio, [match_of(1, rendered=False)], tmp_path)
    assert set(contents(tmp_path)) == {"tiny-1.fxp", "tiny-1.json", "tiny.png"}


def test_other_files_in_the_folder_are_left_alone(tiny_audio: AudioRegion, tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"mine")
    write_matches(tiny_audio, [match_of(1, rendered=True)], tmp_path)
    assert (tmp_path / "song.wav").read_bytes() == b"mine"


def test_locked_sections_are_those_of_the_other_patch_and_no_json_says_otherwise(
    tiny_audio: AudioRegion, tmp_path: Path
) -> None:
    theirs = draw_parameters(load_spec("surge_simple"), 99)
    lock = PatchLock(parse_body(patch_body(theirs, "Mine"), "Mine"), ("filter",))
    written = write_matches(
        tiny_audio, [match_of(1, rendered=False)], tmp_path, picture=False, lock=lock
    )
    natives = read_fxp(written.presets[0]).natives
    assert natives["a_filter1_cutoff"] == lock.patch.natives["a_filter1_cutoff"]
    assert natives["a_env1_attack"] != lock.patch.natives["a_env1_attack"]
    assert [path.suffix for path in tmp_path.iterdir()] == [".fxp"]


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["patch_body", "write_whole", "write_wav", "draw_matches"])
def test_a_fault_half_way_changes_nothing(
    tiny_audio: AudioRegion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: BaseException,
    step: str,
) -> None:
    write_matches(tiny_audio, [match_of(1, rendered=True)], tmp_path)
    before = contents(tmp_path)

    def fail(*arguments: object) -> None:
        raise fault

    monkeypatch.setattr(output, step, fail)
    with pytest.raises((OutputError, KeyboardInterrupt)) as caught:
        write_matches(tiny_audio, [match_of(2, rendered=True)], tmp_path)
    assert isinstance(caught.value, OutputError) == isinstance(fault, OSError)
    assert contents(tmp_path) == before


def test_no_preset_is_there_without_what_belongs_to_it(
    tiny_audio: AudioRegion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = []

    def moved(made: Path, path: Path) -> None:
        if path.suffix == ".fxp" and path.parent == tmp_path:
            missing.extend(end for end in (".json", ".wav") if not path.with_suffix(end).exists())
        made.rename(path)

    monkeypatch.setattr(os, "replace", moved)
    matches = [match_of(number, rendered=True) for number in (1, 2)]
    assert len(write_matches(tiny_audio, matches, tmp_path).presets) == 2 and missing == []


def test_a_folder_that_vanished(tiny_audio: AudioRegion, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="-o"):
        write_matches(tiny_audio, [match_of(1, rendered=False)], tmp_path / "gone")


def test_check_folder_makes_it_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    check_folder(folder)
    assert list(folder.iterdir()) == []


def test_check_folder_refuses_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputError, match=r"file.*-o"):
        check_folder(file)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that even root cannot write")
def test_check_folder_refuses_what_cannot_be_written() -> None:
    with pytest.raises(OutputError, match="/proc/self"):
        check_folder(Path("/proc/self"))


@given(st.text())
def test_every_name_becomes_a_file_name(name: str) -> None:
    stem = file_stem(name)
    assert stem and len(stem.encode()) <= 150
    assert Path(stem).name == stem
    assert not set(stem) & set('\\/:*?"<>|\n\0')
    assert stem[0] not in " ." and stem[-1] not in " ."
    os.fsencode(stem)


def test_a_long_name_of_any_script_fits_the_file_system() -> None:
    for letter in "aé音":
        assert 140 <= len(file_stem(letter * 300).encode()) <= 150


def test_a_plain_name_stays() -> None:
    assert file_stem("Rhodes 2-b_v1.3") == "Rhodes 2-b_v1.3"


def test_the_region_names_the_files(tiny_audio: AudioRegion, tmp_path: Path) -> None:
    region = replace(tiny_audio, name="a/b: $1^")
    written = write_matches(region, [match_of(1, rendered=False)], tmp_path)
    assert [path.name for path in written.presets] == ["a_b_ _1_-1.fxp"]
    assert written.presets[0].exists() and written.picture and written.picture.exists()
