"""The loops that analyse a sound: a frame stays in the nearest memory until its bands are known.

In PyTorch and NumPy each step reads and writes arrays of a megabyte, and two renderers need the
memory at the same time. Only the Fourier transforms are left to PyTorch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.compiled import Numbers, compiled

ZERO = np.float32(0.0)


@compiled
def fit(audio: Numbers, fitted: Numbers, peaks: Numbers, stretch: int) -> bool:
    """Copy a sound to another length, and return whether both channels are equal.

    Args:
        audio: ``(1 or 2, samples)``; of one channel both are made.
        fitted: gets as much of it as there is room for, then silence, ``(2, other samples)``.
        peaks: gets the peak of each stretch of it, the last one maybe shorter.
        stretch: samples.
    """
    samples, kept, equal = fitted.shape[1], min(audio.shape[1], fitted.shape[1]), True
    for place in range(peaks.shape[0]):
        begin = place * stretch
        end = max(begin, min(begin + stretch, kept))
        # Of views that begin with 0 a compiler sees that no place is negative.
        left, right = audio[0, begin:end], audio[-1, begin:end]
        first, second = fitted[0, begin:end], fitted[1, begin:end]
        peak, apart = ZERO, ZERO
        for sample in range(left.shape[0]):
            first[sample] = left[sample]
            second[sample] = right[sample]
            peak = max(peak, max(abs(left[sample]), abs(right[sample])))
            apart = max(apart, abs(left[sample] - right[sample]))
        fitted[:, end : min(begin + stretch, samples)] = ZERO
        peaks[place] = peak
        equal &= apart == ZERO
    return equal


@compiled
def round_to_steps(sound: Numbers, steps: np.float32, rounded: Numbers) -> None:
    """Round samples to so many steps between 0 and full scale.

    Args:
        sound: ``(channels, samples)``.
        steps: how many.
        rounded: gets the samples, in the same shape.
    """
    for channel in range(sound.shape[0]):
        row, result = sound[channel], rounded[channel]
        for sample in range(row.shape[0]):
            result[sample] = np.rint(row[sample] * steps) / steps


@compiled
def window_frames(clip: Numbers, begin: int, hop: int, window: Numbers, frames: Numbers) -> None:
    """Cut a sound into frames and weigh each with a window; beyond its ends there are zeros.

    Args:
        clip: ``(channels, samples)``.
        begin: where the first frame begins, samples, maybe before the sound.
        hop: from one frame to the next, samples.
        window: ``(frame samples,)``.
        frames: gets them, ``(channels, frames, frame samples)``, or of one row: of their sum.
    """
    samples, length = clip.shape[1], window.shape[0]
    for row in range(frames.shape[0]):
        summed = clip.shape[0] > frames.shape[0]
        for frame in range(frames.shape[1]):
            start = begin + frame * hop
            low = min(max(0, -start), length)
            high = max(low, min(length, samples - start))
            frames[row, frame, :low] = ZERO
            frames[row, frame, high:] = ZERO
            part, weights = frames[row, frame, low:high], window[low:high]
            sound = clip[row, start + low : start + high]
            other = clip[-1, start + low : start + high]
            if summed:
                for place in range(part.shape[0]):
                    part[place] = (sound[place] + other[place]) * weights[place]
            else:
                for place in range(part.shape[0]):
                    part[place] = sound[place] * weights[place]


@compiled
def band_powers(
    spectra: Numbers,
    bins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    weights: Numbers,
    bands: Numbers,
) -> None:
    """Add up the powers of bins in bands.

    Args:
        spectra: real and imaginary parts, ``(channels, frames, bins, 2)``.
        bins: the first that each band has.
        ends: where the weights of each band end, those of the first begin at 0.
        weights: of each band's bins, one band after the other.
        bands: gets the powers, ``(frames, channels, bands)``.
    """
    power = np.empty(spectra.shape[2], np.float32)
    for channel in range(spectra.shape[0]):
        for frame in range(spectra.shape[1]):
            parts = spectra[channel, frame]
            for place in range(power.shape[0]):
                power[place] = parts[place, 0] * parts[place, 0] + parts[place, 1] * parts[place, 1]
            begin = 0
            for band in range(ends.shape[0]):
                shares = weights[begin : ends[band]]
                powers, total = power[bins[band] : bins[band] + shares.shape[0]], ZERO
                for place in range(shares.shape[0]):
                    total += powers[place] * shares[place]
                bands[frame, channel, band] = total
                begin = ends[band]


@compiled
def add_up_magnitudes(spectra: Numbers, step: int, least: np.float32, summed: Numbers) -> None:
    """Add magnitudes up over frequency, to 1 at the last bin.

    Args:
        spectra: as in ``band_powers``; the power is the mean of the channels'.
        step: from one frame that counts to the next.
        least: a frame of less magnitude in all ends below 1.
        summed: gets the sums, ``(frames that count, bins)``.
    """
    share = np.float32(1.0 / spectra.shape[0])
    for frame in range(summed.shape[0]):
        row = summed[frame]
        row[:] = ZERO
        for channel in range(spectra.shape[0]):
            for place in range(row.shape[0]):
                real = spectra[channel, frame * step, place, 0]
                imaginary = spectra[channel, frame * step, place, 1]
                row[place] += real * real + imaginary * imaginary
        total = ZERO
        for place in range(row.shape[0]):
            row[place] = np.sqrt(row[place] * share)
        for place in range(row.shape[0]):
            total += row[place]
            row[place] = total
        row *= np.float32(1.0) / max(total, least)


@compiled
def cheapest_path(cost: Numbers) -> float:
    """Return what the cheapest path through a matrix costs, by steps to the right and down.

    A step along the diagonal costs twice the cell it enters, a step to the side once.
    """
    total = np.cumsum(cost[0].astype(np.float64))
    for row in range(1, cost.shape[0]):
        corner = total[0]
        total[0] += cost[row, 0]
        for column in range(1, cost.shape[1]):
            here, above = np.float64(cost[row, column]), total[column]
            total[column] = min(min(above, total[column - 1]) + here, corner + 2.0 * here)
            corner = above
    return float(total[-1])
