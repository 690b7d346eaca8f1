"""One perceptual distance, to rank candidates by and to search with.

Eight measures in four parts, each 0 for the sound itself and independent of level but for one:

- *spectral*: dB at three resolutions, frame against frame;
- *cepstral*: the shape of the spectrum, with time warped (mel cepstra, DTW);
- *transport*: how far the spectrum has to be moved along frequency, frame by frame, where
  the sound is heard and over the whole length, and how far partials that stay are out of tune;
- *envelope*: the contour of loudness, its place in time, and the level.

They follow the four metrics of Hayes et al. 2025 (``backend.matching.metrics``), at a fraction of
their time, and differ where those serve an ear badly: silence around a short sound does not count
as likeness, the level counts once, and a wrong pitch does. Each is divided by what it is between
unrelated presets, less what it is between two renders of one preset (Surge XT's oscillators start
at random phases), which it is blind to. docs/distance.md has what searching by this distance and by
others is worth, measured by ``python -m training.bench_distance``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from backend.audio.region import WINDOW_SAMPLES
from backend.matching.distance_features import TRANSPORT_STEP, SoundFeatures
from backend.matching.pair_distances import (
    active_frames,
    cepstral_distance,
    decibel_distance,
    envelope_distances,
    over_active,
    tuning_distance,
)
from backend.matching.resolution import STEPS, Resolution
from backend.matching.spectra import SAMPLE_RATE_HZ
from backend.records import Audio

#: The mean difference in dB over the three resolutions is at least this share of the middle one's:
#: 0.82 was the least of 512 pairs of golden sounds.
LEAST_OF_MIDDLE = 0.8
#: A difference in level counts up to this.
LEVEL_LIMIT_DB = 20.0
#: A recording whose last 50 ms are this far below its loudest has died away: silence follows it.
DIED_AWAY_DB = 40.0


@dataclass(frozen=True)
class Measures:
    """The eight measures of a pair of sounds as they are, 0 for equal sounds.

    Args:
        decibel: mean difference of cells, dB.
        cepstral: mean difference of cepstra along the cheapest path.
        transport: mean way, as a share of the range to 22 kHz, 0..1.
        tuning: 1 - likeness of the partials, 0..2, as far as the target's stay.
        faint: as transport, but over the whole length, also where next to nothing is heard.
        contour: square root of 1 - the cosine of the envelopes, 0..1.
        timing: mean way of the amplitude in time, seconds.
        level_db: difference of the loudest 50 ms, at most 20 dB.
    """

    decibel: float
    cepstral: float
    transport: float
    tuning: float
    faint: float
    contour: float
    timing: float
    level_db: float


@dataclass(frozen=True)
class Distance:
    """How far a sound is from the target: about 1 between unrelated presets, lower is nearer.

    Args:
        spectral: the spectral part.
        cepstral: the cepstral part.
        transport: the part of spectral transport and pitch.
        envelope: the part of loudness over time.
        total: the weighted mean of all measures, the one number to rank and to search by.
    """

    spectral: float
    cepstral: float
    transport: float
    envelope: float
    total: float


#: Medians over known pairs, by ``python -m training.bench_distance``: two renders of one preset,
#: and unrelated presets.
FLOOR = Measures(2.2, 2.2, 0.004, 0.05, 0.004, 0.032, 0.0034, 0.1)
TYPICAL = Measures(30.0, 22.0, 0.62, 0.76, 0.37, 0.87, 0.84, 16.7)

#: What each measure weighs; docs/distance.md says why.
WEIGHTS = Measures(1.0, 1.0, 1.2, 0.3, 0.8, 1.2, 0.1, 0.5)

SPECTRAL, CEPSTRAL, TRANSPORT, ENVELOPE = slice(0, 1), slice(1, 2), slice(2, 5), slice(5, 8)


class TargetDistance:
    """Measures how far sounds are from one target, which is analysed once.

    Args:
        target: float32 ``(1 or 2, samples)`` at 44.1 kHz, finite; mono counts as two equal
            channels. Where less than 4 s was recorded, and the sound had died away by then, silence
            is expected to follow; where it was cut while it sounded, nothing that comes later is
            compared.
    """

    def __init__(self, target: Audio) -> None:
        """Analyse the target."""
        #: Sounds are compared as they would be in a recording of the target's resolution.
        self.resolution = Resolution(target)
        self._samples = max(target.shape[-1], WINDOW_SAMPLES if _died_away(target) else 0)
        self._target = SoundFeatures(target, self._samples)

    def measure(self, audio: Audio) -> Distance:
        """Return the distance of a sound, and its parts.

        Args:
            audio: float32 ``(1 or 2, samples)`` at 44.1 kHz, finite; cut or filled up with silence
                to the length compared.
        """
        return combine(self.measures(audio))

    def measures(self, audio: Audio) -> Measures:
        """Return the eight measures of a sound as they are."""
        *_, measures = self._steps(audio)
        return measures

    def within(self, audio: Audio, limit: float) -> float | None:
        """Return the total distance of a sound; None once it is known to be more than a limit.

        What tells most for its time is measured first, so that most of the sounds that are too far
        take a fraction of the time.

        Args:
            audio: as in ``measure``.
            limit: a total distance.
        """
        total = math.inf
        for measures in self._steps(audio):
            total = combine(measures).total
            if total > limit:
                return None
        return total

    def _steps(self, audio: Audio) -> Iterator[Measures]:
        """Measure a sound; yields the least that each measure can be by what is known so far."""
        target = self._target
        other = SoundFeatures(self.resolution.of(audio), self._samples)
        with torch.inference_mode():
            contour, timing = envelope_distances(target.envelope, other.envelope)
            level_db = min(abs(target.level_db - other.level_db), LEVEL_LIMIT_DB)
            known = Measures(0, 0, 0, 0, 0, contour, timing, level_db)
        yield known
        with torch.inference_mode():
            middle = decibel_distance(target.middle, other.middle)
            # The mean way of the spectrum's mass along frequency (SOT of Hayes et al. 2025).
            way = (target.cumulative - other.cumulative).abs_().mean(dim=1)
            step = TRANSPORT_STEP
            transport = over_active(way, *active_frames(target.middle, other.middle, step))
            known = replace(
                known,
                decibel=LEAST_OF_MIDDLE * middle,
                transport=transport,
                faint=float(way.mean()),
            )
        yield known
        with torch.inference_mode():
            known = replace(known, cepstral=cepstral_distance(target, other))
        yield known
        with torch.inference_mode():
            long = decibel_distance(target.long, other.long)
            tuning = tuning_distance(target, other)
            least = max(LEAST_OF_MIDDLE * middle, (middle + long) / 3)
            known = replace(known, decibel=least, tuning=tuning)
        yield known
        with torch.inference_mode():
            short = decibel_distance(target.short, other.short)
        yield replace(known, decibel=(short + middle + long) / 3)


def rehearse() -> None:
    """Measure once: loops are compiled, or fetched from where that has been kept."""
    chirp = np.sin(np.linspace(0.0, 30.0, 2 * SAMPLE_RATE_HZ) ** 2).astype(np.float32)
    files = (np.rint(chirp * STEPS[0]) / np.float32(STEPS[0])).astype(np.float32)
    TargetDistance(files.reshape(2, -1)).measure(chirp.reshape(2, -1))


def combine(measures: Measures, weights: Measures = WEIGHTS) -> Distance:
    """Return the distance that eight measures make.

    Args:
        measures: of a pair of sounds.
        weights: what each weighs within its part and in the total.
    """
    shares = _numbers(weights)
    rows = zip(_numbers(measures), _numbers(FLOOR), _numbers(TYPICAL), shares, strict=True)
    weighed: list[float] = [
        share * _above_floor(value, floor) / _above_floor(typical, floor)
        for value, floor, typical, share in rows
    ]

    def part(chosen: slice) -> float:
        return sum(weighed[chosen]) / max(sum(shares[chosen]), 1e-9)

    return Distance(
        part(SPECTRAL), part(CEPSTRAL), part(TRANSPORT), part(ENVELOPE), part(slice(None))
    )


def _numbers(measures: Measures) -> tuple[float, ...]:
    """Return the eight in order; ``astuple`` copies deeply, at a hundred times the cost."""
    return tuple(vars(measures).values())


def _above_floor(value: float, floor: float) -> float:
    """Return a value less the floor, smoothly: quadratic and small below it, 0 at 0."""
    return math.hypot(value, floor) - floor


def _died_away(target: Audio) -> bool:
    envelope = SoundFeatures(target, target.shape[-1]).envelope
    return bool(envelope[-1] <= envelope.max() * 10.0 ** (-DIED_AWAY_DB / 20.0))
