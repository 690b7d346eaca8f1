"""The proxy: from a parameter vector to how it would sound, without playing it.

A neural proxy of the synthesizer (Combes et al. 2025, "Neural proxies for sound synthesizers"): it
predicts the embedding of a render, a short vector whose distances follow those of sounds. It is
thousands of times as fast as a render and can be differentiated, so it is asked which of many
settings is worth a render, and in which direction a setting becomes more like a sound.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from models.blocks import feed_forward


@dataclass(frozen=True)
class ProxyConfig:
    """Sizes of a proxy.

    Args:
        width: numbers of a parameter vector.
        embedding_width: numbers of an embedding.
        hidden_width: numbers between the blocks.
        blocks: residual blocks.
        dropout: share of a block's numbers that training leaves out, 0..1.
    """

    width: int
    embedding_width: int
    hidden_width: int = 640
    blocks: int = 3
    dropout: float = 0.3


class Proxy(nn.Module):
    """A residual perceptron over whole parameter vectors.

    Args:
        config: its sizes.
    """

    def __init__(self, config: ProxyConfig) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden_width
        self.first = nn.Linear(config.width, hidden)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(hidden),
                feed_forward(hidden, hidden, hidden),
                nn.Dropout(config.dropout),
            )
            for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(hidden)
        self.last = nn.Linear(hidden, config.embedding_width)

    def forward(self, vectors: Tensor) -> Tensor:
        """Predict how settings sound.

        Args:
            vectors: settings, idle parameters at rest, ``(batch, width)`` in -1..1.

        Returns:
            Embeddings, ``(batch, embedding_width)``.
        """
        hidden = self.first(vectors)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        embeddings: Tensor = self.last(self.norm(hidden))
        return embeddings
