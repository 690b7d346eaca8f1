"""What the spectral proxy is made of: small networks, waves for what is periodic, dB and powers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.controls import Signals

#: dB within which powers are computed, and the natural logarithm of a power of 1 dB.
LEAST_DB, MOST_DB, NEPERS = -150.0, 60.0, math.log(10.0) / 10.0


def perceptron(width: int, hidden: int, out: int, layers: int) -> nn.Sequential:
    """Return hidden layers of one width with GELU, and a linear one out."""
    parts: list[nn.Module] = []
    for _ in range(layers):
        parts += [nn.Linear(width, hidden), nn.GELU()]
        width = hidden
    return nn.Sequential(*parts, nn.Linear(width, out))


def waves(value: Tensor, periods: Sequence[float]) -> Tensor:
    """Return sines and cosines of a value, ``(..., 2 * periods)``."""
    angles = value[..., None] * (2.0 * math.pi / torch.tensor(periods))
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def power_of(db: Tensor) -> Tensor:
    """Return the power of a level in dB, within what single precision adds up well."""
    return torch.exp(db.clamp(LEAST_DB, MOST_DB) * NEPERS)


def decibel_of(amplitude: Tensor) -> Tensor:
    """Return the level of an amplitude, at least -120 dB."""
    return 20.0 * torch.log10(amplitude + 1e-6)


def over_frames(settings: Tensor, times: Tensor) -> Tensor:
    """Return ``(batch, n)`` for every frame of ``(batch, frames)``."""
    return settings[:, None].expand(-1, times.shape[1], -1)


def moving_signals(signals: Signals, highpass: Tensor) -> Tensor:
    """Return everything that moves and no oscillator has to itself, ``(batch, frames, 18)``."""
    on_s, off_s = signals.since_on_s, signals.since_off_s
    edges = torch.stack([on_s, off_s], dim=1)
    parts = [
        torch.stack([decibel_of(signals.amplitude) / 40.0 + 1.0, signals.amplitude], dim=1),
        (edges * 10.0).clamp(-1.0, 1.0),
        (edges / 0.03).clamp(-1.0, 1.0),
        signals.filter_envelope[:, None],
        signals.cutoffs.clamp(-60.0, 70.0) / 65.0,
        highpass[:, None] / 50.0,
        signals.lfos,
        torch.stack([on_s.clamp(-1.0, 4.0) / 2.0 - 1.0, off_s.clamp(-2.0, 4.0) / 2.0], dim=1),
    ]
    return torch.cat(parts, dim=1).transpose(1, 2)


def levelled(foreseen: Tensor, heard: Tensor, floor_db: float) -> Tensor:
    """Return foreseen spectra at the level of heard ones, and with the same floor, softly.

    Args:
        foreseen: dB of whatever is unknown, ``(batch, frames, bands)``.
        heard: dB below the loudest, ``(batch or 1, frames, bands)``.
        floor_db: all that is less counts as this.
    """
    above = (foreseen + level_between(foreseen, heard, floor_db) - floor_db) * 0.5
    return floor_db + F.softplus(above) * 2.0


def level_between(foreseen: Tensor, heard: Tensor, floor_db: float) -> Tensor:
    """Return by how much heard spectra are louder, dB ``(batch, 1, 1)``.

    Args:
        foreseen: as of ``levelled``.
        heard: likewise; its loudest cells weigh most.
        floor_db: likewise.
    """
    weights = loudness_weights(heard, floor_db)
    total = weights.sum(dim=(1, 2), keepdim=True).clamp_min(1e-3)
    return ((heard - foreseen) * weights).sum(dim=(1, 2), keepdim=True) / total


def loudness_weights(heard: Tensor, floor_db: float) -> Tensor:
    """Return how much each cell says about the level of the whole, more the louder it is."""
    return (heard > floor_db + 4.0).float() * torch.exp((heard - 0.5 * floor_db) * 0.05)
