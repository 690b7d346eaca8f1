"""The values that flow through one match, in the order they appear.

AudioRegion -> (network) -> ParameterSet -> Candidate -> Match. All are frozen; audio is always
float32 ``(channels, samples)`` beside its own sample rate, and every name carries its unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]

#: What a named parameter holds: a host value 0..1 (continuous) or a category label (categorical).
ParameterValue = float | str

#: Velocity of every rendered note (papers' dataset, section 2.1: 100).
NOTE_VELOCITY = 100


@dataclass(frozen=True)
class AudioRegion:
    """A stretch of sound to match.

    Args:
        audio: float32 ``(channels, samples)``, finite, nominally within -1..1.
        sample_rate_hz: samples per second.
        name: file stem or label, used to name the presets.
        remarks: one sentence for each thing done to the sound on the way in
            (downmixed, window chosen, ...), to be shown to the user.
    """

    audio: Audio
    sample_rate_hz: int
    name: str
    remarks: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return int(self.audio.shape[-1]) / self.sample_rate_hz


@dataclass(frozen=True)
class Note:
    """The note that plays a preset: MIDI pitch, and when it starts and ends in seconds."""

    pitch: int
    on_s: float
    off_s: float


@dataclass(frozen=True)
class ParameterSet:
    """One complete, named setting of a parameter space.

    Args:
        spec_name: ``surge_simple`` or ``surge_full``.
        values: parameter name -> host value 0..1, or category label for a categorical parameter;
            has exactly the spec's names.
        note: the note that belongs to the sound.
    """

    spec_name: str
    values: Mapping[str, ParameterValue]
    note: Note

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))


@dataclass(frozen=True)
class Score:
    """How far a render is from its target: the papers' four metrics, and their combination.

    Args:
        mss_db: multi-scale mel spectral distance, dB, lower is nearer.
        wmfcc: time-warped MFCC distance, lower is nearer.
        sot: spectral optimal transport, 0..1, lower is nearer.
        rms: cosine similarity of the loudness envelopes, -1..1, higher is nearer.
        distance: the one number candidates are ordered by, lower is nearer.
    """

    mss_db: float
    wmfcc: float
    sot: float
    rms: float
    distance: float


@dataclass(frozen=True)
class Candidate:
    """A proposed parameter set; ``order`` is its place in the model's own sampling order."""

    parameters: ParameterSet
    order: int


@dataclass(frozen=True)
class Match:
    """A candidate in its final place, with its sound and score where a Surge XT rendered it."""

    rank: int
    candidate: Candidate
    render: AudioRegion | None = None
    score: Score | None = None
    tells: tuple[str, ...] = field(default_factory=tuple)
