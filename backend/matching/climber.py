"""Climbs: settings are moved to where the spectral proxy foresees them nearer to the target.

The proxy (``models.spectral_proxy``) says how a setting would sound, moment by moment, and which
way each parameter should go; a few dozen steps that way cost as much time as a few renders, and
lead where a search would take hundreds. What is climbed by is a likeness of ``TargetDistance`` that
can be differentiated: dB, cepstra, the spectrum's transport, and the envelope.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from backend.matching.distance import TYPICAL, WEIGHTS
from backend.matching.embedding import FEATURES
from backend.matching.foresight import Rendered
from backend.matching.spectra import cosines
from backend.records import Audio, Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import NOTE_WIDTH, ParameterSpec
from models.features import LogMel, slaney_mel_filters
from models.spectral_parts import levelled
from models.spectral_proxy import SpectralProxy

#: Every so many frames of 10 ms a spectrum is foreseen; where the target is silent, more rarely.
HEARD_STEP, SILENT_STEP = 5, 20
#: A step of a climb looks at every so many of these moments.
PARTS = 3
#: Of proposals that climb: how many do, for how many steps, and how long the first step is, of a
#: range of 2. So many climb together.
CLIMBED, PROPOSAL_STEPS, PROPOSAL_RATE, TOGETHER = 16, 40, 0.04, 8
#: Of a rendered setting: how many climbs begin at once, how many of them are worth a render, and
#: the same as above.
CLIMBS, CLIMBS_KEPT, CLIMB_STEPS, CLIMB_RATE = 8, 2, 18, 0.04
#: The last step is this share shorter than the first.
SLOWING = 0.8
#: Share of the parameters that a climb of a rendered setting moves, and how far, at most.
CLIMB_SHARES = (0.3, 0.6, 1.0)
SHORTEST_CLIMB, LONGEST_CLIMB = 0.1, 1.0
#: How much of the mean slope, and of its mean square, Adam keeps at each step.
MEAN_KEPT, SQUARE_KEPT = 0.9, 0.999

#: Cells above this are heard, dB.
HEARD_DB = -79.0
#: What a render was heard to be beside what was foreseen counts up to this, dB.
MOST_BESIDE_DB = 30.0
CEPSTRAL_COEFFICIENTS = 20
#: Settings whose proxy is asked at once.
ASKED_TOGETHER = 32
NEPERS = float(np.log(10.0) / 10.0)


@dataclass(frozen=True)
class _View:
    """The target at some moments.

    Args:
        frames: which, ``(frames,)``.
        times_s: when.
        stands_for: how many frames each stands for.
        target: dB below the loudest, ``(frames, bands)``.
        cepstra, cumulative, envelope, active: features of it, ``(1, frames, ...)``.
    """

    frames: Tensor
    times_s: Tensor
    stands_for: Tensor
    target: Tensor
    cepstra: Tensor
    cumulative: Tensor
    envelope: Tensor
    active: Tensor


class Climber:
    """Climbs towards one target.

    Args:
        proxy: of the parameter space.
        spec: the parameter space.
        target: the sound, float32 ``(channels, samples)`` at 44.1 kHz, 4 s.
    """

    def __init__(self, proxy: SpectralProxy, spec: ParameterSpec, target: Audio) -> None:
        self._proxy = proxy
        self._equivalents = Equivalents(spec)
        self._log_mel = LogMel(FEATURES)
        filters = torch.from_numpy(slaney_mel_filters(FEATURES)).float()
        self._gains = filters.sum(dim=1).clamp_min(1e-9)
        #: Bins of a band, and their share of all.
        self._bins = self._gains / filters.amax(dim=1).clamp_min(1e-9)
        self._shares = self._bins / self._bins.sum()
        self._cosines = cosines(CEPSTRAL_COEFFICIENTS, FEATURES.mels).float().clone()
        every = torch.arange(FEATURES.frames)
        heard = self._heard(target, every)
        steps = torch.where((heard > HEARD_DB).any(dim=1), HEARD_STEP, SILENT_STEP)
        frames = every[every % steps == 0]
        self._whole = self._view(heard, frames, steps)
        self._parts = [self._view(heard, frames[part::PARTS], steps) for part in range(PARTS)]
        self._known: WeakKeyDictionary[Rendered, Tensor] = WeakKeyDictionary()

    def proposals(
        self, starts: Sequence[Vector], free: npt.NDArray[np.bool_]
    ) -> Iterator[list[Vector]]:
        """Yield where the most promising of many settings climb to, the most promising first.

        Args:
            starts: settings, rendered or not.
            free: continuous parameters that may be moved, ``(width,)``; the pitch stays.

        Yields:
            ``TOGETHER`` vectors at a time, the nearest foreseen first, ``CLIMBED`` in all; each
            time takes about as long as twenty renders.
        """
        if not starts:
            return
        settings = self._rested(np.stack(starts))
        view = self._parts[0]
        with torch.no_grad():
            asked = torch.split(settings, ASKED_TOGETHER)
            distances = torch.cat(
                [self._distances(self._foreseen(some, view), view) for some in asked]
            )
        moving, beside = _movable(free), torch.zeros(len(self._whole.frames), 1)
        for some in torch.split(settings[distances.argsort()[:CLIMBED]], TOGETHER):
            low, high = (torch.where(moving, edge, some) for edge in (-1.0, 1.0))
            best, least = self._descend(some, beside, low, high, PROPOSAL_STEPS, PROPOSAL_RATE)
            yield list(best[least.argsort()].numpy())

    def climb(
        self, parent: Rendered, free: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> list[Vector]:
        """Move a rendered setting to where it is foreseen to be nearer to the target.

        Args:
            parent: the setting; what it was heard to be beside what the proxy says is taken to stay
                the same.
            free: continuous parameters that may be moved, ``(width,)``; the pitch stays.
            rng: chooses which of them move, and how far they may.

        Returns:
            ``CLIMBS_KEPT`` vectors.
        """
        shares = rng.choice(CLIMB_SHARES, size=(CLIMBS, 1))
        moving = (rng.random((CLIMBS, len(parent.vector))) < shares) & _movable(free).numpy()
        far = np.exp(rng.uniform(np.log(SHORTEST_CLIMB), np.log(LONGEST_CLIMB), (CLIMBS, 1)))
        start = torch.from_numpy(np.tile(parent.vector, (CLIMBS, 1)))
        reach = torch.from_numpy((far * moving).astype(np.float32))
        low, high = (start - reach).clamp_min(-1.0), (start + reach).clamp_max(1.0)
        best, least = self._descend(start, self._beside(parent), low, high, CLIMB_STEPS, CLIMB_RATE)
        return list(best[least.argsort()[:CLIMBS_KEPT]].numpy())

    def _descend(
        self, start: Tensor, beside: Tensor, low: Tensor, high: Tensor, steps: int, rate: float
    ) -> tuple[Tensor, Tensor]:
        """Return where it goes down to, and how far that is foreseen to be; never up.

        Each step looks at every ``PARTS``-th moment, in turns.
        """
        place = start.clone().requires_grad_()
        step = _Adam(place)
        for number in range(steps):
            part = number % PARTS
            foreseen = self._foreseen(place, self._parts[part]) + beside[part::PARTS]
            distances = self._distances(foreseen, self._parts[part])
            (slope,) = torch.autograd.grad(distances.sum(), place)
            with torch.no_grad():
                length = rate * (1.0 - SLOWING * number / steps)
                moved = place - length * step(slope.nan_to_num())
                place.copy_(torch.minimum(torch.maximum(moved, low), high))
        with torch.no_grad():
            both = torch.cat([start, place])
            before, after = self._distances(
                self._foreseen(both, self._whole) + beside, self._whole
            ).chunk(2)
            nearer = after < before
            return torch.where(nearer[:, None], place, start), torch.minimum(before, after)

    def _foreseen(self, settings: Tensor, view: _View) -> Tensor:
        spectra: Tensor = self._proxy(settings, view.times_s.expand(len(settings), -1))
        return spectra

    def _beside(self, parent: Rendered) -> Tensor:
        """Return by how much the parent sounds otherwise than foreseen, dB ``(frames, bands)``."""
        beside = self._known.get(parent)
        if beside is None:
            heard = self._heard(parent.render.audio, self._whole.frames)
            with torch.no_grad():
                foreseen = self._foreseen(self._rested(parent.vector[None]), self._whole)
            beside = heard - levelled(foreseen, heard[None], FEATURES.floor_db)[0]
            beside = self._known[parent] = beside.clamp(-MOST_BESIDE_DB, MOST_BESIDE_DB)
        return beside

    def _heard(self, audio: Audio, frames: Tensor) -> Tensor:
        """Return both channels' mean mel bands in dB below the loudest, ``(frames, bands)``."""
        with torch.inference_mode():
            mel_db = self._log_mel(torch.from_numpy(np.ascontiguousarray(audio))[None])[0]
        spectra: Tensor = mel_db.mean(dim=0).T[frames].clone()  # to take gradients with
        return spectra

    def _view(self, heard: Tensor, frames: Tensor, steps: Tensor) -> _View:
        stands_for = steps[frames].float()
        target = heard[frames]
        times_s = frames * (FEATURES.hop_samples / FEATURES.sample_rate_hz)
        return _View(frames, times_s, stands_for, target, *self._features(target[None], stands_for))

    def _distances(self, foreseen: Tensor, view: _View) -> Tensor:
        """Return how far spectra are from the target, ``(n,)``, at whatever level they are."""
        db = levelled(foreseen, view.target[None], FEATURES.floor_db)
        cepstra, cumulative, envelope, active = self._features(db, view.stands_for)
        frames = torch.maximum(active, view.active) * view.stands_for
        frames = frames / frames.sum(dim=1, keepdim=True).clamp_min(1e-3)
        every = view.stands_for / view.stands_for.sum()
        ways = ((cumulative - view.cumulative).abs() * self._shares).sum(dim=2)
        likeness = (envelope * view.envelope).sum(dim=1)
        decibel = ((db - view.target).abs().mean(dim=2) * frames).sum(dim=1)
        cepstral = ((cepstra - view.cepstra).abs().mean(dim=2) * frames).sum(dim=1)
        w, t = WEIGHTS, TYPICAL
        total: Tensor = (
            w.decibel / t.decibel * decibel
            + w.cepstral / t.cepstral * cepstral
            + w.transport / t.transport * (ways * frames).sum(dim=1)
            + w.faint / t.faint * (ways * every).sum(dim=1)
            + w.contour / t.contour * (1.0 - likeness).clamp_min(1e-6).sqrt()
        )
        return total / (w.decibel + w.cepstral + w.transport + w.faint + w.contour)

    def _features(self, db: Tensor, stands_for: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return cepstra, cumulative spectra, envelopes, and which frames are heard as 0 or 1."""
        heard = db > HEARD_DB
        magnitude = torch.exp(db * (0.5 * NEPERS)) * (self._bins * self._gains.rsqrt()) * heard
        cumulative = magnitude.cumsum(dim=2)
        cumulative = cumulative / (cumulative[..., -1:] + 1e-9)
        loudness = (magnitude.square() / self._bins).sum(dim=2).add(1e-12).sqrt()
        envelope = F.normalize(loudness * stands_for.sqrt(), dim=1, eps=1e-9)
        return db @ self._cosines.T, cumulative, envelope, heard.any(dim=2).float()

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
