"""A small index of renders that no Surge XT made: drawn patches that sound as tones of their notes.

Each has a place in brightness and decay of its own, so that one can be told from another.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from backend.matching.index_file import save_index
from backend.records import Audio, AudioRegion, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.renderer import SAMPLE_RATE_HZ
from backend.synth.spec import load_spec
from models.features import FeatureConfig, LogMel, quantise_db
from training.build_index import build_index, sketch_folders
from training.dataset import RenderedSet, write_shard

#: Numbers of the draws in the index: neither validation nor test.
DRAWS = tuple(range(2, 62))


def voice(number: int, note: Note, duration_s: float = 4.0) -> Audio:
    """Return how a draw sounds with a note, ``(2, samples)``."""
    rng = np.random.default_rng(number)
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    since_s = time_s - note.on_s
    pitch_hz = 440 * 2 ** ((note.pitch - 69) / 12)
    bright, decay_s = rng.uniform(0.2, 0.95), np.exp(rng.uniform(-2.0, 1.5))
    partials = rng.uniform(0.3, 1.0, size=12) * bright ** np.arange(12)
    wave = sum(
        part * np.sin(2 * np.pi * pitch_hz * (n + 1) * since_s) for n, part in enumerate(partials)
    )
    held = (since_s >= 0) & (time_s < note.off_s)
    mono = np.where(held, 0.1 * wave * np.exp(-np.maximum(since_s, 0) / decay_s), 0.0)
    return np.stack([mono, 0.7 * mono]).astype(np.float32)


def region(audio: Audio, name: str = "target") -> AudioRegion:
    """Return audio as a region at 44.1 kHz."""
    return AudioRegion(audio, SAMPLE_RATE_HZ, name)


def shard_folder(
    folder: Path, spec_name: str = "surge_simple", draws: tuple[int, ...] = DRAWS
) -> Path:
    """Write one shard of draws and how they sound; return the folder."""
    spec = load_spec(spec_name)
    config = FeatureConfig()
    sets = [draw_parameters(spec, draw) for draw in draws]
    vectors = np.stack([spec.encode(drawn) for drawn in sets])
    log_mel = LogMel(config)
    mels = [
        quantise_db(log_mel(torch.from_numpy(voice(draw, drawn.note)[None]))[0].numpy())
        for draw, drawn in zip(draws, sets, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    renders = RenderedSet(np.array(draws, dtype=np.int64), vectors, np.stack(mels))
    write_shard(folder, 0, spec, renders, drawn=len(draws), gate_lufs=-55.0)
    return folder


def make_index(folder: Path, spec_name: str = "surge_simple") -> Path:
    """Write a small index; return its path without ending."""
    [rendered] = sketch_folders([shard_folder(folder / "shards", spec_name)])
    stem = folder / f"{spec_name}_renders"
    save_index(stem, build_index(rendered, components=16))
    return stem
