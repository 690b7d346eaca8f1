"""The resolution of a recording: what its file could not hold is not missed in a candidate.

A file of 16 bits ends at 98 dB below full scale: a tail below that is silence in it, or the
pattern that rounding made. A render has no such end, and even of the very patch it would differ
there, where no one hears it, and by much: the papers' transport (SOT) counts a faint moment like a
loud one. So candidates are compared as they would be in a file like the target's.
"""

from __future__ import annotations

import numpy as np

from backend.matching.sound_kernels import round_to_steps
from backend.records import Audio

#: Steps from 0 to full scale in files of 16 bits, by either of which decoders divide, and of 24,
#: where either is the same in single precision.
STEPS = (32_767.0, 32_768.0, 8_388_607.0)
#: How far from a step a sample may be, in steps, and up to how many steps single precision is
#: better than that.
TOLERANCE, PRECISE = 0.01, 65_536.0


class Resolution:
    """The resolution of one recording.

    Args:
        recording: float32 ``(channels, samples)``, -1..1.
    """

    def __init__(self, recording: Audio) -> None:
        #: Steps from 0 to full scale, where every sample lies on one; None where that is not so,
        #: as in recordings that were resampled.
        self.steps = next((steps for steps in STEPS if _lies_on(recording, steps)), None)

    def of(self, sound: Audio) -> Audio:
        """Return a sound as it would be in a file of this resolution.

        Args:
            sound: float32 ``(channels, samples)``.
        """
        if self.steps is None:
            return sound
        sound = np.ascontiguousarray(sound)
        rounded = np.empty_like(sound)
        round_to_steps(sound, np.float32(self.steps), rounded)
        return rounded


def _lies_on(recording: Audio, steps: float) -> bool:
    places = recording.astype(np.float64) * steps
    off = np.abs(places - np.rint(places))
    return bool((off[np.abs(places) < PRECISE] < TOLERANCE).all())
