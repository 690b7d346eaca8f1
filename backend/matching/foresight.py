"""Foresight: which of many settings is worth a render.

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

from backend.matching.embedding import Embedding, sketch
from backend.matching.mel import mel_db
from backend.records import Audio, AudioRegion, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import ParameterSpec
from models.proxy import Proxy


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

    @property
    def mel_db(self) -> Tensor:
        """Its mel bands, as of ``mel.mel_db``."""
        ...


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
        self._target = self._heard(mel_db(target))
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

    def _beside(self, parent: Rendered) -> Tensor:
        """Return by how much the parent sounds otherwise than foreseen, ``(1, width)``."""
        beside = self._known.get(parent)
        if beside is None:
            with torch.no_grad():
                foreseen = self._proxy(self._rested(parent.vector[None]))
            beside = self._known[parent] = self._heard(parent.mel_db) - foreseen
        return beside

    def _heard(self, spectrogram: Tensor) -> Tensor:
        with torch.inference_mode():
            embedded = self._embedding(sketch(spectrogram[None]))
        return embedded

    def _rested(self, vectors: Vector) -> Tensor:
        return torch.from_numpy(self._equivalents.at_rest(vectors))
