"""What ``TargetDistance`` compares: one sound at three resolutions, its cepstra, its envelope.

Nothing here depends on the sound's level, which is kept beside. A frame is *active* if any of its
cells is within 80 dB of the loudest: distances are taken over active frames, so that silence around
a short sound does not count as likeness.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from backend.matching.spectra import (
    SAMPLE_RATE_HZ,
    FloatArray,
    cosines,
    hann,
    power,
    same_length,
)
from backend.records import Audio
from models.features import FeatureConfig, short_spectra, slaney_mel_filters

# Windows of a power of two, as their FFT takes a third of the time of those of the papers.
#: Windows of 12 and 46 ms on the mel scale, both channels.
SHORT = FeatureConfig(window_samples=512, hop_samples=512, mels=32)
MIDDLE = FeatureConfig(window_samples=2048, hop_samples=1024, mels=64)
#: Windows of 93 ms, the mix of both channels, in bands of a quarter tone.
LONG = FeatureConfig(window_samples=4096, hop_samples=2048)
LOWEST_HZ, HIGHEST_HZ, BANDS_PER_OCTAVE = 30.0, 11_000.0, 24
QUARTER_TONES = int(np.log2(HIGHEST_HZ / LOWEST_HZ) * BANDS_PER_OCTAVE)

#: Cells this far below the loudest, and less, all count as this.
FLOOR_DB = 80.0
CEPSTRAL_COEFFICIENTS = 20
#: The transport of spectra is measured in every second frame of MIDDLE.
TRANSPORT_STEP = 2
#: The envelope: RMS of 50 ms every 25 ms.
ENVELOPE_HOP_SAMPLES = 1102
SHORTEST_SAMPLES = 2 * ENVELOPE_HOP_SAMPLES

#: A sound whose peak is below this is silent: -120 dB of full scale.
SILENT_PEAK = 1e-6
SILENT_DB = -120.0
#: What lies so far below the peak, before a sound and after it, is not analysed: -220 dB. Tails
#: that die away go on in numbers so small that a processor takes several times as long.
NOTHING = 1e-11
STRETCH_SAMPLES = 1024
_LEAST_POWER = 1e-10

BLOCK_BANDS = 24
#: Which bins the bands of a block need, and their weights ``(those bins, bands)``.
Blocks = tuple[tuple[slice, Tensor], ...]


@dataclass(frozen=True)
class Cells:
    """The cells of the frames in which a sound is anything but silent.

    Args:
        power: ``(channels, frames, bins)``, or of bands ``(channels, frames, bands)``.
        before: how many silent frames come first, a multiple of TRANSPORT_STEP.
        after: how many come last.
    """

    power: Tensor
    before: int
    after: int


@dataclass(frozen=True)
class Scale:
    """A sound at one resolution.

    Args:
        db: ``(frames, cells)``, dB relative to the loudest cell, at least -80; cells are bands of
            one or of both channels.
        active: bool ``(frames,)``.
    """

    db: Tensor
    active: Tensor


class SoundFeatures:
    """One sound; each of its features is taken when it is first asked for, as none comes for free.

    Args:
        audio: float32 ``(1 or 2, samples)`` at 44.1 kHz, finite; mono counts as two equal channels.
        samples: the length that is analysed: the end is cut, or filled up with silence.
    """

    def __init__(self, audio: Audio, samples: int) -> None:
        fitted = same_length(audio, max(samples, SHORTEST_SAMPLES))
        peaks = _peaks(fitted)
        self._peak = float(peaks.max())
        fitted *= 1.0 / self._peak if self._peak > SILENT_PEAK else 0.0
        # Of two equal channels all is computed once.
        self._clip = torch.from_numpy(fitted[: 1 if np.array_equal(*fitted) else 2])
        self._sounding = _sounding(peaks, fitted.shape[1])

    @cached_property
    def short(self) -> Scale:
        """Windows of 12 ms, mel bands of both channels."""
        return _scale(_bands(self._cells(self._clip, SHORT), _mel_blocks(SHORT)), 2)

    @cached_property
    def middle(self) -> Scale:
        """Windows of 46 ms, mel bands of both channels."""
        return _scale(_bands(self._middle_cells, _mel_blocks(MIDDLE)), 2)

    @cached_property
    def long(self) -> Scale:
        """Windows of 93 ms, quarter tones of the mix."""
        mix = self._cells(self._clip.mean(dim=0, keepdim=True), LONG)
        return _scale(_bands(mix, _quarter_tone_blocks()), 1)

    @cached_property
    def cepstra(self) -> Tensor:
        """``(frames of middle, 40)``, 20 coefficients of each channel."""
        return _cepstra(self.middle.db)

    @cached_property
    def cumulative(self) -> Tensor:
        """``(every second frame of middle, bins)``, spectra summed up over frequency.

        Magnitudes of both channels together, to 1 at the last bin, or 0 for silence.
        """
        cells, step = self._middle_cells, TRANSPORT_STEP
        summed = cells.power[:, ::step].mean(dim=0).sqrt_().cumsum(dim=1)
        summed /= summed[:, -1:].clamp_min(1e-6)
        frames = cells.before + cells.power.shape[1] + cells.after
        before = cells.before // step
        return F.pad(summed, (0, 0, before, -(-frames // step) - before - len(summed)))

    @cached_property
    def partials(self) -> Tensor:
        """``(frames of long, quarter tones)``, how far each stands out from the octave around it.

        Of length 1, or 0 for a frame without.
        """
        return F.normalize(self.long.db @ _sharpening(), dim=1, eps=1e-3)

    @cached_property
    def envelope(self) -> FloatArray:
        """``(frames of 25 ms,)``, RMS of both channels together."""
        return _envelope(self._clip)

    @property
    def level_db(self) -> float:
        """Of the loudest 50 ms, a full-scale square wave is 0; at least -120."""
        loudest = float(self.envelope.max()) * self._peak
        return max(SILENT_DB, 20.0 * float(np.log10(max(loudest, 1e-9))))

    @cached_property
    def _middle_cells(self) -> Cells:
        return self._cells(self._clip, MIDDLE)

    def _cells(self, clip: Tensor, resolution: FeatureConfig) -> Cells:
        """Return the cells of the frames that a part of the sound falls into, one at least."""
        hop, half = resolution.hop_samples, resolution.window_samples // 2
        frames = clip.shape[1] // hop + 1
        first = max(0, (self._sounding.start - half) // hop + 1) // TRANSPORT_STEP * TRANSPORT_STEP
        end = min(frames, max(first + 1, -(-(self._sounding.stop + half) // hop)))
        begins, ends = first * hop - half, (end - 1) * hop + half
        part = clip[:, max(0, begins) : ends]
        missing = max(0, -begins)
        part = F.pad(part, (missing, ends - begins - missing - part.shape[1]))
        spectra = short_spectra(part, hann(2 * half), hop, centred=False)
        return Cells(power(spectra), first, frames - end)


def _peaks(fitted: Audio) -> npt.NDArray[np.float32]:
    """Return the peak of each stretch of ``(channels, samples)``, the last one maybe shorter."""
    size = np.abs(fitted)
    whole = size.shape[1] // STRETCH_SAMPLES * STRETCH_SAMPLES
    peaks = size[:, :whole].reshape(len(size), -1, STRETCH_SAMPLES).max(axis=(0, 2))
    rest = size[:, whole:]
    return np.append(peaks, rest.max()) if rest.size else peaks


def _sounding(peaks: npt.NDArray[np.float32], samples: int) -> range:
    """Return from where to where a sound is not silent, in whole stretches.

    Args:
        peaks: of its stretches.
        samples: its length.
    """
    heard = np.flatnonzero(peaks > NOTHING * peaks.max())
    if not len(heard) or peaks.max() <= SILENT_PEAK:
        return range(min(STRETCH_SAMPLES, samples))
    return range(
        int(heard[0]) * STRETCH_SAMPLES, min((int(heard[-1]) + 1) * STRETCH_SAMPLES, samples)
    )


def _scale(cells: Cells, channels: int) -> Scale:
    """Make a scale of so many channels of the powers of bands."""
    band_power = F.pad(cells.power, (0, 0, cells.before, cells.after))
    loudest = float(band_power.max())
    db = band_power.clamp_min(_LEAST_POWER).log10_().mul_(10.0)
    db = (db - db.max()).clamp_min_(-FLOOR_DB)
    db = db.expand(channels, -1, -1).transpose(0, 1).flatten(1)
    # All is equal in a sound without any power: that is no sound.
    heard = loudest > _LEAST_POWER
    return Scale(db, (db > -FLOOR_DB).any(dim=1) & heard)


def _cepstra(db: Tensor) -> Tensor:
    """Return ``(frames, 40)`` from the cells of MIDDLE, ``(frames, 128)``."""
    basis = cosines(CEPSTRAL_COEFFICIENTS, MIDDLE.mels)
    return (db.reshape(-1, 2, MIDDLE.mels) @ basis.T).flatten(1)


def _envelope(clip: Tensor) -> FloatArray:
    blocks = clip.shape[1] // ENVELOPE_HOP_SAMPLES
    parts = clip[:, : blocks * ENVELOPE_HOP_SAMPLES].view(len(clip), blocks, -1).numpy()
    mean = np.einsum("cbs,cbs->b", parts, parts).astype(np.float64) / parts[:, 0].size
    envelope: FloatArray = np.sqrt((mean[1:] + mean[:-1]) / 2)
    return envelope


def _bands(cells: Cells, blocks: Blocks) -> Cells:
    """Return the powers of bands."""
    bands = torch.cat([cells.power[..., bins] @ weights for bins, weights in blocks], dim=2)
    return replace(cells, power=bands)


def _in_blocks(weights: FloatArray | npt.NDArray[np.float32]) -> Blocks:
    """Cut weights ``(bands, bins)`` into blocks of few bands, each with no more bins than it needs.

    Each band has but a few bins: so most of the multiplications are saved.
    """
    blocks = []
    for first in range(0, len(weights), BLOCK_BANDS):
        block = weights[first : first + BLOCK_BANDS].astype(np.float32)
        used = np.flatnonzero(block.any(axis=0))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        blocks.append((bins, torch.from_numpy(np.ascontiguousarray(block[:, bins].T))))
    return tuple(blocks)


@cache
def _mel_blocks(resolution: FeatureConfig) -> Blocks:
    return _in_blocks(slaney_mel_filters(resolution))


@cache
def _quarter_tone_blocks() -> Blocks:
    """Return triangular bands, as wide as a quarter tone, or as a bin where that is wider."""
    step_hz = SAMPLE_RATE_HZ / LONG.window_samples
    bin_hz = np.arange(int(HIGHEST_HZ / step_hz)) * step_hz
    place = np.log2(np.maximum(bin_hz, 1.0) / LOWEST_HZ) * BANDS_PER_OCTAVE
    band_hz = LOWEST_HZ * 2.0 ** (np.arange(QUARTER_TONES) / BANDS_PER_OCTAVE)
    reach = np.maximum(1.0, np.log2(1.0 + step_hz / band_hz) * BANDS_PER_OCTAVE)
    weights = 1.0 - np.abs(place[None] - np.arange(QUARTER_TONES)[:, None]) / reach[:, None]
    return _in_blocks(np.maximum(weights, 0.0))


@cache
def _sharpening() -> Tensor:
    """Return ``(quarter tones, quarter tones)``: each less the octave around it, then blurred."""
    octave = BANDS_PER_OCTAVE + 1
    each = torch.eye(QUARTER_TONES)[:, None]
    padded = F.pad(each, (octave // 2, octave // 2), mode="replicate")
    sharp = each - F.avg_pool1d(padded, octave, stride=1)
    blur = torch.tensor([[[1.0, 2.0, 3.0, 2.0, 1.0]]]) / 9.0
    return F.conv1d(sharp, blur, padding=2)[:, 0]
