"""An untrained model of a few thousand numbers, saved like a shipped one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from backend.synth.spec import load_spec
from models.checkpoint import save_checkpoint
from models.features import FeatureConfig
from models.inversion import InversionModel, ModelConfig
from models.sampler import SamplerConfig
from models.spectrogram_tokens import EncoderConfig
from models.velocity import VelocityConfig

FEATURE = FeatureConfig()
FLOOR = {"mss_db": 1.5, "wmfcc": 0.75, "sot": 0.015, "rms": 0.985}


def tiny_model_config(
    spec_name: str = "surge_simple",
    feature: FeatureConfig = FEATURE,
    encoder: dict[str, Any] | None = None,
    velocity: dict[str, Any] | None = None,
) -> ModelConfig:
    """The shape of a network of a few thousand numbers; the dicts change parts of it."""
    parts: dict[str, Any] = {"layers": 2, "width": 16, "heads": 2, "ff_width": 16}
    heard = parts | {"kind": "conv", "mels": feature.mels, "frames": feature.frames, "layers": 1}
    heard |= {"queries": 2, "context_width": 16, "stem_channels": (8, 8)}
    moved = parts | {"parameters": 7, "tokens": 8, "context_width": 16, "time_width": 16}
    return ModelConfig(
        spec_name,
        feature,
        EncoderConfig(**(heard | (encoder or {}))),
        VelocityConfig(**(moved | (velocity or {}))),
    )


def save_tiny_weights(folder: Path, spec_name: str) -> Path:
    """Write weights for a parameter space, the same each time; return their path without ending."""
    spec = load_spec(spec_name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = InversionModel(tiny_model_config(spec_name, velocity={"parameters": spec.width}))
    save_checkpoint(
        folder / spec_name,
        model,
        spec_fingerprint=spec.fingerprint,
        provenance={"renders": 1234, "rerender_floor": FLOOR},
        sampler=SamplerConfig("euler", 4, 1.0),
    )
    return folder / spec_name
