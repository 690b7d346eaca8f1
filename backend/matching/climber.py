"""Climbs: settings are moved to where the spectral proxy foresees them nearer to the target.

The proxy (``models.spectral_proxy``) says how a setting would sound, moment by moment, and which
way each parameter should go; a few dozen steps that way cost as much time as a few renders, and
lead where a search would take hundreds. How far they are is said by ``goal``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from backend.matching.goal import Goal, View
from backend.records import Audio, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import NOTE_WIDTH, ParameterSpec
from models.spectral_proxy import SpectralProxy

#: For how many steps settings climb, and how long the first step is, of a range of 2. So many climb
#: together.
STEPS, RATE, TOGETHER = 25, 0.02, 8
#: The last step is this share shorter than the first.
SLOWING = 0.8
#: How much of the mean slope, and of its mean square, Adam keeps at each step.
MEAN_KEPT, SQUARE_KEPT = 0.9, 0.999
#: Settings whose proxy is asked at once.
ASKED_TOGETHER = 32


class Climber:
    """Climbs towards one target.

    Args:
        proxy: of the parameter space.
        spec: the parameter space.
        target: the sound, float32 ``(channels, samples)`` at 44.1 kHz, 4 s.
    """

    def __init__(self, proxy: SpectralProxy, spec: ParameterSpec, target: Audio) -> None:
        self._proxy = proxy
        self._spec = spec
        self._equivalents = Equivalents(spec)
        self._goal = Goal(target)

    def climb(
        self, starts: Sequence[Vector], free: npt.NDArray[np.bool_]
    ) -> Iterator[list[Vector]]:
        """Yield where the most promising of many settings climb to, the most promising first.

        Args:
            starts: settings, rendered or not.
            free: continuous parameters that may be moved, ``(width,)``; the pitch stays.

        Yields:
            ``TOGETHER`` vectors at a time, the nearest foreseen first; each time takes about as
            long as twenty renders.
        """
        if not starts:
            return
        # The model's categories are not whole, and would be foreseen as a mixture.
        whole = [self._spec.encode(self._spec.decode(start)) for start in starts]
        settings = torch.from_numpy(self._equivalents.at_rest(np.stack(whole)))
        with torch.no_grad():
            asked = torch.split(settings, ASKED_TOGETHER)
            distances = torch.cat([self._distances(some, self._goal.few) for some in asked])
        movable = _movable(free)
        for some in torch.split(settings[distances.argsort()], TOGETHER):
            best, least = self._descend(some, movable)
            yield list(best[least.argsort()].numpy())

    def _descend(self, start: Tensor, movable: Tensor) -> tuple[Tensor, Tensor]:
        """Return where it goes down to, and how far that is foreseen to be; never up."""
        low, high = torch.where(movable, -1.0, start), torch.where(movable, 1.0, start)
        place = start.clone().requires_grad_()
        step = _Adam(place)
        for number in range(STEPS):
            distances = self._distances(place, self._goal.whole)
            (slope,) = torch.autograd.grad(distances.sum(), place)
            with torch.no_grad():
                length = RATE * (1.0 - SLOWING * number / STEPS)
                moved = place - length * step(slope.nan_to_num())
                place.copy_(torch.minimum(torch.maximum(moved, low), high))
        with torch.no_grad():
            before, after = (self._distances(one, self._goal.whole) for one in (start, place))
            nearer = after < before
            return torch.where(nearer[:, None], place, start), torch.minimum(before, after)

    def _distances(self, settings: Tensor, view: View) -> Tensor:
        foreseen = self._proxy(settings, view.times_s.expand(len(settings), -1))
        return self._goal.distances(foreseen, view)


class _Adam:
    """Directions down a slope (Kingma and Ba 2015); ``torch.optim`` takes 2 s to import."""

    def __init__(self, place: Tensor) -> None:
        self._mean, self._square = torch.zeros_like(place), torch.zeros_like(place)
        self._steps = 0

    def __call__(self, slope: Tensor) -> Tensor:
        """Return what to go down by, about -1..1, given the slope of where one is."""
        self._steps += 1
        self._mean.lerp_(slope, 1.0 - MEAN_KEPT)
        self._square.lerp_(slope.square(), 1.0 - SQUARE_KEPT)
        mean = self._mean / (1.0 - MEAN_KEPT**self._steps)
        square = self._square / (1.0 - SQUARE_KEPT**self._steps)
        return mean / (square.sqrt() + 1e-8)


def _movable(free: npt.NDArray[np.bool_]) -> Tensor:
    """Return which parameters climb: the free ones but the note's pitch, which is whole."""
    movable = free.copy()
    movable[-NOTE_WIDTH] = False
    return torch.from_numpy(movable)
