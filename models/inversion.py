"""The whole model: a sound in, several parameter vectors out.

audio -> LogMel -> Encoder -> (noise along VelocityField) -> vectors. This is the only class that
the rest of the program needs; it knows nothing of Surge XT but the name of the parameter space.
"""

from __future__ import annotations

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
from models.sampler import PAPER_SAMPLER, Known, SamplerConfig, Velocity, integrate
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

    @torch.inference_mode()
    def hear(self, audio: npt.NDArray[np.float32]) -> Tensor:
        """Return the context of one sound, for ``propose``; it can be used again.

        Args:
            audio: float32 ``(channels, samples)`` at the config's sample rate.

        Returns:
            Context of one item, on the model's device.

        Raises:
            ValueError: the audio has another shape than the config says.
        """
        batch = torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32))
        mel_db = self.log_mel(batch.unsqueeze(0).to(self.log_mel.window.device))
        context: Tensor = self.encoder(mel_db)
        return context

    @torch.inference_mode()
    def propose(
        self,
        context: Tensor,
        noise: Tensor,
        sampler: SamplerConfig = PAPER_SAMPLER,
        *,
        begin: tuple[float, npt.NDArray[np.float32]] | None = None,
        known: tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]] | None = None,
    ) -> npt.NDArray[np.float32]:
        """Propose a vector for each row of noise.

        Args:
            context: of one sound, from ``hear``.
            noise: ``(count, width)``, from ``draw_noise``.
            sampler: how to integrate.
            begin: a time in 0..1 and vectors ``(count or 1, width)``: vary these, the less the
                later the time, instead of sampling from noise alone.
            known: bool ``(width,)`` and a vector ``(width,)``: numbers that are given, and stay
                exactly so while the rest is sampled to go with them.

        Returns:
            float32 ``(count, width)``, roughly in -1..1, not clipped.
        """
        device = self.encoder.mel_mean.device

        def there(array: npt.NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        x_0 = noise.to(device)
        solution = integrate(
            self._field(context.expand(len(noise), *context.shape[1:]), sampler),
            x_0,
            sampler,
            begin=None if begin is None else (begin[0], there(begin[1]).expand_as(x_0)),
            known=None if known is None else Known(there(known[0]), there(known[1]).unsqueeze(0)),
        )
        vectors: npt.NDArray[np.float32] = solution.x_1.cpu().numpy()
        return vectors

    def sample(
        self,
        audio: npt.NDArray[np.float32],
        *,
        count: int,
        seed: int,
        sampler: SamplerConfig = PAPER_SAMPLER,
    ) -> npt.NDArray[np.float32]:
        """Propose vectors for one sound that is heard only once: ``hear``, then ``propose``.

        Args:
            audio: float32 ``(channels, samples)`` at the config's sample rate.
            count: how many vectors.
            seed: of the noise; the first vectors do not depend on ``count``, and the noise is the
                same on each device.
            sampler: how to integrate.

        Returns:
            float32 ``(count, width)``, roughly in -1..1, not clipped.

        Raises:
            ValueError: the audio has another shape than the config says, or ``count`` is below 1.
        """
        require_range("count", count, 1, 100_000)
        return self.propose(self.hear(audio), draw_noise(count, self.config.width, seed), sampler)

    def _field(self, context: Tensor, sampler: SamplerConfig) -> Velocity:
        """Return the velocity given a context for each item of the batch."""
        both = context if sampler.guidance == 1.0 else torch.cat([context, context])

        def velocity(x: Tensor, t: Tensor, drop: Tensor) -> Tensor:
            value: Tensor = self.velocity(x, t, both, drop)
            return value

        return velocity


def draw_noise(count: int, width: int, seed: int, first: int = 0) -> Tensor:
    """Draw standard normal start points, always on the CPU.

    Each row is drawn by its own call: torch fills large arrays in blocks, so that the first rows
    of one large draw would depend on how many follow.

    Args:
        count: number of rows.
        width: length of each.
        seed: of the generator, 0 or more.
        first: how many rows are left out before.

    Returns:
        float32 ``(count, width)``.
    """
    generator = torch.Generator().manual_seed(seed)
    rows = [torch.randn(width, generator=generator) for _ in range(first + count)]
    return torch.stack(rows[first:])
