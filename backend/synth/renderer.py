"""Plays a patch on the user's Surge XT inside pedalboard, each render isolated from the last.

Isolation: the whole patch is set as the plugin's state before every render, which stops all voices
and rebuilds the effects, and settles for a moment; a patch without anything random then sounds the
same to a millionth, whatever was played before, at a fiftieth of the cost of a minute's silence.
pedalboard wants a plugin to stay on the thread that made it, so a renderer lives in the main
thread of a process of its own (see ``render_pool``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from pedalboard import VST3Plugin

from backend.errors import RenderError
from backend.records import NOTE_VELOCITY, AudioRegion, Note
from backend.synth.plugin_state import body_from_state, state_from_body

SAMPLE_RATE_HZ = 44_100
DURATION_S = 4.0
BUFFER_SAMPLES = 2048

#: Silence between a patch and its note: Surge takes the patch up at the head of the next block,
#: where it would lose a note, and its smoothed controls arrive from the patch before by the end.
SETTLE_S = 0.05

_LOADING = threading.Lock()


@dataclass(frozen=True)
class RenderJob:
    """One note on one patch.

    Args:
        body: patch body, as ``patch_file`` writes or reads it.
        note: pitch and times within the render.
        name: says which render it is, in results and errors.
        duration_s: length of the render.
    """

    body: bytes
    note: Note
    name: str
    duration_s: float = DURATION_S


class Renderer(Protocol):
    """Anything that turns a job into stereo sound; tests have one without Surge."""

    def render(self, job: RenderJob) -> AudioRegion:
        """Return float32 ``(2, samples)`` at 44.1 kHz."""


class SurgeRenderer:
    """One Surge XT, to be used on the thread that made it."""

    def __init__(self, path: Path) -> None:
        """Load the plugin, a fifth of a second of work.

        Args:
            path: the Surge XT VST3.

        Raises:
            RenderError: the plugin cannot be loaded.
        """
        try:
            with quiet(), _without_table():
                self._plugin = VST3Plugin(str(path))
        except (ImportError, RuntimeError, ValueError) as error:
            raise RenderError(
                f"cannot load Surge XT from {path}: {error}; check that it is Surge XT 1.3 or "
                "later for this system"
            ) from error

    def render(self, job: RenderJob) -> AudioRegion:
        """Play a job; float32 ``(2, samples)`` at 44.1 kHz, about 60 ms of work for 4 s.

        Raises:
            RenderError: Surge delivered no finite stereo sound.
        """
        self.load(job.body)
        self._silence(SETTLE_S)
        messages: list[Any | tuple[bytes, float] | tuple[list[int], float]] = [
            (bytes([0x90, job.note.pitch, NOTE_VELOCITY]), job.note.on_s),
            (bytes([0x80, job.note.pitch, NOTE_VELOCITY]), job.note.off_s),
        ]
        samples = round(job.duration_s * SAMPLE_RATE_HZ)
        audio = self._plugin.process(
            messages,
            duration=(samples + 0.5) / SAMPLE_RATE_HZ,  # pedalboard truncates to whole samples
            sample_rate=SAMPLE_RATE_HZ,
            num_channels=2,
            buffer_size=BUFFER_SAMPLES,
            reset=True,
        )
        if audio.shape != (2, samples) or not np.isfinite(audio).all():
            raise RenderError(
                f"Surge XT rendered {job.name} as {audio.shape} with values that are not sound; "
                "the patch is unusable, choose another"
            )
        return AudioRegion(audio, SAMPLE_RATE_HZ, job.name)

    def load(self, body: bytes) -> None:
        """Give Surge a whole patch; it takes effect with the next render."""
        # Past pedalboard's own way, which goes through all parameters first.
        object.__setattr__(self._plugin, "raw_state", state_from_body(body))

    def saved_body(self) -> bytes:
        """Return the patch as Surge itself now writes it, for reading back."""
        self._silence(2 * SETTLE_S)
        return body_from_state(self._plugin.raw_state)

    def _silence(self, duration_s: float) -> None:
        self._plugin.process([], duration_s, SAMPLE_RATE_HZ, 2, BUFFER_SAMPLES, True)


@contextmanager
def _without_table() -> Iterator[None]:
    """Keep pedalboard from making a table of a plugin's parameters while it is loaded.

    For each of Surge XT's 2,855 it would ask for the texts of up to 1,000 values: three seconds,
    and as much with the first patch, for names that nothing here uses. A pedalboard that makes its
    table in another way is merely as slow as before.
    """
    with _LOADING:
        setattr(VST3Plugin, "_get_parameters", lambda plugin: {})  # noqa: B010
        try:
            yield
        finally:
            delattr(VST3Plugin, "_get_parameters")  # noqa: B043


@contextmanager
def quiet() -> Iterator[None]:
    """Send what native code prints (Surge's notes on missing user folders) to nowhere."""
    saved = [os.dup(stream) for stream in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        yield
    finally:
        for stream, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        os.close(nowhere)
