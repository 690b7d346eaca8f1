"""The goal of a climb: how far spectra at some moments are from the target's.

A likeness of ``TargetDistance`` that can be differentiated: dB, cepstra, the spectrum's transport,
and the envelope, each by its weight there, at whatever level.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from backend.matching.distance import TYPICAL, WEIGHTS
from backend.matching.distance_features import CEPSTRAL_COEFFICIENTS
from backend.matching.embedding import FEATURES
from backend.matching.mel import mel_db
from backend.matching.spectra import cosines
from backend.records import Audio
from models.features import slaney_mel_filters
from models.spectral_parts import NEPERS, levelled

#: At most so many moments are looked at; one of so many, where it has to be quick.
MOMENTS, FEW = 64, 4
#: What draws moments, in shares: where the sound is loud, where it is heard at all, where its level
#: changes, and anywhere.
LOUD, AUDIBLE, CHANGING, ANYWHERE = 0.4, 0.2, 0.3, 0.1
#: A change of level below this counts no more, dB below the loudest.
FAINT_DB = -60.0
#: Cells above this are heard, dB; a frame whose loudest is so much above it counts as a whole.
HEARD_DB, WHOLE_DB = -79.0, 10.0


@dataclass(frozen=True)
class View:
    """The target at some moments.

    Args:
        frames: which, ``(frames,)``.
        times_s: when.
        stands_for: how many frames each stands for.
        target: dB below the loudest, ``(frames, bands)``.
        heard: how many of those are heard.
        cepstra, cumulative, envelope: features of it, ``(1, frames, ...)``.
    """

    frames: Tensor
    times_s: Tensor
    stands_for: Tensor
    heard: Tensor
    target: Tensor
    cepstra: Tensor
    cumulative: Tensor
    envelope: Tensor


class Goal:
    """What is climbed to.

    Args:
        target: the sound, float32 ``(channels, samples)`` at 44.1 kHz, 4 s.
    """

    def __init__(self, target: Audio) -> None:
        filters = torch.from_numpy(slaney_mel_filters(FEATURES)).float()
        self._gains = filters.sum(dim=1).clamp_min(1e-9)
        #: Bins of a band, and their share of all.
        self._bins = self._gains / filters.amax(dim=1).clamp_min(1e-9)
        self._shares = self._bins / self._bins.sum()
        self._cosines = cosines(CEPSTRAL_COEFFICIENTS, FEATURES.mels).float().clone()
        heard = heard_bands(target)
        frames = self._telling(heard)
        #: The moments that tell most, and some of them.
        self.whole, self.few = (self._view(heard, some) for some in (frames, frames[::FEW]))

    def distances(self, foreseen: Tensor, view: View) -> Tensor:
        """Return how far spectra are from the target, ``(n,)``, at whatever level they are."""
        db = levelled(foreseen, view.target[None], FEATURES.floor_db)
        cepstra, cumulative, envelope = self._features(db, view.stands_for)
        frames = torch.maximum(_heard(db) * view.stands_for, view.heard)
        every = frames / view.stands_for.sum()
        frames = frames / frames.sum(dim=1, keepdim=True).clamp_min(1e-3)
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

    def _features(self, db: Tensor, stands_for: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return cepstra, cumulative spectra and envelopes."""
        heard = db > HEARD_DB
        magnitude = torch.exp(db * (0.5 * NEPERS)) * (self._bins * self._gains.rsqrt()) * heard
        cumulative = magnitude.cumsum(dim=2)
        cumulative = cumulative / (cumulative[..., -1:] + 1e-9)
        loudness = (magnitude.square() / self._bins).sum(dim=2).add(1e-12).sqrt()
        envelope = F.normalize(loudness * stands_for.sqrt(), dim=1, eps=1e-9)
        return db @ self._cosines.T, cumulative, envelope

    def _telling(self, heard: Tensor) -> Tensor:
        """Return the frames that tell most about a sound, fewer where it is short."""
        audible = heard > HEARD_DB
        power = (torch.exp(heard * NEPERS) * (self._bins / self._gains) * audible).sum(dim=1)
        amplitude = power.sqrt()
        level = (20.0 * torch.log10(amplitude / amplitude.max() + 1e-9)).clamp_min(FAINT_DB)
        change = F.pad(level.diff().abs(), (1, 0))
        parts = [amplitude, audible.any(dim=1).float(), change, torch.ones_like(level)]
        shares = torch.tensor([LOUD, AUDIBLE, CHANGING, ANYWHERE])
        along = (shares @ F.normalize(torch.stack(parts), p=1.0, dim=1)).cumsum(0)
        places = (torch.arange(MOMENTS) + 0.5) / MOMENTS * along[-1]
        frames = torch.searchsorted(along, places)
        return torch.tensor(sorted(set(frames.clamp_max(len(heard) - 1).tolist())))

    def _view(self, heard: Tensor, frames: Tensor) -> View:
        middles = 0.5 * (frames[1:] + frames[:-1])
        stands_for = torch.diff(
            middles, prepend=torch.tensor([-0.5]), append=torch.tensor([len(heard) - 0.5])
        )
        target = heard[frames]
        times_s = frames * (FEATURES.hop_samples / FEATURES.sample_rate_hz)
        nearest = torch.bucketize(torch.arange(len(heard), dtype=torch.float32), middles)
        counts = torch.zeros(len(frames)).index_add(0, nearest, _heard(heard[None])[0])
        features = self._features(target[None], stands_for)
        return View(frames, times_s, stands_for, counts, target, *features)


def _heard(db: Tensor) -> Tensor:
    """Return how much each frame of ``(batch, frames, bands)`` counts as heard, 0..1."""
    return ((db.amax(dim=2) - HEARD_DB) / WHOLE_DB).clamp(0.0, 1.0)


def heard_bands(audio: Audio) -> Tensor:
    """Return both channels' mean mel bands, dB ``(frames, bands)``."""
    return mel_db(audio).mean(dim=0).T
