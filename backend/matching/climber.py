"""Climbs: settings are moved to where the spectral proxy foresees them nearer to the target.

The proxy (``models.spectral_proxy``) says how a setting would sound, moment by moment, and which
way each parameter should go; a few dozen steps that way cost as much time as a few renders, and
lead where a search would take hundreds. How far they are is said by ``goal``. A setting that has
been rendered is known better: what it was heard to be beside what was foreseen is taken to stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from backend.matching.embedding import FEATURES
from backend.matching.goal import HEARD_DB, Goal, View, heard_bands
from backend.matching.trials import Trial
from backend.records import Audio, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import NOTE_WIDTH, ParameterSpec
from models.spectral_parts import level_between
from models.spectral_proxy import SpectralProxy

#: Of settings: for how many steps they climb, and how long the first step is, of a range of 2. So
#: many climb together.
STEPS, RATE, TOGETHER = 20, 0.02, 8
#: Of trials: the same; how many climbs of each begin at once, and how many are worth a render.
TRIAL_STEPS, TRIAL_RATE, TRIALS, CLIMBS, KEPT = 18, 0.04, 8, 4, 2
#: What share of the parameters a climb of a trial moves, and how far, at most.
SHARES = (0.3, 0.6, 1.0)
SHORTEST, LONGEST = 0.1, 1.0
#: The last step is this share shorter than the first.
SLOWING = 0.8
#: How much of the mean slope, and of its mean square, Adam keeps at each step.
MEAN_KEPT, SQUARE_KEPT = 0.9, 0.999
#: What a trial was heard to be beside what was foreseen counts up to this, dB; and where it was not
#: heard, it is taken to be this faint, dB below its loudest.
MOST_BESIDE_DB, UNHEARD_DB = 60.0, -95.0
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
        self._known: WeakKeyDictionary[Trial, Tensor] = WeakKeyDictionary()

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
            ends = torch.where(movable, -1.0, some), torch.where(movable, 1.0, some)
            best, least = self._descend(some, ends, STEPS, RATE)
            yield list(best[least.argsort()].numpy())

    def climb_again(
        self,
        trials: Sequence[Trial],
        free: npt.NDArray[np.bool_],
        rng: np.random.Generator,
        ended: Callable[[], bool] = lambda: False,
    ) -> list[tuple[Trial, Vector]]:
        """Return where trials climb to, each by several ways.

        Args:
            trials: rendered settings.
            free: as for ``climb``.
            rng: chooses which parameters move, and how far they may.
            ended: asked before every step; True breaks the climbs off where they are.

        Returns:
            ``KEPT`` vectors of each trial, with it, the nearest foreseen first.
        """
        vectors = np.repeat(np.stack([trial.vector for trial in trials]), CLIMBS, axis=0)
        shares = rng.choice(SHARES, size=(len(vectors), 1))
        moving = (rng.random(vectors.shape) < shares) & _movable(free).numpy()
        far = np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST), (len(vectors), 1)))
        start = torch.from_numpy(vectors)
        reach = torch.from_numpy((far * moving).astype(np.float32))
        ends = (start - reach).clamp_min(-1.0), (start + reach).clamp_max(1.0)
        beside = torch.stack([self._beside(trial) for trial in trials])
        beside = beside.repeat_interleave(CLIMBS, dim=0)
        best, least = self._descend(start, ends, TRIAL_STEPS, TRIAL_RATE, beside, ended)
        nearest = least.view(len(trials), CLIMBS).argsort(dim=1)[:, :KEPT]
        climbed = best.view(len(trials), CLIMBS, -1).numpy()
        return [
            (trial, climbed[place, one])
            for place, trial in enumerate(trials)
            for one in nearest[place].tolist()
        ]

    def _descend(
        self,
        start: Tensor,
        ends: tuple[Tensor, Tensor],
        steps: int,
        rate: float,
        beside: Tensor | float = 0.0,
        ended: Callable[[], bool] = lambda: False,
    ) -> tuple[Tensor, Tensor]:
        """Return where it goes down to, and how far that is foreseen to be; never up."""
        low, high = ends
        place = start.clone().requires_grad_()
        step = _Adam(place)
        for number in range(steps):
            if ended():
                break
            distances = self._distances(place, self._goal.whole, beside)
            (slope,) = torch.autograd.grad(distances.sum(), place)
            with torch.no_grad():
                length = rate * (1.0 - SLOWING * number / steps)
                moved = place - length * step(slope.nan_to_num())
                place.copy_(torch.minimum(torch.maximum(moved, low), high))
        with torch.no_grad():
            before, after = (
                self._distances(one, self._goal.whole, beside) for one in (start, place)
            )
            nearer = after < before
            return torch.where(nearer[:, None], place, start), torch.minimum(before, after)

    def _distances(self, settings: Tensor, view: View, beside: Tensor | float = 0.0) -> Tensor:
        return self._goal.distances(self._foreseen(settings, view) + beside, view)

    def _foreseen(self, settings: Tensor, view: View) -> Tensor:
        spectra: Tensor = self._proxy(settings, view.times_s.expand(len(settings), -1))
        return spectra

    def _beside(self, trial: Trial) -> Tensor:
        """Return by how much a trial sounds otherwise than foreseen, dB ``(frames, bands)``."""
        beside = self._known.get(trial)
        if beside is None:
            view = self._goal.whole
            heard = heard_bands(trial.render.audio)[view.frames]
            with torch.no_grad():
                foreseen = self._foreseen(torch.from_numpy(trial.vector[None]), view)
            foreseen += level_between(foreseen, heard[None], FEATURES.floor_db)
            unheard = (UNHEARD_DB - foreseen[0]).clamp_max(0.0)
            beside = torch.where(heard > HEARD_DB, heard - foreseen[0], unheard)
            beside = self._known[trial] = beside.clamp(-MOST_BESIDE_DB, MOST_BESIDE_DB)
        return beside


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
