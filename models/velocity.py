"""The velocity field u_t(x | sound): a transformer over the tokens of a parameter vector.

vector (batch, parameters) -> Param2Tok -> blocks, each modulated by time and by its own query of
the encoder -> Param2Tok -> velocity (batch, parameters). The blocks are those of the papers' code,
not of Peebles & Xie 2023: scales multiply without "1 +", gates do not start at zero, and the norms
keep their own affine parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from models.blocks import SelfAttention, feed_forward
from models.config_json import ConfigError, require_range
from models.param2tok import Param2Tok


@dataclass(frozen=True)
class VelocityConfig:
    """Shape of the velocity field; the defaults are the paper's for Surge XT Full."""

    parameters: int = 300  # length of the vector
    tokens: int = 128
    width: int = 512
    layers: int = 8
    heads: int = 8
    ff_width: int = 512
    context_width: int = 512  # size of each encoder query
    time_width: int = 256
    final_ffn: bool = False
    prediction: Literal["velocity", "data"] = "velocity"  # what the network's output means
    hint: bool = False  # a direct guess of the vector from the sound goes in beside the noise
    assignment_noise: float = 1e-4
    embedding_noise: float = 1e-4

    @property
    def context_rows(self) -> int:
        """Rows of context that the field reads: one per layer, and one for the hint."""
        return self.layers + self.hint

    def __post_init__(self) -> None:
        """Refuse sizes that do not fit together."""
        for name in ("width", "ff_width", "context_width", "time_width"):
            require_range(f"velocity {name}", getattr(self, name), 8, 4096)
        require_range("velocity parameters", self.parameters, 1, 10_000)
        require_range("velocity tokens", self.tokens, 1, 4096)
        require_range("velocity layers", self.layers, 1, 48)
        if self.heads < 1 or self.width % self.heads or self.time_width % 2:
            raise ConfigError(
                f"velocity width {self.width} must be a multiple of its heads, {self.heads}, and "
                f"time_width {self.time_width} must be even."
            )


#: Time left to 1 below which the velocity towards predicted data grows no further.
SHORTEST_TIME_LEFT = 0.02


def time_embedding(t: Tensor, width: int) -> Tensor:
    """Cosines, then sines, of ``t * 10000 ** (-i / (width / 2))``.

    Time is in 0..1 and not scaled up, as in the papers' code, so most features hardly move.

    Args:
        t: ``(batch,)`` in 0..1.
        width: number of features, even.

    Returns:
        float32 ``(batch, width)``.
    """
    half = width // 2
    index = torch.arange(half, device=t.device, dtype=torch.float32)
    angle = t.to(torch.float32).unsqueeze(1) * torch.exp(index * (-math.log(10_000.0) / half))
    return torch.cat([angle.cos(), angle.sin()], dim=1)


