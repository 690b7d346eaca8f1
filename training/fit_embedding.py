"""Fits the embedding of the index: principal components of sketches whose ends are partly unknown.

A render that begins late is heard for less than 4 s; what would follow is not silence but unknown.
So each covariance is that of the sketches in which both slots are heard.
"""

from __future__ import annotations

import torch
from torch import Tensor

from backend.matching.embedding import BANDS, SLOTS, Embedding, Sketches, envelopes, weighted

COMPONENTS = 64

#: The components leave at least this share of the variance, or unknown slots could not be guessed.
LEAST_NOISE = 1e-3

#: Subspace iteration: directions beyond those that are kept, and how often it goes round.
SPARE, ITERATIONS = 16, 30


def fit_embedding(sketches: Sketches, components: int = COMPONENTS) -> Embedding:
    """Fit an embedding to sketches; 30,000 of them take some seconds of one core.

    Args:
        sketches: of sounds that differ, more than ``components``.
        components: how many to keep.
    """
    known = (torch.arange(SLOTS) < sketches.heard[:, None]).float()  # (n, SLOTS)
    numbers = weighted(sketches.decibel.float())
    mean = (numbers * known[:, None]).sum(dim=0) / known.sum(dim=0).clamp_min(1)
    centred = ((numbers - mean) * known[:, None]).flatten(1)
    both = (known.T @ known).clamp_min(1)  # sketches in which two slots are heard
    pairs = both.repeat(BANDS, BANDS)  # numbers lie band by band, as slots of each
    covariance = (centred.T @ centred) / pairs
    variances, basis = principal(covariance, components)
    total = covariance.diagonal().sum()
    left = (total - variances.sum()).clamp_min(LEAST_NOISE * total)
    fitted = Embedding(
        mean, basis.reshape(BANDS, SLOTS, -1), variances, float(left / len(covariance)), 1.0, 1.0
    )
    return Embedding(
        fitted.mean,
        fitted.components,
        fitted.variances,
        fitted.noise,
        component_scale=spread(fitted.likeliest(sketches)),
        envelope_scale=spread(envelopes(sketches)),
    )


def spread(vectors: Tensor) -> float:
    """Return the root of the variances' sum of ``(n, width)``."""
    return float(vectors.var(dim=0).sum().sqrt())


def principal(covariance: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the largest variances and their directions, ``(count,)`` and ``(numbers, count)``.

    Args:
        covariance: symmetric, ``(numbers, numbers)``.
        count: how many, fewer than there are positive variances.
    """
    size = min(len(covariance), count + SPARE)
    start = torch.Generator().manual_seed(0)
    basis = torch.randn(len(covariance), size, generator=start)
    for _ in range(ITERATIONS):
        basis = torch.linalg.qr(covariance @ basis)[0]
    variances, turn = torch.linalg.eigh(basis.T @ covariance @ basis)
    return variances.flip(0)[:count].clone(), (basis @ turn.flip(1)[:, :count]).contiguous()
