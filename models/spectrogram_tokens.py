"""Log-mel spectrogram to tokens, and the shape of the encoder that hears them.

Two ways to the tokens: ``ast``, the overlapping patches of Hayes et al. 2025 (after the audio
spectrogram transformer of Gong et al. 2021), and ``conv``, a few strided convolutions that leave
about a fifth of the tokens, so that a CPU can train it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from models.config_json import ConfigError, require_range


@dataclass(frozen=True)
class EncoderConfig:
    """Shape of the encoder; the defaults are the paper's, with the padding put right."""

    kind: Literal["ast", "conv"] = "ast"
    channels: int = 2
    mels: int = 128
    frames: int = 401
    width: int = 512
    layers: int = 8
    heads: int = 8
    ff_width: int = 512
    queries: int = 8  # one per layer of the velocity field
    context_width: int = 512  # size of each query's output
    patch: int = 16  # ast: side of a patch, in mels and frames
    stride: int = 10  # ast: step between patches
    padding: Literal["corrected", "reference"] = "corrected"  # ast: reference swaps the axes
    stem_patch_mels: int = 8  # conv: first, non-overlapping patch
    stem_patch_frames: int = 4
    stem_channels: tuple[int, ...] = (64, 128)  # conv: widths before the last stride-2 convolution
    summary: int = 0  # numbers that each token gives to one more row of output; 0 leaves it out
    statistics_frames: int = (
        1  # frames of the standardisation arrays: 1, or ``frames`` as the paper
    )

    def __post_init__(self) -> None:
        """Refuse sizes that do not fit together."""
        for name in ("width", "ff_width", "context_width"):
            require_range(f"encoder {name}", getattr(self, name), 8, 4096)
        require_range("encoder channels", self.channels, 1, 8)
        require_range("encoder mels", self.mels, 1, 1024)
        require_range("encoder frames", self.frames, 1, 10_000)
        require_range("encoder layers", self.layers, 1, 48)
        require_range("encoder queries", self.queries, 1, 64)
        require_range("encoder patch", self.patch, 1, min(self.mels, self.frames))
        require_range("encoder stride", self.stride, 1, self.patch)
        require_range("encoder stem_patch_mels", self.stem_patch_mels, 1, self.mels)
        require_range("encoder stem_patch_frames", self.stem_patch_frames, 1, self.frames)
        require_range("encoder stem_channels length", len(self.stem_channels), 1, 6)
        for count in self.stem_channels:
            require_range("encoder stem_channels", count, 8, 2048)
        for count in (*self.stem_channels, self.width):
            if count % 8:
                raise ConfigError(
                    f"encoder stem_channels and width must be multiples of 8; got {count}."
                )
        if self.heads < 1 or self.width % self.heads:
            raise ConfigError(
                f"encoder width {self.width} must be a multiple of its heads, {self.heads}."
            )
        if self.statistics_frames not in (1, self.frames):
            raise ConfigError(
                f"encoder statistics_frames is {self.statistics_frames}; allowed is 1 or "
                f"{self.frames}."
            )


class PatchTokens(nn.Module):
    """Overlapping square patches, each to one token (papers' code ``transformer.py``)."""

    def __init__(self, config: EncoderConfig) -> None:
        """Make the patch projection.

        Args:
            config: patch, stride, padding and sizes.
        """
        super().__init__()
        mel_rows = _missing(config.mels, config.patch, config.stride)
        frames = _missing(config.frames, config.patch, config.stride)
        if config.padding == "reference":
            mel_rows, frames = frames, mel_rows
        self.padding = (0, frames, 0, mel_rows)
        self.project = nn.Conv2d(
            config.channels, config.width, kernel_size=config.patch, stride=config.stride
        )
        self.count = ((config.mels + mel_rows - config.patch) // config.stride + 1) * (
            (config.frames + frames - config.patch) // config.stride + 1
        )

    def forward(self, x: Tensor) -> Tensor:
        """Cut a standardised spectrogram into tokens.

        Args:
            x: ``(batch, channels, mels, frames)``.

        Returns:
            ``(batch, count, width)``, mel rows outermost.
        """
        tokens: Tensor = self.project(F.pad(x, self.padding))
        return tokens.flatten(2).transpose(1, 2)


class ConvTokens(nn.Module):
    """Non-overlapping patches, then 3x3 convolutions of stride 2: few tokens at little cost.

    Frames and mels that do not fill a whole first patch are left out: with patches of 4 frames
    that is the last of 401, which lies half behind the sound's end.
    """

    def __init__(self, config: EncoderConfig) -> None:
        """Make the convolutions.

        Args:
            config: stem sizes; the last convolution goes to ``width``.
        """
        super().__init__()
        patch = (config.stem_patch_mels, config.stem_patch_frames)
        self.patch = patch
        rows, columns = config.mels // patch[0], config.frames // patch[1]
        first = config.stem_channels[0]
        self.project = nn.Linear(config.channels * patch[0] * patch[1], first)
        layers: list[nn.Module] = []
        widths = (*config.stem_channels, config.width)
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [
                nn.GroupNorm(1, before),
                nn.GELU(),
                nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1),
            ]
            rows, columns = (rows + 1) // 2, (columns + 1) // 2
        self.stem = nn.Sequential(*layers)
        self.grid = (rows, columns)
        self.count = rows * columns

    def forward(self, x: Tensor) -> Tensor:
        """Cut and condense a standardised spectrogram into tokens.

        Args:
            x: ``(batch, channels, mels, frames)``.

        Returns:
            ``(batch, count, width)``, mel rows outermost.
        """
        high, wide = self.patch
        rows, columns = x.shape[2] // high, x.shape[3] // wide
        cut = x[:, :, : rows * high, : columns * wide]
        cut = cut.reshape(*x.shape[:2], rows, high, columns, wide)
        # (batch, rows, columns, channels, high, wide) -> one linear map per patch
        patches = cut.permute(0, 2, 4, 1, 3, 5).flatten(3)
        # Seen as (batch, width, rows, columns) the memory is already channels-last.
        grid = self.project(patches).permute(0, 3, 1, 2)
        tokens: Tensor = self.stem(grid)
        return tokens.flatten(2).transpose(1, 2)


def _missing(length: int, patch: int, stride: int) -> int:
    """Cells to append so that patches of this stride end exactly at the end."""
    steps = -(-(length - patch) // stride)
    return steps * stride + patch - length