class VelocityBlock(nn.Module):
    """Transformer layer whose norms and residuals are scaled, shifted and gated by a condition."""

    def __init__(self, width: int, heads: int, ff_width: int) -> None:
        """Make the layer.

        Args:
            width: size of each token and of the condition.
            heads: number of attention heads.
            ff_width: hidden size of the feed-forward part.
        """
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads)
        self.norm_ff = nn.LayerNorm(width)
        self.ff = feed_forward(width, ff_width, width)
        self.modulation = nn.Sequential(nn.GELU(), nn.Linear(width, 6 * width))
        for layer in self.ff:
            if isinstance(layer, nn.Linear):
                nn.init.xavier_normal_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Mix tokens, then change each, as the condition says.

        Args:
            x: ``(batch, tokens, width)``.
            condition: ``(batch, width)``.

        Returns:
            ``(batch, tokens, width)``.
        """
        parts = self.modulation(condition).unsqueeze(1).chunk(6, dim=-1)
        scale_1, shift_1, gate_1, scale_2, shift_2, gate_2 = parts  # each (batch, 1, width)
        normed = torch.addcmul(shift_1, scale_1, self.norm_attention(x).to(shift_1.dtype))
        x = x + gate_1 * self.attention(normed)
        normed = torch.addcmul(shift_2, scale_2, self.norm_ff(x).to(shift_2.dtype))
        out: Tensor = x + gate_2 * self.ff(normed)
        return out


class VelocityField(nn.Module):
    """Where a noisy vector should move at time t, given what the encoder heard."""

    def __init__(self, config: VelocityConfig) -> None:
        """Make the network with the paper's initialisation.

        Args:
            config: shape of the network.
        """
        super().__init__()
        self.config = config
        self.param2tok = Param2Tok(
            parameters=config.parameters,
            tokens=config.tokens,
            width=config.width,
            final_ffn=config.final_ffn,
            assignment_noise=config.assignment_noise,
            embedding_noise=config.embedding_noise,
            hint=config.hint,
        )
        self.guess = (
            feed_forward(config.context_width, 2 * config.width, config.parameters)
            if config.hint
            else None
        )
        self.dropped = nn.Parameter(torch.randn(config.context_width))
        self.condition = feed_forward(
            config.context_width + config.time_width, config.width, config.width
        )
        self.blocks = nn.ModuleList(
            VelocityBlock(config.width, config.heads, config.ff_width) for _ in range(config.layers)
        )

    def hint(self, context: Tensor) -> Tensor | None:
        """Guess the vector itself from the encoder's last row.

        Args:
            context: encoder output, ``(batch, context_rows, context_width)``.

        Returns:
            ``(batch, parameters)``, the mean of what is likely; None in a field without hint.
        """
        if self.guess is None:
            return None
        guess: Tensor = self.guess(context[:, -1])
        return guess

    def forward(self, x: Tensor, t: Tensor, context: Tensor, drop: Tensor | None = None) -> Tensor:
        """Evaluate the field: the velocity, whatever the network's output means.

        Args and errors are those of ``estimate``.

        Returns:
            Velocity ``(batch, parameters)``.
        """
        out = self.estimate(x, t, context, drop)
        if self.config.prediction == "velocity":
            return out
        left = (1.0 - t).clamp_min(SHORTEST_TIME_LEFT).unsqueeze(1)
        return (out - x) / left

    def estimate(
        self,
        x: Tensor,
        t: Tensor,
        context: Tensor,
        drop: Tensor | None = None,
        hint: Tensor | None = None,
    ) -> Tensor:
        """Run the network: its output is the velocity or the data, as the config says.

        Args:
            x: vectors on their way, ``(batch, parameters)``.
            t: time, ``(batch,)``; 0 is noise, 1 is data.
            context: encoder output, ``(batch, context_rows, context_width)``.
            drop: bool ``(batch,)``; True puts one learned token in place of the item's context
                (unconditional branch of guidance). None drops nothing.
            hint: ``hint(context)``, where the caller has it already.

        Returns:
            ``(batch, parameters)``.

        Raises:
            ValueError: the shapes are not those of the config.
        """
        c = self.config
        batch = x.shape[0]
        if (
            x.shape[1:] != (c.parameters,)
            or t.shape != (batch,)
            or context.shape != (batch, c.context_rows, c.context_width)
        ):
            raise ValueError(
                f"The field needs x (batch, {c.parameters}), t (batch,) and context (batch, "
                f"{c.context_rows}, {c.context_width}); got {tuple(x.shape)}, {tuple(t.shape)} and "
                f"{tuple(context.shape)}."
            )
        hint = self.hint(context) if hint is None else hint
        if drop is not None:
            token = self.dropped.to(context.dtype)
            context = torch.where(drop.view(-1, 1, 1), token, context)
            hint = None if hint is None else hint.masked_fill(drop.unsqueeze(1), 0.0)
        context = context[:, : c.layers]
        moment = time_embedding(t, c.time_width).to(context.dtype)
        moment = moment.unsqueeze(1).expand(-1, c.layers, -1)
        condition = self.condition(torch.cat([context, moment], dim=-1))
        tokens = self.param2tok.encode(x, hint)
        for index, block in enumerate(self.blocks):
            tokens = block(tokens, condition[:, index])
        out = self.param2tok.decode(tokens)
        return out if hint is None else out + hint
