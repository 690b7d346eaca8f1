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

#: Every so many frames of 10 ms a spectrum is foreseen; where the target is silent, more rarely.
HEARD_STEP, SILENT_STEP = 5, 20
#: The moments are also looked at in so many parts, by turns.
PARTS = 5
#: Cells above this are heard, dB.
HEARD_DB = -79.0


@dataclass(frozen=True)
class View:
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
        every = torch.arange(FEATURES.frames)
        heard = moments(mel_db(target), every)
        steps = torch.where((heard > HEARD_DB).any(dim=1), HEARD_STEP, SILENT_STEP)
        frames = every[every % steps == 0]
        #: All moments, and every ``PARTS``-th of them.
        self.whole = self._view(heard, frames, steps)
        self.parts = [self._view(heard, frames[part::PARTS], steps) for part in range(PARTS)]

    def distances(self, foreseen: Tensor, view: View) -> Tensor:
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

    def _view(self, heard: Tensor, frames: Tensor, steps: Tensor) -> View:
        stands_for = steps[frames].float()
        target = heard[frames]
        times_s = frames * (FEATURES.hop_samples / FEATURES.sample_rate_hz)
        return View(frames, times_s, stands_for, target, *self._features(target[None], stands_for))


def moments(spectrogram: Tensor, frames: Tensor) -> Tensor:
    """Return both channels' mean mel bands at some moments, ``(frames, bands)``."""
    return spectrogram.mean(dim=0).T[frames]
