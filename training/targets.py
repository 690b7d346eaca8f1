"""Sounds to score a model on: a folder of recorded targets, or unseen indices rendered afresh.

A folder holds ``index.json`` with ``items``, each ``{file, pitch, note_on, note_off, parameters}``
(seconds; host values 0..1 by parameter name; ``parameters`` may be absent for sounds outside the
space), and the audio files: 4 s, 44.1 kHz. ``NNN.rerender.flac`` beside ``NNN.flac`` is a second
render of the same patch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyloudnorm

from backend.audio.region import fit_window, load_region
from backend.errors import AudioError, RenderError
from backend.records import Audio, Note, ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import patch_body
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import SAMPLE_RATE_HZ, RenderJob
from backend.synth.spec import ParameterSpec
from training.gate import is_usable
from training.split import Split, split_of


@dataclass(frozen=True)
class Target:
    """A sound to be matched.

    Args:
        name: file or index.
        audio: float32 ``(2, 176400)`` at 44.1 kHz.
        again: a second render of the same patch, where the patch is known.
        note: what was played, where known.
    """

    name: str
    audio: Audio
    again: Audio | None
    note: Note | None


def render_sets(
    pool: RenderPool, parameters: list[ParameterSet], name: str = "set"
) -> list[Audio | None]:
    """Render parameter sets in order; None where Surge delivered no sound."""
    jobs = [
        RenderJob(patch_body(p, name, rest_dry_effects=True), p.note, f"{name} {place}")
        for place, p in enumerate(parameters)
    ]
    renders = pool.render(jobs)
    return [None if isinstance(render, RenderError) else render.audio for render in renders]


def folder_targets(folder: Path, limit: int | None = None) -> list[Target]:
    """Read a folder of targets.

    Raises:
        AudioError: there is no index, or a sound cannot be read.
    """
    try:
        items = json.loads((folder / "index.json").read_text("utf-8"))["items"][:limit]
        known = [
            (folder / item["file"], Note(item["pitch"], item["note_on"], item["note_off"]))
            for item in items
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AudioError(
            f"{folder} has no readable index.json of targets ({error!r}); name a folder with "
            "one, or leave --targets out"
        ) from error
    targets = []
    for path, note in known:
        again = path.with_suffix(f".rerender{path.suffix}")
        targets.append(
            Target(
                path.stem,
                fit_window(load_region(path, start_s=0.0)),
                fit_window(load_region(again, start_s=0.0)) if again.exists() else None,
                note,
            )
        )
    return targets


def unseen_targets(spec: ParameterSpec, split: Split, count: int, pool: RenderPool) -> list[Target]:
    """Render the first ``count`` usable indices of a split, each twice."""
    meter = pyloudnorm.Meter(SAMPLE_RATE_HZ)
    targets: list[Target] = []
    index = 0
    while len(targets) < count:
        indices: list[int] = []
        while len(indices) < 2 * (count - len(targets)):
            if split_of(index) == split:
                indices.append(index)
            index += 1
        sets = [draw_parameters(spec, number) for number in indices]
        first, second = render_sets(pool, sets), render_sets(pool, sets)
        for number, drawn, audio, again in zip(indices, sets, first, second, strict=True):
            if audio is not None and again is not None and is_usable(audio, meter):
                targets.append(Target(f"index {number}", audio, again, drawn.note))
    return targets[:count]


def mono_db(stored: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the channel mean of stored mels ``(n, 2, mels, frames)``, dB, flattened per item."""
    mean: npt.NDArray[np.float32] = stored.mean(axis=1, dtype=np.float32)
    return mean.reshape(len(stored), -1) * np.float32(80 / 255)
