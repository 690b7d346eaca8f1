"""A training run of seconds: a network of some thousand numbers, and shards that need no Surge XT.

The made-up spectrograms depend on the vectors, so that there is something to learn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tiny_model import tiny_model_config

from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
from models.features import FeatureConfig
from training.dataset import RenderedSet, write_shard
from training.run_config import RunConfig

SPEC_NAME = "surge_simple"
MELS, FRAMES = 16, 41


def tiny_config(**changes: Any) -> RunConfig:
    """The settings of a run on the shards below; it hears 4 s in 41 frames."""
    small = {"width": 32, "ff_width": 32, "context_width": 32}
    model = tiny_model_config(
        SPEC_NAME,
        FeatureConfig(window_samples=4410, hop_samples=4410, mels=MELS),
        small | {"stem_patch_mels": 4, "stem_patch_frames": 8, "stem_channels": (16,)},
        small
        | {"parameters": load_spec(SPEC_NAME).width, "assignment_noise": 0.1}
        | {"embedding_noise": 0.1},
    )
    settings: dict[str, Any] = {
        "model": model,
        "steps": 12,
        "warmup_steps": 3,
        "decay_steps": 4,
        "batch": 16,
        "learning_rate": 3e-3,
        "average_decay": 0.9,
        "bfloat16": False,
        "seed": 5,
        "report_steps": 4,
        "save_seconds": 600,
    }
    return RunConfig(**(settings | changes))


def tiny_renders(indices: range) -> RenderedSet:
    """Drawn vectors of the indices, with spectrograms that follow from them."""
    spec = load_spec(SPEC_NAME)
    vectors = np.stack([spec.encode(draw_parameters(spec, index)) for index in indices])
    mixing = np.random.default_rng(0).normal(0, 0.3, (spec.width, 2 * MELS))
    level = 128 + 100 * np.tanh(vectors @ mixing)  # (renders, 2 * mels)
    mels = np.repeat(level.reshape(-1, 2, MELS, 1), FRAMES, axis=3)
    mels[:, :, :, : FRAMES // 2] *= 0.5
    return RenderedSet(np.array(indices, dtype=np.int64), vectors, np.rint(mels).astype(np.uint8))


def write_tiny_shards(folder: Path, shards: int = 2, size: int = 250) -> Path:
    """Write shards of made-up renders; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = load_spec(SPEC_NAME)
    for number in range(shards):
        renders = tiny_renders(range(number * size, (number + 1) * size))
        write_shard(folder, number, spec, renders, drawn=size, gate_lufs=-55.0)
    return folder
