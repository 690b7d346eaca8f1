"""The values that flow through one match, in the order they appear.

AudioRegion -> (network) -> ParameterSet -> Candidate -> Match. All are frozen; audio is always
float32 ``(channels, samples)`` beside its own sample rate, and every name carries its unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

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
    """How far a render is from its target: the papers' four metrics, and our distance.

    Args:
        mss_db: multi-scale mel spectral distance, dB, lower is nearer.
        wmfcc: time-warped MFCC distance, lower is nearer.
        sot: spectral optimal transport, 0..1, lower is nearer.
        rms: cosine similarity of the loudness envelopes, -1..1, higher is nearer.
        distance: the one number candidates are ordered by, lower is nearer: ``matching.distance``.
    """

    mss_db: float
    wmfcc: float
    sot: float
    rms: float
    distance: float


@dataclass(frozen=True)
class Candidate:
    """A proposed parameter set.

    Args:
        parameters: the setting.
        number: its own within its match, from 1, whatever its rank becomes.
        origin: where it came from: ``model``, a way of the search, or ``chosen``, where more like
            it was asked for.
    """

    parameters: ParameterSet
    number: int
    origin: str = "model"


@dataclass(frozen=True)
class Like:
    """A candidate that more is wanted like.

    Args:
        setting: the candidate's.
        amount: how much may change, 0 (details) to 1 (everything).
    """

    setting: ParameterSet
    amount: float


@dataclass(frozen=True)
class Match:
    """A candidate in its final place.

    Args:
        rank: from 1, the nearest.
        candidate: what it is.
        render: its sound, where a Surge XT rendered it.
        distance: how far that is from the target, which candidates are ordered by.
        score: the same by the papers' metrics too, where that was asked for.
        tells: how it differs from the others, in words.
    """

    rank: int
    candidate: Candidate
    render: AudioRegion | None = None
    distance: float | None = None
    score: Score | None = None
    tells: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class PresetMatch:
    """One of the user's own presets that sounds near a sound, as Surge XT plays it.

    Args:
        path: its file.
        name: what it calls itself.
        note: what plays the sound.
        distance: how far it is: ``matching.distance``.
        render: its sound.
    """

    path: Path
    name: str
    note: Note
    distance: float
    render: AudioRegion


@dataclass(frozen=True)
class Instance:
    """A running Surge XT that listens for OSC on this computer.

    Args:
        port: its OSC In port.
        patch: path of the patch it has loaded, without ending; empty where that is unknown.
        answers: whether its OSC Out reaches us, so that a write can be verified.
        shared: whether another program has opened the same port, so that only one of them hears us.
    """

    port: int
    patch: str = ""
    answers: bool = False
    shared: bool = False


@dataclass(frozen=True)
class WriteReport:
    """What became of writing a patch into a running Surge XT.

    Args:
        state: ``verified``: read back and equal; ``unverified``: sent, but this Surge XT does not
            answer; ``queued``: sent, and Surge XT takes it when its host runs audio again;
            ``differs``: read back, and not equal after all attempts.
        method: ``patch``: the whole patch as a file; ``stream``: parameter by parameter.
        port: OSC In port of the Surge XT.
        seconds: from the request to the last answer.
        attempts: how often it was sent.
        differing: what is not as asked, by OSC address.
        remark: one sentence for the user, empty where there is nothing to say.
    """

    state: Literal["verified", "unverified", "queued", "differs"]
    method: Literal["patch", "stream"]
    port: int
    seconds: float
    attempts: int = 1
    differing: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Snapshot:
    """The user's patch as it was before a write.

    Args:
        file: our copy of it, a whole ``.fxp``.
        patch: path of the patch as Surge XT named it, without ending; empty where unknown.
        name: the patch's name as Surge XT shows it.
        port: OSC In port of the Surge XT that it came from.
        taken_s: when, in seconds since 1970.
    """

    file: Path
    patch: str
    name: str
    port: int
    taken_s: float
