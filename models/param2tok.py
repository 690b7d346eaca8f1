"""Param2Tok: a parameter vector to tokens and back through one learned, shared assignment.

Which parameters belong together (oscillator 1, oscillator 2, ...) and which groups may be swapped
is not told to the network; it learns both in the assignment A (Hayes et al. 2025, section on
Param2Tok and appendix D; code ``transformer.py``). In both directions the sums are ordered so that
the work per item grows with parameters x tokens instead of parameters x width x width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.blocks import feed_forward


class Param2Tok(nn.Module):
    """The way in, ``A h(diag(x) Z)``, and out, ``sum_d Z' * (A^T X)``."""

    def __init__(
        self,
        *,
        parameters: int,
        tokens: int,
        width: int,
        final_ffn: bool = False,
        assignment_noise: float = 1e-4,
        embedding_noise: float = 1e-4,
        hint: bool = False,
    ) -> None:
        """Make the embeddings as the papers' code does.

        A starts as ``1 / sqrt(tokens * parameters)`` everywhere and Z as one random vector of
        about unit length for all parameters, each with a little noise. Z' starts as a copy of Z.

        Args:
            parameters: length of the vector.
            tokens: number of tokens.
            width: size of each token and embedding.
            final_ffn: put a feed-forward part before the way out (off in the published models).
            assignment_noise: standard deviation of the noise on A.
            embedding_noise: standard deviation of the noise on Z.
            hint: also take in a guess of the vector, by an embedding of its own.
        """
        super().__init__()
        level = (tokens * parameters) ** -0.5
        self.assignment = nn.Parameter(level + assignment_noise * torch.randn(tokens, parameters))
        common = torch.randn(1, width) * width**-0.5
        embedding = common + embedding_noise * torch.randn(parameters, width)
        self.embedding_in = nn.Parameter(embedding)
        self.embedding_out = nn.Parameter(embedding.clone())
        self.embedding_hint = (
            nn.Parameter(torch.randn(parameters, width) * width**-0.5) if hint else None
        )
        self.ffn_in = feed_forward(width, width, width)
        self.ffn_out = feed_forward(width, width, width) if final_ffn else None

    def encode(self, x: Tensor, hint: Tensor | None = None) -> Tensor:
        """Vector to tokens.

        The first layer of h is applied to Z before x scales it, and the second after A has summed
        the parameters: both are linear, so the result is the same.

        Args:
            x: ``(batch, parameters)``.
            hint: a guess of where x is going, ``(batch, parameters)``, if made for one.

        Returns:
            Tokens ``(batch, tokens, width)``.
        """
        first, _, second = self.ffn_in
        assert isinstance(first, nn.Linear) and isinstance(second, nn.Linear)
        rows = F.linear(self.embedding_in, first.weight)  # (parameters, width)
        hidden = x.unsqueeze(-1).to(rows.dtype) * rows + first.bias.to(rows.dtype)
        if hint is not None and self.embedding_hint is not None:
            guess = F.linear(self.embedding_hint, first.weight)
            hidden = torch.addcmul(hidden, hint.unsqueeze(-1).to(rows.dtype), guess)
        hidden = F.gelu(hidden)
        tokens = F.linear(torch.matmul(self.assignment, hidden), second.weight)
        return tokens + self.assignment.sum(dim=1, keepdim=True) * second.bias

    def decode(self, tokens: Tensor) -> Tensor:
        """Tokens to vector.

        Args:
            tokens: ``(batch, tokens, width)``.

        Returns:
            ``(batch, parameters)``.
        """
        if self.ffn_out is not None:
            tokens = self.ffn_out(tokens)
        products = F.linear(tokens, self.embedding_out)  # (batch, tokens, parameters)
        return (products * self.assignment).sum(dim=1)

    def penalty(self) -> Tensor:
        """Mean absolute assignment, the sparsity term of the loss (papers' code: mean, not sum).

        Returns:
            Scalar, to be weighted with 0.01.
        """
        return self.assignment.abs().mean()
