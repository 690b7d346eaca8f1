"""What a musician has: a project with the plugin in it, a Surge XT, and a folder of Synthmatch.

The backend is the one that the plugin starts: the real service on a fake workshop, which writes
into a Surge XT, fake or real, over OSC.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from pedalboard.io import AudioFile
from plugin_host import SAMPLE_RATE_HZ, PluginHost
from surge_rig import Hosted, free_ports, hosted

from backend.discovery import is_running, read_discovery
from backend.errors import PatchError
from backend.osc.patch_state import canonical
from backend.records import Audio
from backend.synth.finder import SURGE_VARIABLE
from backend.synth.patch_file import parse_body, read_fxp
from backend.userdata import DATA_VARIABLE

BACKEND = Path(__file__).with_name("plugin_backend.py")
#: Longest wait for what must come; a busy machine may take long.
PATIENCE_S = 120.0


def until(holds: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s, f"{PATIENCE_S:.0f} s went by without this: {what}"
        time.sleep(0.02)


def tone(pitch_hz: float = 220.0, seconds: float = 0.7) -> Audio:
    """A decaying tone ``(2, samples)`` that begins at once."""
    time_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    left = 0.4 * np.exp(-3 * time_s) * np.cos(2 * np.pi * pitch_hz * time_s)
    return np.stack([left, 0.5 * left]).astype(np.float32)


def holds(sound: Audio, part: Audio) -> bool:
    """Whether a sound holds another, bit by bit, somewhere."""
    starts = np.flatnonzero(sound[0] == part[0, 0])
    length = part.shape[1]
    return any(np.array_equal(sound[:, at : at + length], part) for at in starts)


class Studio:
    """One user's folder, one Surge XT, and any number of hosts; a context manager that ends all.

    Args:
        folder: where all of it is put.
        plugin: the VST3.
        surge: the real Surge XT; a fake one where None.
        variables: more of the environment of hosts and backend.
    """

    def __init__(
        self,
        folder: Path,
        plugin: Path,
        surge: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.data = folder / "dä ta"
        self._folder, self._plugin = folder, plugin
        port, answer_port = free_ports(2)
        self.surge: Hosted = hosted(surge, folder / "surge", port, answer_port)
        self.variables = {
            DATA_VARIABLE: str(self.data),
            "SYNTHMATCH_BACKEND": f'"{sys.executable}" "{BACKEND}"',
            "FAKE_BACKEND": "real-link",
            "FAKE_LINK_PORTS": f"{port} {answer_port}",
            SURGE_VARIABLE: str(Path("no") / "surge"),
            **(variables or {}),
        }

    def host(self, name: str = "host") -> PluginHost:
        """Start a host; the first click on Match in it may start the backend."""
        return PluginHost(self._plugin, self._folder / name, self.variables)

    def held(self) -> tuple[str, bytes]:
        """Return the patch that the Surge XT holds now."""
        return canonical(parse_body(self.surge.state(self._folder / "held"), "held"))

    def holds(self, rank: int, match: int = -1) -> bool:
        """Whether the Surge XT holds the preset of some rank of a match."""
        folders = self.matches()[match:][:1]
        presets = [file for folder in folders for file in folder.glob(f"*-{rank}.fxp")]
        with contextlib.suppress(PatchError):  # a match that is given up takes its files away
            return len(presets) == 1 and self.held() == canonical(read_fxp(presets[0]))
        return False

    def backend(self) -> int | None:
        """Return the process of the backend, if one talks."""
        found = read_discovery(self.data)
        return found.pid if found else None

    def matches(self) -> list[Path]:
        """Return the folders of the matches that were made, in their order."""
        folders = (self.data / "matches").glob("*")
        return sorted(path for path in folders if any(path.glob("*.fxp")))

    def matched_sound(self, match: int) -> Audio:
        """Return the sound that a match of the fake workshop was made of."""
        [file] = self.matches()[match].glob("*-1.wav")
        with AudioFile(str(file)) as opened:
            assert opened.samplerate == SAMPLE_RATE_HZ
            return opened.read(opened.frames)

    def has_written(self, match: int, candidate: int) -> bool:
        """Whether the backend says that it has put a candidate into the Surge XT."""
        log = self.data / "logs" / "backend.log"
        line = f"match {match}, candidate {candidate}: verified"
        return log.exists() and line in log.read_text("utf-8")

    def hold_matches(self, hold: bool) -> None:
        """Hold matches before their first candidate, or let them go on."""
        self.data.mkdir(parents=True, exist_ok=True)
        if hold:
            (self.data / "held").touch()
        else:
            (self.data / "held").unlink()

    def end_backend(self, number: int = signal.SIGTERM) -> None:
        """Send a signal to the backend, and to one that takes its place; wait until none is left.

        Where two hosts start one each at the same moment the second may find the first one gone.
        """

        told: set[int] = set()

        def gone() -> bool:
            pid = self.backend()
            if pid is not None and pid not in told:
                told.add(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            return not is_running(self.data)

        until(gone, "the backend ends")

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        pid = self.backend()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.end_backend()
        self.surge.close()
