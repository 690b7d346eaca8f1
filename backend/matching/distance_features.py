"""What ``TargetDistance`` compares: one sound at three resolutions, its cepstra, its envelope.

Nothing here depends on the sound's level, which is kept beside. A frame is *active* if any of its
cells is within 80 dB of the loudest: distances are taken over active frames, so that silence around
a short sound does not count as likeness.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from backend.matching.sound_kernels import add_up_magnitudes, band_powers, fit, window_frames
from backend.matching.spectra import SAMPLE_RATE_HZ, FloatArray, cosines, hann
from backend.records import Audio
from models.features import FeatureConfig, slaney_mel_filters

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
_LEAST_POWER, _LEAST_MAGNITUDE = 1e-10, np.float32(1e-6)


@dataclass(frozen=True)
class Bands:
    """Bands of a spectrum, each of neighbouring bins.

    Args:
        bins: the first of each band, ``(bands,)``.
        ends: where its weights end, those of the first begin at 0.
        weights: of the bins, one band after the other, float32.
    """

    bins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Spectra:
    """The spectra of the frames in which a sound is anything but silent.

    Args:
        parts: real and imaginary, float32 ``(channels, frames, bins, 2)``.
        before: how many silent frames come first, a multiple of TRANSPORT_STEP.
        frames: how many there are with the silent ones.
    """

    parts: npt.NDArray[np.float32]
    before: int
    frames: int


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
        assert audio.shape[0] in (1, 2), audio.shape
        fitted = np.empty((2, max(samples, SHORTEST_SAMPLES)), np.float32)
        peaks = np.empty(-(-fitted.shape[1] // STRETCH_SAMPLES), np.float32)
        mono = fit(np.ascontiguousarray(audio, np.float32), fitted, peaks, STRETCH_SAMPLES)
        self._peak = float(peaks.max())
        #: What its samples have to be multiplied by.
        self._gain = 1.0 / self._peak if self._peak > SILENT_PEAK else 0.0
        # Of two equal channels all is computed once.
        self._clip = fitted[: 1 if mono else 2]
        self._sounding = _sounding(peaks, fitted.shape[1])

    @cached_property
    def short(self) -> Scale:
        """Windows of 12 ms, mel bands of both channels."""
        return _scale(self._spectra(SHORT), _mel_bands(SHORT), 2)

    @cached_property
    def middle(self) -> Scale:
        """Windows of 46 ms, mel bands of both channels."""
        return _scale(self._middle_spectra, _mel_bands(MIDDLE), 2)

    @cached_property
    def long(self) -> Scale:
        """Windows of 93 ms, quarter tones of the mix."""
        return _scale(self._spectra(LONG, mixed=True), _quarter_tone_bands(), 1)

    @cached_property
    def cepstra(self) -> Tensor:
        """``(frames of middle, 40)``, 20 coefficients of each channel."""
        return _cepstra(self.middle.db)

    @cached_property
    def cumulative(self) -> Tensor:
        """``(every second frame of middle, bins)``, spectra summed up over frequency.

        Magnitudes of both channels together, to 1 at the last bin, or 0 for silence.
        """
        spectra, step = self._middle_spectra, TRANSPORT_STEP
        _, sounding, bins, _ = spectra.parts.shape
        summed = np.zeros((-(-spectra.frames // step), bins), np.float32)
        first = spectra.before // step
        part = summed[first : first - (-sounding // step)]
        add_up_magnitudes(spectra.parts, step, _LEAST_MAGNITUDE, part)
        return torch.from_numpy(summed)

    @cached_property
    def partials(self) -> Tensor:
        """``(frames of long, quarter tones)``, how far each stands out from the octave around it.

        Of length 1, or 0 for a frame without.
        """
        return F.normalize(self.long.db @ _sharpening(), dim=1, eps=1e-3)

    @cached_property
    def steadiness(self) -> Tensor:
        """``(frames of long,)``, 0..1: how far the partials stay; noise has none that do.

        How like a frame's are to those of the next before or after it that shares no sample.
        """
        apart = LONG.window_samples // LONG.hop_samples
        like = (self.partials[apart:] * self.partials[:-apart]).sum(dim=1)
        before, after = F.pad(like, (apart, 0)), F.pad(like, (0, apart))
        return torch.maximum(before, after)[: len(self.partials)].clamp(0.0, 1.0)

    @cached_property
    def envelope(self) -> FloatArray:
        """``(frames of 25 ms,)``, RMS of both channels together."""
        return _envelope(self._clip) * self._gain

    @property
    def level_db(self) -> float:
        """Of the loudest 50 ms, a full-scale square wave is 0; at least -120."""
        loudest = float(self.envelope.max()) * self._peak
        return max(SILENT_DB, 20.0 * float(np.log10(max(loudest, 1e-9))))

    @cached_property
    def _middle_spectra(self) -> Spectra:
        return self._spectra(MIDDLE)

    def _spectra(self, resolution: FeatureConfig, *, mixed: bool = False) -> Spectra:
        """Analyse the frames that a part of the sound falls into, one at least."""
        hop, half = resolution.hop_samples, resolution.window_samples // 2
        frames = self._clip.shape[1] // hop + 1
        first = max(0, (self._sounding.start - half) // hop + 1) // TRANSPORT_STEP * TRANSPORT_STEP
        end = min(frames, max(first + 1, -(-(self._sounding.stop + half) // hop)))
        channels = len(self._clip)
        windowed = torch.empty(1 if mixed else channels, end - first, 2 * half)
        gain = self._gain / channels if mixed else self._gain
        window = hann(2 * half).numpy() * np.float32(gain)
        window_frames(self._clip, first * hop - half, hop, window, windowed.numpy())
        parts = torch.view_as_real(torch.fft.rfft(windowed)).numpy()
        return Spectra(parts, first, frames)


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


def _scale(spectra: Spectra, bands: Bands, channels: int) -> Scale:
    """Make a scale of so many channels of spectra."""
    analysed, sounding, _, _ = spectra.parts.shape
    powers = np.zeros((spectra.frames, analysed, len(bands.ends)), np.float32)
    part = powers[spectra.before : spectra.before + sounding]
    band_powers(spectra.parts, bands.bins, bands.ends, bands.weights, part)
    db = torch.from_numpy(powers)
    # All is equal in a sound without any power: that is no sound.
    heard = float(db.max()) > _LEAST_POWER
    db.clamp_min_(_LEAST_POWER).log10_().mul_(10.0)
    db.sub_(db.max()).clamp_min_(-FLOOR_DB)
    active = (db.flatten(1).amax(dim=1) > -FLOOR_DB) & heard
    return Scale(db.expand(-1, channels, -1).flatten(1), active)


def _cepstra(db: Tensor) -> Tensor:
    """Return ``(frames, 40)`` from the cells of MIDDLE, ``(frames, 128)``."""
    basis = cosines(CEPSTRAL_COEFFICIENTS, MIDDLE.mels)
    return (db.reshape(-1, 2, MIDDLE.mels) @ basis.T).flatten(1)


def _envelope(clip: npt.NDArray[np.float32]) -> FloatArray:
    blocks = clip.shape[1] // ENVELOPE_HOP_SAMPLES
    parts = clip[:, : blocks * ENVELOPE_HOP_SAMPLES].reshape(len(clip), blocks, -1)
    mean = np.einsum("cbs,cbs->b", parts, parts).astype(np.float64) / parts[:, 0].size
    envelope: FloatArray = np.sqrt((mean[1:] + mean[:-1]) / 2)
    return envelope


def _bands(weights: FloatArray | npt.NDArray[np.float32]) -> Bands:
    """Keep of weights ``(bands, bins)`` those that are not 0: each band has but a few bins."""
    used = [np.flatnonzero(row) for row in weights]
    parts = [row[of[0] : of[-1] + 1] for row, of in zip(weights, used, strict=True)]
    return Bands(
        np.array([of[0] for of in used]),
        np.cumsum([len(part) for part in parts]),
        np.concatenate(parts).astype(np.float32),
    )


@cache
def _mel_bands(resolution: FeatureConfig) -> Bands:
    return _bands(slaney_mel_filters(resolution))


@cache
def _quarter_tone_bands() -> Bands:
    """Return triangular bands, as wide as a quarter tone, or as a bin where that is wider."""
    step_hz = SAMPLE_RATE_HZ / LONG.window_samples
    bin_hz = np.arange(int(HIGHEST_HZ / step_hz)) * step_hz
    place = np.log2(np.maximum(bin_hz, 1.0) / LOWEST_HZ) * BANDS_PER_OCTAVE
    band_hz = LOWEST_HZ * 2.0 ** (np.arange(QUARTER_TONES) / BANDS_PER_OCTAVE)
    reach = np.maximum(1.0, np.log2(1.0 + step_hz / band_hz) * BANDS_PER_OCTAVE)
    weights = 1.0 - np.abs(place[None] - np.arange(QUARTER_TONES)[:, None]) / reach[:, None]
    return _bands(np.maximum(weights, 0.0))


@cache
def _sharpening() -> Tensor:
    """Return ``(quarter tones, quarter tones)``: each less the octave around it, then blurred."""
    octave = BANDS_PER_OCTAVE + 1
    each = torch.eye(QUARTER_TONES)[:, None]
    padded = F.pad(each, (octave // 2, octave // 2), mode="replicate")
    sharp = each - F.avg_pool1d(padded, octave, stride=1)
    blur = torch.tensor([[[1.0, 2.0, 3.0, 2.0, 1.0]]]) / 9.0
    return F.conv1d(sharp, blur, padding=2)[:, 0]
