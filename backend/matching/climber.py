"""Climbs: settings are moved to where the spectral proxy foresees them nearer to the target.

The proxy (``models.spectral_proxy``) says how a setting would sound, moment by moment, and which
way each parameter should go; a few dozen steps that way cost as much time as a few renders, and
lead where a search would take hundreds. How far they are is said by ``goal``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from backend.matching.embedding import FEATURES
from backend.matching.foresight import Rendered
from backend.matching.goal import HEARD_DB, Goal, View, moments
from backend.records import Audio, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import NOTE_WIDTH, ParameterSpec
from models.spectral_parts import level_between
from models.spectral_proxy import SpectralProxy

#: Of proposals that climb: for how many steps, and how long the first step is, of a range of 2. So
#: many climb together.
PROPOSAL_STEPS, PROPOSAL_RATE, TOGETHER = 25, 0.02, 8
#: Of a rendered setting: how many climbs begin at once, how many of them are worth a render, and
#: the same as above.
CLIMBS, CLIMBS_KEPT, CLIMB_STEPS, CLIMB_RATE = 4, 2, 18, 0.04
#: The last step is this share shorter than the first.
SLOWING = 0.8
#: Share of the parameters that a climb of a rendered setting moves, and how far, at most.
CLIMB_SHARES = (0.3, 0.6, 1.0)
SHORTEST_CLIMB, LONGEST_CLIMB = 0.1, 1.0
#: How much of the mean slope, and of its mean square, Adam keeps at each step.
MEAN_KEPT, SQUARE_KEPT = 0.9, 0.999

#: What a render was heard to be beside what was foreseen counts up to this, dB; and where it was
#: not heard, it is taken to be this faint, dB below its loudest.
MOST_BESIDE_DB, UNHEARD_DB = 60.0, -95.0
#: Settings whose proxy is asked at once.
ASKED_TOGETHER = 32

R = TypeVar("R", bound=Rendered)


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
        self._known: WeakKeyDictionary[Rendered, Tensor] = WeakKeyDictionary()

    def proposals(
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
        settings, view = self._rested(np.stack(whole)), self._goal.few
        with torch.no_grad():
            asked = torch.split(settings, ASKED_TOGETHER)
            distances = torch.cat([self._distances(some, 0.0, view) for some in asked])
        moving, beside = _movable(free), torch.zeros(1, len(self._goal.whole.frames), 1)
        for some in torch.split(settings[distances.argsort()], TOGETHER):
            limits = torch.where(moving, -1.0, some), torch.where(moving, 1.0, some)
            best, least = self._descend(some, beside, limits, PROPOSAL_STEPS, PROPOSAL_RATE)
            yield list(best[least.argsort()].numpy())

    def climb(
        self,
        parents: Sequence[R],
        free: npt.NDArray[np.bool_],
        rng: np.random.Generator,
        ended: Callable[[], bool] = lambda: False,
    ) -> list[tuple[R, Vector]]:
        """Move rendered settings to where they are foreseen to be nearer to the target.

        Args:
            parents: the settings; what each was heard to be beside what the proxy says is taken to
                stay the same.
            free: continuous parameters that may be moved, ``(width,)``; the pitch stays.
            rng: chooses which of them move, and how far they may.
            ended: asked before every step; True breaks the climb off.

        Returns:
            ``CLIMBS_KEPT`` vectors of each parent, with it.
        """
        vectors = np.repeat(np.stack([parent.vector for parent in parents]), CLIMBS, axis=0)
        shares = rng.choice(CLIMB_SHARES, size=(len(vectors), 1))
        moving = (rng.random(vectors.shape) < shares) & _movable(free).numpy()
        far = np.exp(rng.uniform(np.log(SHORTEST_CLIMB), np.log(LONGEST_CLIMB), (len(vectors), 1)))
        start = torch.from_numpy(vectors)
        reach = torch.from_numpy((far * moving).astype(np.float32))
        low, high = (start - reach).clamp_min(-1.0), (start + reach).clamp_max(1.0)
        beside = torch.stack([self._beside(parent) for parent in parents])
        beside = beside.repeat_interleave(CLIMBS, dim=0)
        best, least = self._descend(start, beside, (low, high), CLIMB_STEPS, CLIMB_RATE, ended)
        nearest = least.reshape(len(parents), CLIMBS).argsort(dim=1)[:, :CLIMBS_KEPT]
        kept = best.reshape(len(parents), CLIMBS, -1).numpy()
        return [
            (parent, kept[place, one])
            for place, parent in enumerate(parents)
            for one in nearest[place].tolist()
        ]

    def _descend(
        self,
        start: Tensor,
        beside: Tensor,
        limits: tuple[Tensor, Tensor],
        steps: int,
        rate: float,
        ended: Callable[[], bool] = lambda: False,
    ) -> tuple[Tensor, Tensor]:
        """Return where it goes down to, and how far that is foreseen to be; never up."""
        low, high = limits
        place = start.clone().requires_grad_()
        step = _Adam(place)
        for number in range(steps):
            if ended():
                break
            distances = self._distances(place, beside, self._goal.whole)
            (slope,) = torch.autograd.grad(distances.sum(), place)
            with torch.no_grad():
                length = rate * (1.0 - SLOWING * number / steps)
                moved = place - length * step(slope.nan_to_num())
                place.copy_(torch.minimum(torch.maximum(moved, low), high))
        with torch.no_grad():
            before, after = (
                self._distances(one, beside, self._goal.whole) for one in (start, place)
            )
            nearer = after < before
            return torch.where(nearer[:, None], place, start), torch.minimum(before, after)

    def _distances(self, settings: Tensor, beside: Tensor | float, view: View) -> Tensor:
        return self._goal.distances(self._foreseen(settings, view) + beside, view)

    def _foreseen(self, settings: Tensor, view: View) -> Tensor:
        spectra: Tensor = self._proxy(settings, view.times_s.expand(len(settings), -1))
        return spectra

    def _beside(self, parent: Rendered) -> Tensor:
        """Return by how much the parent sounds otherwise than foreseen, dB ``(frames, bands)``."""
        beside = self._known.get(parent)
        if beside is None:
            heard = moments(parent.mel_db, self._goal.whole.frames)
            with torch.no_grad():
                foreseen = self._foreseen(self._rested(parent.vector[None]), self._goal.whole)
            foreseen += level_between(foreseen, heard[None], FEATURES.floor_db)
            unheard = (UNHEARD_DB - foreseen[0]).clamp_max(0.0)
            beside = torch.where(heard > HEARD_DB, heard - foreseen[0], unheard)
            beside = self._known[parent] = beside.clamp(-MOST_BESIDE_DB, MOST_BESIDE_DB)
        return beside

    def _rested(self, vectors: Vector) -> Tensor:
        return torch.from_numpy(self._equivalents.at_rest(vectors))


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
