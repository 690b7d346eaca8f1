"""The whole model: a sound in, several parameter vectors out.

audio -> LogMel -> Encoder -> (noise along VelocityField) -> vectors. This is the only class that
the rest of the program needs; it knows nothing of Surge XT but the name of the parameter space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.config_json import ConfigError, require_range
from models.encoder import Encoder
from models.features import FeatureConfig, LogMel
from models.flow import FlowConfig, PathSample, data_loss, flow_loss
from models.sampler import PAPER_SAMPLER, SamplerConfig, Solution, integrate
from models.spectrogram_tokens import EncoderConfig
from models.velocity import VelocityConfig, VelocityField


@dataclass(frozen=True)
class ModelConfig:
    """Everything that fixes the network's shape; the defaults are the paper's Full model."""

    spec_name: str = "surge_full"
    feature: FeatureConfig = field(default_factory=FeatureConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    velocity: VelocityConfig = field(default_factory=VelocityConfig)

    def __post_init__(self) -> None:
        """Refuse parts that do not fit each other."""
        pairs = {
            "channels": (self.feature.channels, self.encoder.channels),
            "mels": (self.feature.mels, self.encoder.mels),
            "frames": (self.feature.frames, self.encoder.frames),
            "queries (field layers)": (self.velocity.layers, self.encoder.queries),
            "summary (0 without hint)": (self.velocity.hint, bool(self.encoder.summary)),
            "context_width": (self.velocity.context_width, self.encoder.context_width),
        }
        for name, (wanted, got) in pairs.items():
            if wanted != got:
                raise ConfigError(f"The encoder's {name} must be {wanted}; got {got}.")

    @property
    def width(self) -> int:
        """Length of a parameter vector."""
        return self.velocity.parameters


@dataclass(frozen=True)
class Loss:
    """The training loss and its parts, scalars; ``total = flow + weight * penalty``."""

    total: Tensor
    flow: Tensor
    penalty: Tensor


class InversionModel(nn.Module):
    """Features, encoder and velocity field together."""

    def __init__(self, config: ModelConfig) -> None:
        """Make an untrained model.

        Args:
            config: shape of the network.
        """
        super().__init__()
        self.config = config
        self.log_mel = LogMel(config.feature)
        self.encoder = Encoder(config.encoder)
        self.velocity = VelocityField(config.velocity)

    def forward(self, mel_db: Tensor, x: Tensor, t: Tensor, drop: Tensor | None = None) -> Tensor:
        """Velocity at a point, from the spectrogram itself.

        Args:
            mel_db: dB in -80..0, ``(batch, channels, mels, frames)``.
            x: ``(batch, width)``.
            t: ``(batch,)`` in 0..1.
            drop: bool ``(batch,)``, True leaves the sound out.

        Returns:
            ``(batch, width)``.
        """
        velocity: Tensor = self.velocity(x, t, self.encoder(mel_db), drop)
        return velocity

    def loss(
        self, mel_db: Tensor, path: PathSample, drop: Tensor | None, config: FlowConfig
    ) -> Loss:
        """Training loss of one batch.

        Args:
            mel_db: dB in -80..0, ``(batch, channels, mels, frames)``.
            path: points between noise and vectors, from ``flow.sample_path``.
            drop: bool ``(batch,)``, from ``flow.draw_drops``.
            config: gives the penalty's weight.

        Returns:
            Total and parts.
        """
        context = self.encoder(mel_db)
        hint = self.velocity.hint(context)
        out = self.velocity.estimate(path.x_t, path.t, context, drop, hint)
        if self.config.velocity.prediction == "velocity":
            flow = flow_loss(out, path)
        else:
            flow = data_loss(out, path)
        penalty = self.velocity.param2tok.penalty()
        total = flow + config.penalty_weight * penalty
        if hint is not None:
            total = total + config.hint_weight * F.mse_loss(hint.float(), path.x_1)
        return Loss(total, flow, penalty)

    def sample(
        self,
        audio: npt.NDArray[np.float32],
        *,
        count: int,
        seed: int,
        sampler: SamplerConfig = PAPER_SAMPLER,
        first: int = 0,
    ) -> npt.NDArray[np.float32]:
        """Propose vectors for one sound.

        Args:
            audio: float32 ``(channels, samples)`` at the config's sample rate.
            count: how many vectors.
            seed: of the noise; the first vectors do not depend on ``count``, and the noise is the
                same on each device.
            sampler: how to integrate.
            first: place of the first vector, where those before it have been made already.

        Returns:
            float32 ``(count, width)``, roughly in -1..1, not clipped.

        Raises:
            ValueError: the audio has another shape than the config says.
        """
        with torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32))
            mel_db = self.log_mel(batch.unsqueeze(0).to(self.log_mel.window.device))
        solution = self.sample_mel(mel_db, count=count, seeds=[seed], sampler=sampler, first=first)
        vectors: npt.NDArray[np.float32] = solution.x_1.cpu().numpy()
        return vectors

    @torch.inference_mode()
    def sample_mel(
        self,
        mel_db: Tensor,
        *,
        count: int,
        seeds: Sequence[int],
        sampler: SamplerConfig = PAPER_SAMPLER,
        first: int = 0,
    ) -> Solution:
        """Propose vectors for a batch of spectrograms, each heard by the encoder once.

        Args:
            mel_db: dB in -80..0, ``(batch, channels, mels, frames)``.
            count: how many vectors for each item.
            seeds: one per item.
            sampler: how to integrate.
            first: place of each item's first vector.

        Returns:
            Solution with ``x_1`` float32 ``(batch * count, width)``, an item's vectors together.

        Raises:
            ValueError: ``count`` is below 1, or not one seed per item.
        """
        require_range("count", count, 1, 100_000)
        if len(seeds) != mel_db.shape[0]:
            raise ValueError(f"One seed per item is needed: {mel_db.shape[0]}; got {len(seeds)}.")
        device = self.encoder.mel_mean.device
        context = self.encoder(mel_db.to(device)).repeat_interleave(count, dim=0)
        if sampler.guidance != 1.0:
            context = torch.cat([context, context])
        draws = [draw_noise(first + count, self.config.width, seed)[first:] for seed in seeds]
        noise = torch.cat(draws)

        def velocity(x: Tensor, t: Tensor, drop: Tensor) -> Tensor:
            value: Tensor = self.velocity(x, t, context, drop)
            return value

        return integrate(velocity, noise.to(device), sampler)


def draw_noise(count: int, width: int, seed: int) -> Tensor:
    """Draw standard normal start points, always on the CPU.

    Each row is drawn by its own call: torch fills large arrays in blocks, so that the first rows
    of one large draw would depend on how many follow.

    Args:
        count: number of rows.
        width: length of each.
        seed: of the generator, 0 or more.

    Returns:
        float32 ``(count, width)``.
    """
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randn(width, generator=generator) for _ in range(count)])
