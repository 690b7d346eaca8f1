"""Attention and feed-forward: the two parts that encoder and velocity field have in common."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Multi-head self-attention, initialised like ``torch.nn.MultiheadAttention``.

    Written out because the torch module is fast in inference only.
    """

    def __init__(self, width: int, heads: int) -> None:
        """Make the projections.

        Args:
            width: size of each token, a multiple of ``heads``.
            heads: number of attention heads.
        """
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.query_key_value.weight)
        nn.init.zeros_(self.query_key_value.bias)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Let each token look at all tokens.

        Args:
            x: ``(batch, tokens, width)``.

        Returns:
            ``(batch, tokens, width)``.
        """
        split = self.query_key_value(x).unflatten(-1, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4)  # each (batch, heads, tokens, head width)
        if x.device.type == "cpu" and torch.is_grad_enabled():
            # The fused CPU kernel's backward pass in bfloat16 takes about ten times as long.
            scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-2, -1))
            mixed = torch.matmul(scores.softmax(dim=-1), value)
        else:
            mixed = F.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


def feed_forward(in_width: int, hidden_width: int, out_width: int) -> nn.Sequential:
    """Linear, GELU, Linear, with torch's default initialisation.

    Args:
        in_width: size of each token coming in.
        hidden_width: size between the two layers.
        out_width: size of each token going out.

    Returns:
        Module from ``(..., in_width)`` to ``(..., out_width)``.
    """
    return nn.Sequential(
        nn.Linear(in_width, hidden_width), nn.GELU(), nn.Linear(hidden_width, out_width)
    )
