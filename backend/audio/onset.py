"""Where a sound begins: loudness in 10 ms frames, and the first frame that counts as sound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from backend.records import Audio

FloatArray = npt.NDArray[np.float64]

FRAME_S = 0.01

#: A file whose loudest frame is below this (dB RMS, full scale = 0 dB) is called silent.
SILENCE_DB = -80.0

#: The level given to a frame of nothing but zeros.
DIGITAL_SILENCE_DB = -200.0

#: The onset is the first frame within this many dB of the loudest one.
ONSET_BELOW_PEAK_DB = 30.0

#: A recording that begins in the tail of an earlier sound: it never rises by more than so many dB
#: above its first 10 ms and falls by at least so many, until an attack reaches so many in 50 ms.
TAIL_RISE_DB, TAIL_FALL_DB, AFTER_TAIL_DB, ATTACK_FRAMES = 3.0, 6.0, 12.0, 5


class LevelMeter:
    """Gathers the loudness of a stream of blocks, blind to a constant offset.

    The offset is known only at the end, so sums and sums of squares are kept for each frame and
    the levels are worked out from them on request.

    Args:
        sample_rate_hz: of the blocks; a frame is the whole number of samples nearest 10 ms.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        """Start with nothing heard."""
        self.frame_samples = max(1, round(sample_rate_hz * FRAME_S))
        # Everything is taken relative to the first sample: exact for a large constant offset.
        self._origin: FloatArray = np.zeros((1, 1))
        self._rest: FloatArray | None = None
        self._sums: list[FloatArray] = []
        self._squares: list[FloatArray] = []

    def add(self, block: Audio) -> None:
        """Take in the next ``(channels, samples)``."""
        samples = block.astype(np.float64)
        if self._rest is None:
            self._origin = samples[:, :1].copy()
            self._rest = samples[:, :0]
        samples = np.concatenate([self._rest, samples - self._origin], axis=1)
        whole = samples.shape[1] - samples.shape[1] % self.frame_samples
        self._rest = samples[:, whole:]
        self._gather(samples[:, :whole])

    def finish(self) -> None:
        """Count the samples after the last whole frame, filled up with their mean, as a frame."""
        if self._rest is not None and self._rest.shape[1] > 0:
            gap = self.frame_samples - self._rest.shape[1]
            mean = self._rest.mean(axis=1, keepdims=True)
            self._gather(np.concatenate([self._rest, np.repeat(mean, gap, axis=1)], axis=1))
            self._rest = self._rest[:, :0]

    def _gather(self, samples: FloatArray) -> None:
        frames = samples.reshape(len(samples), -1, self.frame_samples)
        self._sums.append(frames.sum(axis=2))
        self._squares.append(np.square(frames).sum(axis=2))

    @property
    def offset(self) -> FloatArray:
        """The constant offset so far, ``(channels, 1)``."""
        return self._offset(np.concatenate(self._sums, axis=1))

    def levels_db(self) -> FloatArray:
        """Return the RMS level of each frame over all channels, without offset, ``(frames,)``."""
        return self._levels_db(
            np.concatenate(self._sums, axis=1), np.concatenate(self._squares, axis=1)
        )

    def latest_db(self) -> float:
        """Return the loudest level in the latest block alone; -inf where it has no frame."""
        if not self._sums or self._sums[-1].shape[1] == 0:
            return -np.inf
        return float(self._levels_db(self._sums[-1], self._squares[-1]).max())

    def _offset(self, sums: FloatArray) -> FloatArray:
        # Mean and median must agree. The mean alone is moved by a lopsided waveform between
        # silences, the median alone by a tone with half a period to a frame.
        means = sums / self.frame_samples + self._origin
        mean = means.mean(axis=1, keepdims=True)
        median: FloatArray = np.median(means, axis=1, keepdims=True)
        smaller = np.where(np.abs(mean) < np.abs(median), mean, median)
        return np.where(mean * median > 0, smaller, 0.0)

    def _levels_db(self, sums: FloatArray, squares: FloatArray) -> FloatArray:
        offset = self._offset(sums) - self._origin
        power = (squares - 2 * offset * sums) / self.frame_samples + offset**2
        # The difference of near equal numbers can come out a hair below zero.
        floor = 10 ** (DIGITAL_SILENCE_DB / 10)
        levels_db: FloatArray = 10 * np.log10(np.maximum(power.mean(axis=0), floor))
        return levels_db


def first_onset(levels_db: FloatArray) -> int | None:
    """Return the index of the first frame within 30 dB of the loudest, None for silence.

    Args:
        levels_db: level of each frame, dB full scale, ``(frames,)``.
    """
    if len(levels_db) == 0 or levels_db.max() < SILENCE_DB:
        return None
    threshold = max(SILENCE_DB, levels_db.max() - ONSET_BELOW_PEAK_DB)
    return int(np.argmax(levels_db >= threshold))


def onset_after_tail(levels_db: FloatArray) -> int | None:
    """Return the frame of the first sound that begins within a recording.

    Where the recording begins in the tail of an earlier sound, that is the attack which ends the
    tail; else, and for silence, it is as ``first_onset``.

    Args:
        levels_db: level of each frame, dB full scale, ``(frames,)``.
    """
    onset = first_onset(levels_db)
    if onset != 0:
        return onset
    risen = np.flatnonzero(levels_db > levels_db[0] + TAIL_RISE_DB)
    if len(risen) == 0:
        return 0
    attack = int(risen[0])
    fallen = levels_db[attack - 1] <= levels_db[0] - TAIL_FALL_DB
    reached_db = float(levels_db[attack : attack + ATTACK_FRAMES].max())
    return attack if fallen and reached_db >= levels_db[0] + AFTER_TAIL_DB else 0
