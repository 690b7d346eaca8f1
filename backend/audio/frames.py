"""A sound cut into the frames in which it can be heard: what pitch and character are read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.audio.onset import SILENCE_DB
from backend.audio.resample import resample
from backend.records import AudioRegion

FloatArray = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
Spectra = npt.NDArray[np.complexfloating]

RATE_HZ = 44_100

#: How much of a region is heard.
LONGEST_S = 4

#: Time between frames: 50 ms.
HOP_SAMPLES = 2_205

#: Frames this many dB below the loudest are not heard.
FRAME_RANGE_DB = 40.0


@dataclass(frozen=True)
class HeardFrames:
    """The audible moments of a sound.

    Args:
        mono: ``(samples,)`` at 44.1 kHz, without offset.
        centres: ``(frames,)``, the middle of each frame in samples.
        weights: ``(frames,)``, how much each is heard (its amplitude); they sum to 1.
    """

    mono: FloatArray
    centres: Places
    weights: FloatArray

    def spectra(self, size: int, *, padded_size: int | None = None, every: int = 1) -> Spectra:
        """Return the spectrum of each frame, ``(frames, padded_size // 2 + 1)``.

        Args:
            size: window length in samples; Hann.
            padded_size: length of the transform, with zeros after the window; as the window.
            every: take every so many frames.
        """
        view = np.lib.stride_tricks.sliding_window_view(np.pad(self.mono, size // 2), size)
        cut = view[self.centres[::every]] * np.hanning(size).astype(np.float32)
        spectra: Spectra = np.fft.rfft(cut, padded_size or size)
        return spectra

    def mean_power(self, size: int, *, padded_size: int | None = None) -> FloatArray:
        """Return the mean power spectrum of the frames, each brought to a sum of 1."""
        power = np.square(np.abs(self.spectra(size, padded_size=padded_size)))
        power /= power.sum(axis=1, keepdims=True) + 1e-20
        mean: FloatArray = self.weights @ power
        return mean


def heard_frames(region: AudioRegion) -> HeardFrames | None:
    """Cut a region into frames, 50 ms apart, and keep the audible ones.

    Args:
        region: any rate, mono or stereo; its first four seconds are heard.

    Returns:
        None for silence.
    """
    mono = one_channel(region)
    if len(mono) == 0 or float(np.abs(mono).max()) < 10 ** (SILENCE_DB / 20):
        return None
    centres = np.arange(0, len(mono), HOP_SAMPLES)
    padded = np.pad(mono.astype(np.float64), HOP_SAMPLES // 2 + 1)
    total = np.concatenate([[0.0], np.cumsum(np.square(padded))])
    power = np.maximum(0.0, total[centres + HOP_SAMPLES] - total[centres])
    heard = power > power.max() * 10 ** (-FRAME_RANGE_DB / 10)
    loudness = np.sqrt(power[heard])
    return HeardFrames(mono, centres[heard], (loudness / loudness.sum()).astype(np.float32))


def one_channel(region: AudioRegion) -> FloatArray:
    """Return the mix of a region at 44.1 kHz, or its louder side where the sides cancel out."""
    audio = region.audio[:, : LONGEST_S * region.sample_rate_hz]
    if audio.shape[-1] == 0:
        return np.zeros(0, np.float32)
    power = np.square(audio, dtype=np.float64).sum(axis=1)
    mixed = audio.mean(axis=0)
    if 4 * np.square(mixed, dtype=np.float64).sum() < power.max() / 2:
        mixed = audio[int(np.argmax(power))]
    centred = (mixed - mixed.mean())[None].astype(np.float32)
    mono: FloatArray = resample(centred, from_hz=region.sample_rate_hz, to_hz=RATE_HZ)[0]
    return mono
