"""The LV2 through lilv, as Ardour, Carla, jalv and ffmpeg load it."""

from __future__ import annotations

import ctypes.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plugin_files import PluginFiles

from backend.records import Audio

pytestmark = [
    pytest.mark.plugin,
    pytest.mark.skipif(sys.platform != "linux", reason="LV2 is built on Linux alone"),
]

HOST = Path(__file__).resolve().parents[1] / "support" / "plugin_lv2_host.py"
URI = "https://synthmatch.github.io/plugins/synthmatch"
LIMIT_S = 120.0


@pytest.fixture(scope="module")
def bundle(plugin_files: PluginFiles) -> Path:
    if ctypes.util.find_library("lilv-0") is None:
        pytest.skip("lilv is not installed: apt-get install lilv-utils")
    assert plugin_files.lv2.is_dir(), "the LV2 was not built beside the VST3"
    return plugin_files.lv2


def run(bundle: Path, audio: Audio, folder: Path, *words: object) -> tuple[Audio, dict[str, Any]]:
    """Return what the plugin gives for a sound, and what the host found."""
    np.save(folder / "in.npy", audio)
    command = [sys.executable, HOST, bundle, folder / "in.npy", folder / "out.npy", *words]
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return np.load(folder / "out.npy"), json.loads(done.stdout)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_every_bit_comes_out(
    bundle: Path, tmp_path: Path, rng: np.random.Generator, rate_hz: int
) -> None:
    audio = rng.uniform(-2.0, 2.0, (2, 60_000)).astype(np.float32)
    blocks = (1, 64, 7, 512, 1024, 8192)
    heard, found = run(bundle, audio, tmp_path, "--rate", rate_hz, "--blocks", *blocks)
    assert heard.tobytes() == audio.tobytes()
    assert (found["name"], found["latency"]) == ("Synthmatch", 0.0)


@pytest.mark.skipif(shutil.which("lv2info") is None, reason="lv2info is not installed")
def test_lilv_reads_its_description(bundle: Path) -> None:
    environment = {**os.environ, "LV2_PATH": str(bundle.parent)}
    for command, wanted in (("lv2ls", [URI]), (f"lv2info {URI}", ["Synthmatch", "Audio Out 2"])):
        done = subprocess.run(
            command.split(), capture_output=True, text=True, env=environment, timeout=LIMIT_S
        )
        assert done.returncode == 0
        assert [word for word in wanted if word not in done.stdout] == []
        assert "error" not in done.stderr.lower()
