"""A sound as a short vector that lies near those of sounds like it: what the index is searched by.

dB mel -> onset -> sketch: 64 bands x 42 slots of time after the onset -> principal components and
loudness envelope -> vector. Onset and level play no part, and the Euclidean distance of two vectors
follows how far the sounds are apart by ``Score.distance``. What would come after the end of the
4 s is not silence but unknown: it is taken as the heard part makes it most likely (probabilistic
principal components: Tipping and Bishop, 1999).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.features import FeatureConfig, slaney_mel_filters

#: Sizes of the spectrograms that are sketched: those which the network hears and shards hold.
FEATURES = FeatureConfig()

BANDS = 64

#: (slots, frames of 10 ms in each): fine where a sound begins, coarse where it stays.
SLOT_RUNS = ((10, 2), (10, 4), (10, 10), (12, 20))
SLOTS = sum(slots for slots, _ in SLOT_RUNS)
SLOT_FRAMES = torch.tensor([frames for slots, frames in SLOT_RUNS for _ in range(slots)])

#: A sketch begins this many frames before the frame in which the onset lies.
FRAMES_BEFORE = 2

#: The onset is where the loudness comes within this of the loudest frame.
ONSET_BELOW_PEAK_DB = 30.0

#: How much a slot weighs in the components: the square root of its duration, so that an attack is
#: heard beside seconds of sustain.
SLOT_WEIGHTS = SLOT_FRAMES.float().sqrt()

#: Weight of the envelope beside the components.
ENVELOPE_WEIGHT = 0.5

#: Times dB gives the natural logarithm of a power.
NEPERS = np.log(10) / 10


@dataclass(frozen=True)
class Sketches:
    """Sounds, seen from their onsets.

    Args:
        decibel: dB below the loudest cell, -80..0, ``(n, BANDS, SLOTS)``.
        heard: how many whole slots lie within the 4 s, int64 ``(n,)``; later ones are unknown.
        onsets_s: where each begins to be heard, ``(n,)``.
    """

    decibel: Tensor
    heard: Tensor
    onsets_s: Tensor


def sketch(mel_db: Tensor, onsets: Tensor | None = None) -> Sketches:
    """Sketch spectrograms from their onsets on.

    Args:
        mel_db: ``models.features.LogMel``'s, dB, ``(n, 2, 128, 401)``.
        onsets: where they begin, in frames, ``(n,)``, where that is known better than by ear.
    """
    power = mono_power(mel_db)
    if onsets is None:
        onsets = onset_frames(power)
    first = (onsets.floor().long() - FRAMES_BEFORE).clamp_min(0)
    frames = int(SLOT_FRAMES.sum())
    places = first[:, None] + torch.arange(frames)
    inside = places < FEATURES.frames
    bands = power.reshape(len(power), BANDS, -1, FEATURES.frames).mean(dim=2)
    places = places.clamp_max(FEATURES.frames - 1)
    aligned = bands.gather(2, places[:, None].expand(-1, BANDS, -1)) * inside[:, None]
    slots, begin = [], 0
    for count, length in SLOT_RUNS:
        run = aligned[:, :, begin : begin + count * length]
        slots.append(run.reshape(len(run), BANDS, count, length).mean(dim=3))
        begin += count * length
    floor = 10 ** (FEATURES.floor_db / 10)
    decibel = 10 * torch.cat(slots, dim=2).clamp_min(floor).log10()
    ends = SLOT_FRAMES.cumsum(0)
    heard = (ends[None] <= (FEATURES.frames - first)[:, None]).sum(dim=1)
    return Sketches(decibel, heard, onsets * (FEATURES.hop_samples / FEATURES.sample_rate_hz))


def mono_power(mel_db: Tensor) -> Tensor:
    """Return both channels' mean power, 0 at the floor, ``(n, 128, 401)``.

    Args:
        mel_db: dB below the loudest cell, ``(n, 2, 128, 401)``.
    """
    power = torch.where(mel_db > FEATURES.floor_db, (mel_db * NEPERS).exp(), 0.0)
    return power.mean(dim=1)


def onset_frames(power: Tensor) -> Tensor:
    """Return where sounds begin to be heard, in frames and parts of them, ``(n,)``.

    Args:
        power: mel powers of the mono mix, ``(n, 128, 401)``.
    """
    level = 10 * (_bandwidths() @ power).clamp_min(1e-12).log10()  # (n, 401)
    threshold = level.amax(dim=1) - ONSET_BELOW_PEAK_DB
    at = (level >= threshold[:, None]).int().argmax(dim=1)
    here = level.gather(1, at[:, None])[:, 0]
    before = level.gather(1, (at - 1).clamp_min(0)[:, None])[:, 0]
    before = torch.maximum(before, threshold - 60)  # from digital silence: not at once at the end
    share = (threshold - before) / (here - before).clamp_min(1e-3)
    return torch.where(at > 0, at - 1 + share.clamp(0, 1), 0.0)


def transpose(mel_db: Tensor, semitones: float) -> Tensor:
    """Return how spectrograms would look some semitones higher, everything moved alike.

    Args:
        mel_db: dB below the loudest cell, ``(n, 2, 128, 401)``.
        semitones: how much higher; negative for lower.
    """
    if semitones == 0:
        return mel_db
    centres = _centres_hz()
    wanted = centres / 2 ** (semitones / 12)
    places = np.interp(wanted, centres, np.arange(len(centres)))
    low = np.minimum(places.astype(np.int64), len(centres) - 2)
    share = torch.from_numpy((places - low).astype(np.float32))[:, None]
    moved = mel_db[:, :, low] * (1 - share) + mel_db[:, :, low + 1] * share
    moved[:, :, wanted > centres[-1]] = FEATURES.floor_db
    below: Tensor = moved - moved.amax(dim=(1, 2, 3), keepdim=True)
    return below.clamp_min(FEATURES.floor_db)


@dataclass(frozen=True)
class Embedding:
    """Sketches to vectors; made by ``training.fit_embedding``.

    Args:
        mean: of the weighted sketches, ``(BANDS, SLOTS)``.
        components: orthonormal, ``(BANDS, SLOTS, k)``, most important first.
        variances: along the components, ``(k,)``.
        noise: variance of what the components leave, per number.
        component_scale: what the components are divided by.
        envelope_scale: what the envelope is divided by.
    """

    mean: Tensor
    components: Tensor
    variances: Tensor
    noise: float
    component_scale: float
    envelope_scale: float

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return len(self.variances) + SLOTS

    @property
    def sha256(self) -> str:
        """What tells this embedding from others: what was trained on one serves no other."""
        numbers = torch.tensor([self.noise, self.component_scale, self.envelope_scale])
        parts = (self.mean.half(), self.components.half(), self.variances, numbers)
        return hashlib.sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest()

    def __call__(self, sketches: Sketches) -> Tensor:
        """Return a vector for each sketch, float32 ``(n, width)``."""
        components = self.likeliest(sketches) / self.component_scale
        envelope = envelopes(sketches) * (ENVELOPE_WEIGHT / self.envelope_scale)
        return torch.cat([components, envelope], dim=1)

    def likeliest(self, sketches: Sketches) -> Tensor:
        """Return the likeliest components given what is heard of each sound, ``(n, k)``."""
        centred = weighted(sketches.decibel) - self.mean
        found = torch.empty(len(centred), len(self.variances))
        for heard in sorted(set(sketches.heard.tolist())):
            these = sketches.heard == heard
            basis = self.components[:, :heard].flatten(0, 1)
            system = basis.T @ basis / self.noise + torch.diag(1 / self.variances)
            right = centred[these, :, :heard].flatten(1) @ basis / self.noise
            found[these] = torch.linalg.solve(system, right.T).T
        return found


def weighted(decibel: Tensor) -> Tensor:
    """Return sketches as the components see them, each slot times the root of its weight."""
    return decibel * SLOT_WEIGHTS.sqrt()


def envelopes(sketches: Sketches) -> Tensor:
    """Return loudness over time, of length 1, so that distances are those of the RMS metric.

    Args:
        sketches: n of them.

    Returns:
        Amplitude times the root of each slot's duration, 0 where unknown, float32 ``(n, SLOTS)``.
    """
    widths = _bandwidths().reshape(BANDS, -1).sum(dim=1)
    power = widths @ (sketches.decibel * NEPERS).exp()
    known = torch.arange(SLOTS) < sketches.heard[:, None]
    amplitude = (power * SLOT_FRAMES).sqrt() * known
    return torch.nn.functional.normalize(amplitude, dim=1)


@cache
def _bandwidths() -> Tensor:
    """Return how wide each mel band is, kHz, ``(128,)``: filters give power per Hz."""
    return torch.from_numpy(np.gradient(_centres_hz()).astype(np.float32) / 1000)


@cache
def _centres_hz() -> npt.NDArray[np.float64]:
    filters = slaney_mel_filters(FEATURES).astype(np.float64)
    bins_hz = np.arange(filters.shape[1]) * FEATURES.sample_rate_hz / FEATURES.window_samples
    centres: npt.NDArray[np.float64] = filters @ bins_hz / filters.sum(axis=1)
    return centres
