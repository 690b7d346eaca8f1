"""An untrained model of a few thousand numbers, saved like a shipped one."""

from __future__ import annotations

from pathlib import Path

import torch

from backend.synth.spec import load_spec
from models.checkpoint import save_checkpoint
from models.encoder import EncoderConfig
from models.inversion import InversionModel, ModelConfig
from models.sampler import SamplerConfig
from models.velocity import VelocityConfig

FLOOR = {"mss_db": 1.5, "wmfcc": 0.75, "sot": 0.015, "rms": 0.985}


def save_tiny_weights(folder: Path, spec_name: str) -> Path:
    """Write weights for a parameter space, the same each time; return their path without ending."""
    spec = load_spec(spec_name)
    encoder = EncoderConfig(
        kind="conv",
        width=16,
        layers=1,
        heads=2,
        ff_width=16,
        queries=2,
        context_width=16,
        stem_channels=(8, 8),
    )
    velocity = VelocityConfig(
        parameters=spec.width,
        tokens=8,
        width=16,
        layers=2,
        heads=2,
        ff_width=16,
        context_width=16,
        time_width=16,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = InversionModel(ModelConfig(spec_name, encoder=encoder, velocity=velocity))
    save_checkpoint(
        folder / spec_name,
        model,
        spec_fingerprint=spec.fingerprint,
        provenance={"renders": 1234, "rerender_floor": FLOOR},
        sampler=SamplerConfig("euler", 4, 1.0),
    )
    return folder / spec_name
