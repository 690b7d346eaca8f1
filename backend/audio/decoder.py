"""Opens a sound file and hands out its samples as mono or stereo, block by block.

Nothing is read that is not asked for, and no block is larger than ``BLOCK_VALUES``: a header may
claim any length or number of channels without memory being taken for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from pedalboard.io import AudioFile, ReadableAudioFile

from backend.audio.container import Container, inspect_container
from backend.audio.faults import FORMATS, unusable
from backend.audio.limits import check_channels, check_duration, check_rate
from backend.records import Audio

logger = logging.getLogger(__name__)

#: Most values (samples times channels) decoded at once: 4 MiB of float32.
BLOCK_VALUES = 1 << 20

#: Full scale is 1; a float file may hold 32 bit integer values (2e9), but nothing beyond this.
MAX_MAGNITUDE = 1e10

Result = TypeVar("Result")


class SoundReader:
    """An open sound file within our limits.

    Args:
        path: the file, for messages.
        file: pedalboard's open file.
        container: what ``inspect_container`` said of it.

    Raises:
        AudioError: no or too many channels, a sample rate outside 8 to 192 kHz, or a duration
            outside 50 ms to 10 min.
    """

    def __init__(self, path: Path, file: ReadableAudioFile, container: Container) -> None:
        """Check the file against the limits."""
        self._path = path
        self._file = file
        rate_hz = file.samplerate
        self.channels = file.num_channels
        promised: int = file.frames
        self.frames = promised if container.frames is None else min(promised, container.frames)
        check_channels(path, self.channels)
        check_rate(path, rate_hz)
        self.sample_rate_hz = round(rate_hz)
        check_duration(path, self.duration_s)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate_hz

    def blocks(self, *, start: int, stop: int) -> Iterator[Audio]:
        """Yield samples ``start`` to ``stop`` in blocks of at most about a second.

        Mono stays ``(1, samples)``; stereo stays ``(2, samples)``; more channels are averaged to
        ``(1, samples)``. Less than asked for comes where the file holds less than it promised.

        Raises:
            AudioError: the data cannot be decoded, or holds NaN, infinity or absurd values.
        """
        # All decoders of pedalboard seek to the exact sample.
        guarded(self._path, partial(self._file.seek, start))
        most = max(1, BLOCK_VALUES // self.channels)
        while start < stop:
            count = min(self.sample_rate_hz, most, stop - start)
            block: Audio = guarded(self._path, partial(self._file.read, count))
            if block.shape[-1] == 0:
                return
            # NaN compares as false, so it is caught as well.
            if not (np.abs(block) <= MAX_MAGNITUDE).all():
                place = f"near {start / self.sample_rate_hz:.2f} s"
                found = f"holds NaN, infinity or values beyond {MAX_MAGNITUDE:g} {place}"
                raise unusable(self._path, found, "export it again from its source.")
            start += block.shape[-1]
            yield block if self.channels <= 2 else _downmix(block)


def _downmix(block: Audio) -> Audio:
    mixed: Audio = block.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    return mixed


@contextmanager
def open_sound(path: Path) -> Iterator[SoundReader]:
    """Open a sound file for reading.

    Raises:
        AudioError: for everything ``inspect_container`` and ``SoundReader`` refuse, and for a
            file whose decoder refuses it.
    """
    container = inspect_container(path)
    # Absolute, because the decoder library expands a leading "~" itself.
    name = str(path.absolute())
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise unusable(path, "has a name that is not valid text", "rename it.")
    with guarded(path, partial(AudioFile, name)) as file:
        yield SoundReader(path, file, container)


def guarded(path: Path, action: Callable[[], Result]) -> Result:
    """Run one call of the decoder library and turn what it raises into an ``AudioError``."""
    try:
        return action()
    except (ValueError, RuntimeError, OSError, TypeError, MemoryError, OverflowError) as error:
        logger.debug("decoder refused %s: %s", path, error)
        found = "is damaged, or of a kind that cannot be decoded"
        raise unusable(path, found, f"export it again as {FORMATS}.") from error
