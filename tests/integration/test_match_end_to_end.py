"""The program as a person runs it: in a process of its own, on a real sound, with real weights."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile
from tiny_model import save_tiny_weights

from backend.matching.metrics import TargetMetrics
from backend.matching.propose import weights_stem
from backend.matching.similarity import similarity
from backend.records import Audio
from backend.synth.finder import SURGE_VARIABLE
from backend.synth.patch_file import read_fxp, spec_of
from backend.synth.preset_json import parse_preset_json

#: Runs the command line on other weights; render workers import it again and do nothing.
PROGRAM = """
import sys
from pathlib import Path
from backend.__main__ import main
if __name__ == "__main__":
    from backend.matching import propose
    propose.weights_stem = lambda spec_name: Path(sys.argv[1]) / spec_name
    sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command line on the shipped weights; on untrained ones where none are shipped yet."""
    folder = tmp_path_factory.mktemp("program")
    for spec_name in ("surge_full", "surge_simple"):
        shipped = list(weights_stem(spec_name).parent.glob(f"{spec_name}.*"))
        for path in shipped:
            shutil.copy(path, folder)
        if not shipped:
            save_tiny_weights(folder, spec_name)
    script = folder / "program.py"
    script.write_text(PROGRAM)
    return [sys.executable, str(script), str(folder)]


def run(*words: object, surge: Path | None = None) -> subprocess.CompletedProcess[str]:
    where = str(surge) if surge else str(Path("no") / "surge")
    return subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        env=os.environ | {SURGE_VARIABLE: where},
        timeout=300,
    )


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def sound_of(path: Path) -> Audio:
    with AudioFile(str(path)) as file:
        return file.read(file.frames)


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_eight_presets_without_surge(
    program: list[str], examples_folder: Path, tmp_path: Path, spec_name: str
) -> None:
    words = ("match", examples_folder / "plucked_string.flac", "-n", 8, "-o", tmp_path, "--seed", 1)
    spec = spec_name.removeprefix("surge_")
    done = run(*program, *words, "--spec", spec)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No Surge XT found" in done.stdout
    presets = [tmp_path / f"plucked_string-{n}.fxp" for n in range(1, 9)]
    assert len({preset.read_bytes() for preset in presets}) == 8
    for preset in presets:
        found = spec_of(read_fxp(preset))
        assert found is not None and found.name == spec_name
        assert parse_preset_json(preset.with_suffix(".json").read_text()).spec_name == spec_name
    assert not list(tmp_path.glob("*.wav"))
    assert (tmp_path / "plucked_string.png").stat().st_size > 10_000


@pytest.mark.surge
@pytest.mark.slow
def test_with_surge_presets_are_ordered_by_what_they_sound_like(
    program: list[str], examples_folder: Path, tmp_path: Path, surge_path: Path
) -> None:
    sound = examples_folder / "plucked_string.flac"
    words = ("match", sound, "-n", 8, "-o", tmp_path, "--seed", 1)
    done = run(*program, *words, surge=surge_path)
    assert (done.returncode, done.stderr) == (0, "")
    metrics = TargetMetrics(sound_of(sound)[:, : 4 * 44_100])
    scores = [
        metrics.score(sound_of(tmp_path / f"plucked_string-{rank}.wav")) for rank in range(1, 9)
    ]
    distances = [score.distance for score in scores]
    assert distances == sorted(distances)
    assert distances[0] < distances[-1]
    for rank, score in enumerate(scores, 1):
        row = re.search(rf"(.*) plucked_string-{rank}\.fxp", done.stdout)
        said = re.search(r"(\d+)% \w+", row[1]) if row else None
        assert said is not None and abs(int(said[1]) - similarity(score.distance)) < 1.5
    assert "floor" in done.stdout


@pytest.mark.surge
@pytest.mark.slow
def test_a_written_preset_plays_again_and_can_be_read(
    program: list[str], examples_folder: Path, tmp_path: Path, surge_path: Path
) -> None:
    sound = examples_folder / "struck_bar.flac"
    words = ("match", sound, "-n", 2, "-o", tmp_path)
    done = run(*program, *words, surge=surge_path)
    assert (done.returncode, done.stderr) == (0, "")
    preset = tmp_path / "struck_bar-1.fxp"
    done = run(*program, "render", preset, "-o", tmp_path / "again.wav", surge=surge_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, again = (sound_of(preset.with_suffix(".wav")), sound_of(tmp_path / "again.wav"))
    assert first.shape == again.shape == (2, 4 * 44_100)
    loudness = [float(np.sqrt(np.mean(audio**2))) for audio in (first, again)]
    assert loudness[0] > 0
    assert 0.5 < loudness[1] / loudness[0] < 2  # phases and drift are free, the sound is not
    done = run(*program, "show", preset)
    assert done.returncode == 0 and "a setting of surge_full" in done.stdout
    note = json.loads(preset.with_suffix(".json").read_text())["note"]
    assert f"({note['pitch']})" in done.stdout


@pytest.mark.surge
@pytest.mark.slow
def test_the_doctor_plays_a_note(program: list[str], surge_path: Path) -> None:
    done = run(*program, "doctor", surge=surge_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "loads and renders a note" in done.stdout


@pytest.mark.surge
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of a group of processes")
def test_ctrl_c_ends_everything_and_leaves_nothing(
    program: list[str], examples_folder: Path, tmp_path: Path, surge_path: Path
) -> None:
    folder = tmp_path / "out"
    words = ("match", examples_folder / "plucked_string.flac", "-n", 64, "-o", folder)
    with subprocess.Popen(
        [*program, *(str(word) for word in words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {SURGE_VARIABLE: str(surge_path)},
        start_new_session=True,
    ) as process:
        end_s = time.monotonic() + 120
        while not folder.exists() and time.monotonic() < end_s:
            time.sleep(0.05)
        time.sleep(1)  # the workers are loading Surge XT
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        printed, complaint = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, "")
    assert complaint == "synthmatch: interrupted\n"
    assert not folder.exists()
    end_s = time.monotonic() + 20
    while group_is_alive(process.pid) and time.monotonic() < end_s:
        time.sleep(0.1)
    assert not group_is_alive(process.pid)  # no worker is left
