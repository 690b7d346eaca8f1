"""Log-mel spectrogram to conditioning: one learned query per layer of the velocity field.

dB (batch, 2, mels, frames) -> standardise -> tokens -> transformer -> (batch, queries, width).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.blocks import SelfAttention, feed_forward
from models.spectrogram_tokens import ConvTokens, EncoderConfig, PatchTokens


class EncoderLayer(nn.Module):
    """Pre-norm transformer layer without dropout."""

    def __init__(self, width: int, heads: int, ff_width: int) -> None:
        """Make attention, feed-forward and their norms.

        Args:
            width: size of each token.
            heads: number of attention heads.
            ff_width: hidden size of the feed-forward part.
        """
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads)
        self.norm_ff = nn.LayerNorm(width)
        self.ff = feed_forward(width, ff_width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Mix tokens, then change each.

        Args:
            x: ``(batch, tokens, width)``.

        Returns:
            ``(batch, tokens, width)``.
        """
        x = x + self.attention(self.norm_attention(x))
        out: Tensor = x + self.ff(self.norm_ff(x))
        return out


class Encoder(nn.Module):
    """Spectrogram transformer whose queries, not its patches, are the output."""

    mel_mean: Tensor
    mel_std: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        """Make the network with the paper's initialisation.

        Args:
            config: shape of the network.
        """
        super().__init__()
        self.config = config
        shape = (config.channels, config.mels, config.statistics_frames)
        self.register_buffer("mel_mean", torch.full(shape, -40.0))
        self.register_buffer("mel_std", torch.full(shape, 20.0))
        self.tokens = ConvTokens(config) if config.kind == "conv" else PatchTokens(config)
        self.queries = nn.Parameter(torch.randn(config.queries, config.width) * 1e-6)
        positions = config.queries + self.tokens.count
        self.positions = nn.Parameter(torch.randn(positions, config.width) * 0.02)
        self.layers = nn.ModuleList(
            EncoderLayer(config.width, config.heads, config.ff_width) for _ in range(config.layers)
        )
        self.out = nn.Linear(config.width, config.context_width)
        if config.summary:
            self.norm_summary = nn.LayerNorm(config.width)
            self.reduce = nn.Linear(config.width, config.summary)
            self.summary = nn.Linear(config.summary * self.tokens.count, config.context_width)

    def set_statistics(self, mean_db: Tensor, std_db: Tensor) -> None:
        """Take over mean and standard deviation of the training spectrograms.

        Args:
            mean_db: dB, ``(channels, mels, statistics_frames)``.
            std_db: dB, same shape; raised to at least 1 dB, so that a cell that never moved in
                training cannot dominate another sound.

        Raises:
            ValueError: wrong shape or not finite.
        """
        for name, value in (("mean_db", mean_db), ("std_db", std_db)):
            if value.shape != self.mel_mean.shape or not bool(torch.isfinite(value).all()):
                raise ValueError(
                    f"{name} must be finite and of shape {tuple(self.mel_mean.shape)}; "
                    f"got shape {tuple(value.shape)}."
                )
        self.mel_mean.copy_(mean_db)
        self.mel_std.copy_(std_db.clamp_min(1.0))

    def forward(self, decibel: Tensor) -> Tensor:
        """Read spectrograms.

        Args:
            decibel: ``(batch, channels, mels, frames)`` in -80..0.

        Returns:
            Conditioning ``(batch, queries, context_width)``; query i is for field layer i. With a
            summary one more row, which every query's row also holds.

        Raises:
            ValueError: the shape is not the one of the config.
        """
        c = self.config
        if decibel.ndim != 4 or decibel.shape[1:] != (c.channels, c.mels, c.frames):
            raise ValueError(
                f"The spectrogram has shape {tuple(decibel.shape)}; the model needs (batch, "
                f"{c.channels}, {c.mels}, {c.frames})."
            )
        patches = self.tokens((decibel - self.mel_mean) / self.mel_std)
        queries = self.queries.to(patches.dtype).expand(patches.shape[0], -1, -1)
        x = torch.cat([queries, patches], dim=1) + self.positions
        for layer in self.layers:
            x = layer(x)
        context: Tensor = self.out(x[:, : c.queries])
        if not c.summary:
            return context
        # Every token keeps its place here: when and how high a sound begins is read off at once.
        parts = F.gelu(
            self.reduce(self.norm_summary(x[:, c.queries :]))
        )  # (batch, tokens, summary)
        whole = self.summary(parts.flatten(1)).unsqueeze(1)
        return torch.cat([context + whole, whole], dim=1)
