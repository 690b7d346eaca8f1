from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import FakePool, tone
from pedalboard.io import AudioFile

from backend import output
from backend.__main__ import main
from backend.audio.files import write_wav
from backend.errors import RenderError
from backend.matching import propose
from backend.records import AudioRegion, Note
from backend.synth.patch_file import FXP_HEADER, fxp_bytes, patch_body, write_fxp
from backend.synth.preset_json import preset_json
from backend.synth.renderer import RenderJob
from backend.synth.spec import load_spec

Run = Callable[..., str]


@pytest.fixture
def succeeds(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that works; return what it prints."""

    def run(*words: object) -> str:
        assert main([str(word) for word in words]) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        return shown.out

    return run


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that cannot work; return its one line."""

    def run(*words: object) -> str:
        assert main([str(word) for word in words]) == 2
        line = capsys.readouterr().err
        assert line.startswith("synthmatch: ") and line.count("\n") == 1
        return line

    return run


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    """A preset of ours, ``ours.fxp``, with its JSON."""
    spec = load_spec("surge_simple")
    parameters = spec.decode(np.linspace(-0.9, 0.9, spec.width))
    path = tmp_path / "ours.fxp"
    write_fxp(path, parameters, "Our Lead")
    path.with_suffix(".json").write_text(preset_json(parameters, "Our Lead"))
    return path


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


# --- match ---


def test_match_without_surge(
    succeeds: Run, sound: Path, tmp_path: Path, tiny_weights: Path, no_surge: None
) -> None:
    printed = succeeds("match", sound, "-n", 2, "-o", tmp_path / "a" / "b", "--device", "cpu")
    folder = tmp_path / "a" / "b"
    assert set(everything(folder)) == {
        *("tiny-1.fxp", "tiny-1.json", "tiny-2.fxp", "tiny-2.json", "tiny.png")
    }
    assert "tiny-1 to tiny-2 (.fxp, .json)" in printed
    note = json.loads((folder / "tiny-1.json").read_text())["note"]
    assert f"({note['pitch']}), {note['off_s'] - note['on_s']:.2f} s" in printed
    surge_lines = [line for line in printed.splitlines() if "Surge" in line]
    assert len(surge_lines) == 1 and "install" in surge_lines[0]


def test_match_with_surge(
    succeeds: Run, sound: Path, tmp_path: Path, tiny_weights: Path, fake_pool: FakePool
) -> None:
    printed = succeeds("match", sound, "-n", 2, "-o", tmp_path / "out", "--spec", "simple")
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {
        *(".fxp", ".json", ".wav", ".png")
    }
    assert "similarity" in printed and "floor" in printed and "install" not in printed
    assert (
        json.loads((tmp_path / "out" / "tiny-1.json").read_text())["spec"]
        == load_spec("surge_simple").name
    )


def test_match_says_what_was_done_to_the_sound(
    succeeds: Run, tmp_path: Path, tiny_weights: Path, no_surge: None
) -> None:
    long = tmp_path / "long.wav"
    write_wav(long, AudioRegion(tone(Note(60, 1.0, 5.0), 6.0), 44_100, "long"))
    printed = succeeds("match", long, "-n", 1, "-o", tmp_path / "out")
    assert printed.startswith("Used 4.00 s from 0.95 s on, the first onset")
    printed = succeeds("match", long, "-n", 1, "-o", tmp_path / "out", "--start", 1.5)
    assert printed.startswith("Used 4.00 s from 1.50 s on, as chosen")


def test_match_writes_beside_the_caller_by_default(
    succeeds: Run,
    sound: Path,
    tmp_path: Path,
    tiny_weights: Path,
    no_surge: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    succeeds("match", sound, "-n", 1)
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["tiny-presets"]


def wav_of(samples: np.ndarray) -> bytes:
    """A 32 bit float WAV, mono, 44.1 kHz, of any samples."""
    data = samples.astype("<f4").tobytes()
    fmt = struct.pack("<HHIIHH", 3, 1, 44_100, 4 * 44_100, 4, 32)
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data


SINE = 0.5 * np.sin(np.arange(44_100) / 20)
BAD_SOUNDS = {
    "empty": (b"", "empty"),
    "truncated": (wav_of(SINE)[:50_000], "cut off"),
    "text": (b"this is no sound at all, just a letter to a friend" * 20, "wav"),
    "silent": (wav_of(0 * SINE), "silent"),
    "not-a-number": (wav_of(np.where(SINE > 0.4, np.nan, SINE)), "NaN"),
    "infinite": (wav_of(np.where(SINE > 0.4, np.inf, SINE)), "inf"),
    "constant": (wav_of(0 * SINE + 0.5), "offset"),
    "short": (wav_of(SINE[:100]), "50 ms"),
    "no-channels": (wav_of(SINE)[:22] + b"\0\0" + wav_of(SINE)[24:], "0 channels"),
}


@pytest.mark.parametrize("kind", BAD_SOUNDS)
def test_a_bad_sound(fails: Run, tmp_path: Path, kind: str) -> None:
    content, said = BAD_SOUNDS[kind]
    sound = tmp_path / f"{kind}.wav"
    sound.write_bytes(content)
    line = fails("match", sound, "-o", tmp_path / "out")
    assert sound.name in line and said.lower() in line.lower()
    assert list(tmp_path.iterdir()) == [sound]


def test_a_missing_sound(fails: Run, tmp_path: Path) -> None:
    assert "nowhere.wav" in fails("match", tmp_path / "nowhere.wav", "-o", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_is_a_file(
    fails: Run, sound: Path, tmp_path: Path, tiny_weights: Path, no_surge: None
) -> None:
    (tmp_path / "file").write_text("mine")
    before = everything(tmp_path)
    assert "-o" in fails("match", sound, "-o", tmp_path / "file")
    assert "-o" in fails("match", sound, "-o", tmp_path / "file" / "below")
    assert everything(tmp_path) == before


def test_a_full_disk(
    fails: Run,
    sound: Path,
    tmp_path: Path,
    tiny_weights: Path,
    no_surge: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    before = everything(tmp_path)
    monkeypatch.setattr(output, "draw_matches", full)
    assert "No space left" in fails("match", sound, "-n", 1, "-o", tmp_path / "a" / "b")
    assert everything(tmp_path) == before


def test_folders_that_were_there_stay_after_a_fault(
    fails: Run, sound: Path, tmp_path: Path, no_surge: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(propose, "weights_stem", lambda name: tmp_path / name)
    (tmp_path / "out").mkdir()
    fails("match", sound, "-o", tmp_path / "out" / "new")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("stage", ["propose", "draw"])
def test_an_interruption_leaves_nothing(
    sound: Path,
    tmp_path: Path,
    tiny_weights: Path,
    fake_pool: FakePool,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    if stage == "propose":
        monkeypatch.setattr(propose.Proposer, "sample", interrupt)
    else:
        monkeypatch.setattr(output, "draw_matches", interrupt)
    before = everything(tmp_path)
    assert main(["match", str(sound), "-n", "1", "-o", str(tmp_path / "out")]) == 130
    assert everything(tmp_path) == before


def damage(folder: Path, kind: str) -> None:
    description = folder / "surge_full.json"
    weights = folder / "surge_full.safetensors"
    value = json.loads(description.read_text())
    if kind == "missing":
        description.unlink()
    elif kind == "without numbers":
        weights.unlink()
    elif kind == "corrupt":
        content = bytearray(weights.read_bytes())
        content[-7] ^= 255
        weights.write_bytes(content)
    elif kind == "cut off":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif kind == "no json":
        description.write_bytes(b"\x80\x04pickle")
    elif kind == "foreign":
        description.write_text('{"format": "pt", "format_version": 1}')
    elif kind == "future":
        description.write_text(json.dumps(value | {"format_version": 2}))
    else:
        description.write_text(json.dumps(value | {"spec_fingerprint": "0" * 64}))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "surge_full.json does not exist"),
        ("without numbers", "surge_full.safetensors does not exist"),
        ("corrupt", "SHA-256"),
        ("cut off", "SHA-256"),
        ("no json", "not JSON"),
        ("foreign", "'pt'"),
        ("future", "version 2"),
        ("another space", load_spec("surge_full").fingerprint),
    ],
)
def test_bad_weights(
    fails: Run,
    sound: Path,
    tmp_path: Path,
    weights_folder: Path,
    no_surge: None,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    said: str,
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(weights_folder, folder)
    damage(folder, kind)
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: folder / spec_name)
    line = fails("match", sound, "-o", tmp_path / "out")
    assert said in line and str(folder) in line
    assert not (tmp_path / "out").exists()


def test_a_surge_named_but_missing(
    fails: Run, sound: Path, tmp_path: Path, tiny_weights: Path
) -> None:
    line = fails("match", sound, "-o", tmp_path / "out", "--surge", tmp_path / "elsewhere")
    assert "elsewhere" in line and "--surge" in line
    assert not (tmp_path / "out").exists()


def test_more_like_a_preset_goes_into_a_folder_of_its_own(
    succeeds: Run,
    sound: Path,
    preset: Path,
    tmp_path: Path,
    tiny_weights: Path,
    no_surge: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("match", sound, "-n", 2, "--device", "cpu", "--amount", 0)
    said = succeeds(*words, "--like", preset)
    assert "tiny-like-ours" in said
    first = json.loads((tmp_path / "tiny-like-ours" / "tiny-1.json").read_text())
    assert first["spec"] == "surge_simple"  # whatever --spec says
    chosen = json.loads(preset.with_suffix(".json").read_text())
    assert first["note"]["pitch"] == chosen["note"]["pitch"]
    again = tmp_path / "again"
    succeeds(*words, "--like", preset.with_suffix(".json"), "-o", again)
    assert (again / "tiny-2.fxp").read_bytes() == (
        tmp_path / "tiny-like-ours" / "tiny-2.fxp"
    ).read_bytes()


def test_more_like_what_is_no_preset_of_ours_is_refused(
    fails: Run, sound: Path, preset: Path, tmp_path: Path
) -> None:
    words = ("match", sound, "-o", tmp_path / "out", "--like")
    preset.with_suffix(".json").unlink()
    assert "has no .json beside it: choose a preset that synthmatch match wrote" in fails(
        *words, preset
    )
    assert "cannot read" in fails(*words, preset.with_suffix(".json"))
    assert "from 0.0 to 1.0" in fails(*words, preset, "--amount", 2)
    assert not (tmp_path / "out").exists()


# --- render ---


def test_render_plays_the_note_beside_the_preset(
    succeeds: Run, preset: Path, fake_pool: FakePool
) -> None:
    printed = succeeds("render", preset)
    [job] = fake_pool.jobs
    note = json.loads(preset.with_suffix(".json").read_text())["note"]
    assert job.note == Note(note["pitch"], note["on_s"], note["off_s"])
    with AudioFile(str(preset.with_suffix(".wav"))) as file:
        np.testing.assert_array_equal(file.read(file.frames), tone(job.note))
    assert "Our Lead" in printed and "4.00 s" in printed


def test_render_plays_middle_c_where_no_note_is_known(
    succeeds: Run, preset: Path, fake_pool: FakePool
) -> None:
    preset.with_suffix(".json").unlink()
    succeeds("render", preset)
    assert fake_pool.jobs[0].note == Note(60, 0.0, 2.0)


def test_render_plays_the_note_asked_for(succeeds: Run, preset: Path, fake_pool: FakePool) -> None:
    preset.with_suffix(".json").write_text("damaged, but not needed")
    out = preset.with_name("long.wav")
    succeeds("render", preset, "--pitch", 40, "--length", 7.5, "-o", out)
    [job] = fake_pool.jobs
    assert (job.note.pitch, job.note.off_s - job.note.on_s) == (40, 7.5)
    with AudioFile(str(out)) as file:
        assert file.frames == round(9.5 * 44_100)


def test_render_changes_only_what_is_asked_for(
    succeeds: Run, preset: Path, fake_pool: FakePool
) -> None:
    own = json.loads(preset.with_suffix(".json").read_text())["note"]
    succeeds("render", preset, "--pitch", 40)
    assert fake_pool.jobs[0].note == Note(40, own["on_s"], own["off_s"])
    assert fake_pool.jobs[0].duration_s == 4.0


def test_render_says_so_if_nothing_is_heard(
    succeeds: Run, preset: Path, fake_pool: FakePool
) -> None:
    fake_pool.sound = lambda job: 0 * tone(job.note)
    assert "silent" in succeeds("render", preset)


def test_render_does_not_replace_unasked(
    succeeds: Run, fails: Run, preset: Path, fake_pool: FakePool
) -> None:
    wav = preset.with_suffix(".wav")
    wav.write_bytes(b"mine")
    assert "--force" in fails("render", preset)
    assert wav.read_bytes() == b"mine" and fake_pool.jobs == []
    succeeds("render", preset, "--force")
    assert wav.read_bytes()[:4] == b"RIFF"


def test_render_never_writes_over_the_preset(fails: Run, preset: Path, fake_pool: FakePool) -> None:
    before = preset.read_bytes()
    assert ".wav" in fails("render", preset, "-o", preset, "--force")
    assert preset.read_bytes() == before


def test_render_into_a_folder_that_is_missing(
    fails: Run, preset: Path, fake_pool: FakePool, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    fails("render", preset, "-o", tmp_path / "nowhere" / "out.wav")
    assert everything(tmp_path) == before


def test_render_fails(fails: Run, preset: Path, fake_pool: FakePool) -> None:
    def sound(job: RenderJob) -> np.ndarray:
        raise RenderError(f"Surge XT could not render {job.name}")

    fake_pool.sound = sound
    assert "ours.fxp" in fails("render", preset)
    assert not preset.with_suffix(".wav").exists()


def test_render_with_a_damaged_note(fails: Run, preset: Path, fake_pool: FakePool) -> None:
    preset.with_suffix(".json").write_text("{")
    line = fails("render", preset)
    assert "ours.json" in line and "--pitch" in line


def test_render_without_surge(fails: Run, preset: Path, no_surge: None) -> None:
    assert "Surge XT" in fails("render", preset)


# --- show ---


def test_show_a_preset_of_ours(succeeds: Run, preset: Path) -> None:
    lines = succeeds("show", preset).splitlines()
    assert lines[0] == "Our Lead: a setting of surge_simple"
    note = json.loads(preset.with_suffix(".json").read_text())["note"]
    assert f"({note['pitch']})" in lines[1]
    assert lines[2].startswith("in short: ")
    assert "filters" in lines


def test_show_works_without_a_note(succeeds: Run, preset: Path) -> None:
    preset.with_suffix(".json").write_text("{")
    assert "note: cannot take the note" in succeeds("show", preset)
    preset.with_suffix(".json").unlink()
    assert "note:" not in succeeds("show", preset)


def test_show_a_foreign_patch(succeeds: Run, tmp_path: Path) -> None:
    xml = (
        b'<patch revision="16"><meta name="Old [b]Lead[/b]"/><parameters>'
        b'<a_osc1_type type="0" value="3"/><a_pitch type="2" value="0.5">'
        b'<modrouting source="17" depth="2.5"/></a_pitch></parameters></patch>'
    )
    body = struct.pack("<4sI6I", b"sub3", len(xml), 0, 0, 0, 0, 0, 0) + xml
    path = tmp_path / "foreign.fxp"
    path.write_bytes(fxp_bytes(body, "foreign"))
    printed = succeeds("show", path)
    for said in ("Old [b]Lead[/b]", "revision: 16", "parameters: 2", "3 S&H Noise", "a_pitch"):
        assert said in printed


# --- bad presets, for both commands that read them ---


def bad_presets() -> dict[str, bytes]:
    spec = load_spec("surge_simple")
    good = fxp_bytes(patch_body(spec.decode(np.zeros(spec.width)), "good"), "good")
    bomb = b'<!DOCTYPE p [<!ENTITY a "' + b"x" * 99 + b'">]><patch revision="1"><parameters/>'
    bomb += b"<meta name='&a;'/></patch>"
    body = struct.pack("<4sI6I", b"sub3", len(bomb), 0, 0, 0, 0, 0, 0) + bomb
    huge = bytearray(good)
    huge[56:60] = b"\xff\xff\xff\xff"
    huge_xml = bytearray(good)
    huge_xml[FXP_HEADER.size + 4 : FXP_HEADER.size + 8] = b"\xff\xff\xff\xff"
    return {
        "empty": b"",
        "cut off": good[: len(good) // 2],
        "another plugin": good[:16] + b"Vita" + good[20:],
        "a bank": good[:8] + b"FBCh" + good[12:],
        "4 GB": bytes(huge),
        "4 GB of XML": bytes(huge_xml),
        "entities": fxp_bytes(body, "bomb"),
        "no patch": fxp_bytes(b"sub3" + bytes(28) + b"<patch/>", "none"),
    }


@pytest.mark.parametrize("command", ["show", "render"])
@pytest.mark.parametrize("kind", bad_presets())
def test_a_bad_preset(
    fails: Run, tmp_path: Path, fake_pool: FakePool, command: str, kind: str
) -> None:
    path = tmp_path / "bad.fxp"
    path.write_bytes(bad_presets()[kind])
    assert "bad" in fails(command, path)
    assert list(tmp_path.iterdir()) == [path]
    assert fake_pool.jobs == []


@pytest.mark.parametrize("command", ["show", "render"])
def test_a_missing_preset(fails: Run, tmp_path: Path, command: str) -> None:
    assert "nowhere.fxp" in fails(command, tmp_path / "nowhere.fxp")
    assert str(tmp_path) in fails(command, tmp_path)
