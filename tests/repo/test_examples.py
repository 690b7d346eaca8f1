"""The example sounds are small, sound, and what their script makes."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile

NAMES = ("plucked_string", "struck_bar", "sweep_bass")


@pytest.mark.parametrize("name", NAMES)
def test_file_is_what_the_script_makes(name: str, examples_folder: Path) -> None:
    path = examples_folder / f"{name}.flac"
    with AudioFile(str(path)) as file:
        rate_hz, audio = file.samplerate, file.read(file.frames)
    made = runpy.run_path(str(examples_folder / "make_examples.py"))["make"](name)

    assert path.stat().st_size < 150_000
    assert rate_hz == 44_100
    assert 1.0 <= audio.shape[-1] / rate_hz <= 4.0
    assert audio.shape == made.shape
    assert np.abs(audio - made).max() < 2.0 / 2**15  # 16 bits, and another machine's rounding
    assert 0.05 < np.sqrt(np.mean(audio**2)) < 0.5
