"""Foresight: which of many settings is worth a render, and where a setting should move.

The proxy (``models.proxy``) says how settings would sound. It errs, but about two settings that are
much alike it errs alike; so what is used is the difference that it sees between a rendered parent
and its children, added to what the parent was heard to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from backend.matching.embedding import FEATURES, Embedding, sketch
from backend.records import Audio, AudioRegion, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import NOTE_WIDTH, ParameterSpec
from models.features import LogMel
from models.proxy import Proxy

#: A climb: steps of Adam, their length (of a range of 2), and how many begin at once.
CLIMB_STEPS, CLIMB_RATE, CLIMBS = 12, 0.03, 6
#: How much of the mean slope, and of its mean square, Adam keeps at each step.
MEAN_KEPT, SQUARE_KEPT = 0.9, 0.999
#: No parameter moves further than this in a climb; drawn between them on a logarithmic scale.
SHORTEST_CLIMB, LONGEST_CLIMB = 0.05, 0.6
#: Share of the parameters that a climb moves.
CLIMB_SHARES = (0.2, 0.5, 1.0)


class Rendered(Protocol):
    """A setting and how it sounds; known by its identity."""

    @property
    def vector(self) -> Vector:
        """The setting, ``(width,)``, idle parameters at rest."""
        ...

    @property
    def render(self) -> AudioRegion:
        """Its sound."""
        ...


class _Adam:
    """Steps down a slope (Kingma and Ba 2015); ``torch.optim`` takes 2 s to import its compiler."""

    def __init__(self, place: Tensor, rate: float) -> None:
        self._rate = rate
        self._mean, self._square = torch.zeros_like(place), torch.zeros_like(place)
        self._steps = 0

    def __call__(self, slope: Tensor) -> Tensor:
        """Return what to go down by, given the slope of where one is."""
        self._steps += 1
        self._mean.lerp_(slope, 1.0 - MEAN_KEPT)
        self._square.lerp_(slope.square(), 1.0 - SQUARE_KEPT)
        mean = self._mean / (1.0 - MEAN_KEPT**self._steps)
        square = self._square / (1.0 - SQUARE_KEPT**self._steps)
        return self._rate * mean / (square.sqrt() + 1e-8)


class Foresight:
    """What the proxy says about one target.

    Args:
        proxy: of the parameter space and embedding.
        embedding: that the proxy predicts.
        spec: the parameter space.
        target: the sound, float32 ``(channels, samples)`` at 44.1 kHz, 4 s.
    """

    def __init__(
        self, proxy: Proxy, embedding: Embedding, spec: ParameterSpec, target: Audio
    ) -> None:
        self._proxy = proxy
        self._embedding = embedding
        self._equivalents = Equivalents(spec)
        self._log_mel = LogMel(FEATURES)
        self._target = self._heard(target)
        self._known: WeakKeyDictionary[Rendered, Tensor] = WeakKeyDictionary()

    def order(self, parent: Rendered, children: Sequence[Vector]) -> npt.NDArray[np.intp]:
        """Return the places of children, the one foreseen nearest to the target first.

        Args:
            parent: a rendered setting.
            children: settings not far from it.
        """
        with torch.inference_mode():
            foreseen = self._beside(parent) + self._proxy(self._rested(np.stack(children)))
            distances = (foreseen - self._target).norm(dim=1)
        return np.argsort(distances.numpy(), kind="stable")

    def climb(
        self, parent: Rendered, free: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> list[Vector]:
        """Move a setting to where it is foreseen to be nearer to the target, in several ways.

        Args:
            parent: a rendered setting.
            free: continuous parameters that may be moved, ``(width,)``; the note stays.
            rng: chooses which of them move, and how far they may.

        Returns:
            ``CLIMBS`` vectors.
        """
        shares = rng.choice(CLIMB_SHARES, size=(CLIMBS, 1))
        moving = (rng.random((CLIMBS, len(parent.vector))) < shares) & free
        moving[:, -NOTE_WIDTH:] = False
        far = np.exp(rng.uniform(np.log(SHORTEST_CLIMB), np.log(LONGEST_CLIMB), (CLIMBS, 1)))
        start = torch.from_numpy(np.tile(parent.vector, (CLIMBS, 1)))
        reach = torch.from_numpy((far * moving).astype(np.float32))
        low, high = (start - reach).clamp_min(-1.0), (start + reach).clamp_max(1.0)
        beside = self._beside(parent)
        place = start.clone().requires_grad_()
        best, least = start.clone(), torch.full((CLIMBS,), torch.inf)
        step = _Adam(place, CLIMB_RATE)
        for _ in range(CLIMB_STEPS):
            distances = (beside + self._proxy(place) - self._target).square().sum(dim=1)
            (slope,) = torch.autograd.grad(distances.sum(), place)
            with torch.no_grad():
                nearer = distances < least
                best[nearer], least[nearer] = place[nearer], distances[nearer]
                moved = place - step(slope)
                place.copy_(torch.minimum(torch.maximum(moved, low), high))
        return list(best.numpy())

    def _beside(self, parent: Rendered) -> Tensor:
        """Return by how much the parent sounds otherwise than foreseen, ``(1, width)``."""
        beside = self._known.get(parent)
        if beside is None:
            with torch.no_grad():
                foreseen = self._proxy(self._rested(parent.vector[None]))
            beside = self._known[parent] = self._heard(parent.render.audio) - foreseen
        return beside

    def _heard(self, audio: Audio) -> Tensor:
        with torch.inference_mode():
            mel_db = self._log_mel(torch.from_numpy(np.ascontiguousarray(audio))[None])
            embedded = self._embedding(sketch(mel_db))
        return embedded.clone()  # usable where gradients are taken

    def _rested(self, vectors: Vector) -> Tensor:
        return torch.from_numpy(self._equivalents.at_rest(vectors))
