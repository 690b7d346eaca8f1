"""What a client asks of the backend; each record names the answer it gets if all goes well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from backend.osc.fields import Count, Fraction, Lock, Natural, Port, Positive, Spec
from backend.osc.schema import Within
from backend.records import Note


@dataclass(frozen=True)
class Hello:
    """Begin: who is there, and which protocol it speaks. Answered by Welcome."""

    protocol: int
    name: str


@dataclass(frozen=True)
class Heartbeat:
    """I am still here. Answered by Alive."""


@dataclass(frozen=True)
class ListInstances:
    """Which Surge XT listen for OSC on this computer? Answered by Instances."""


@dataclass(frozen=True)
class ChooseInstance:
    """Write to the Surge XT on this port from now on. Answered by Chosen."""

    port: Port


@dataclass(frozen=True)
class LikePreset:
    """A preset that those of a match are to be like; without a path there is none.

    Args:
        path: a ``.fxp`` inside ``Welcome.folder``, or that of a candidate.
        note: that plays it as in the sound.
        amount: how much may change, 0 (details) to 1 (everything).
    """

    path: str = ""
    note: Note = Note(60, 0.0, 0.0)
    amount: Fraction = 0.0


@dataclass(frozen=True)
class StartMatch:
    """Find presets that sound like a file. Answered by Queued; events follow.

    Args:
        path: a sound inside ``Welcome.folder``.
        start_s: where in it to begin; -1: at the first onset.
        count: how many presets.
        seed: same sound and seed, same presets.
        spec: the parameter space.
        budget_s: how long candidates may be improved after the first results; 0: not at all.
        locks: sections that stay as they are in the patch of the chosen Surge XT.
        like: what they are to be like beside.
    """

    path: str
    start_s: Annotated[float, Within(-1, 600)] = -1.0
    count: Count = 8
    seed: Natural = 0
    spec: Spec = "surge_full"
    budget_s: Annotated[float, Within(0, 60)] = 0.0
    locks: tuple[Lock, ...] = ()
    like: LikePreset = LikePreset()


@dataclass(frozen=True)
class CancelJob:
    """Give up a match. Answered by Cancelled.

    JobCancelled follows, or a final Matched where a round was told.
    """

    job: Positive


@dataclass(frozen=True)
class WriteCandidate:
    """Put a candidate into the chosen Surge XT. Answered by Written.

    The first write of a job keeps the user's patch for Undo, and settles the job: the round that
    was told last is final.
    """

    job: Positive
    candidate: Positive


@dataclass(frozen=True)
class Undo:
    """Put back the user's patch from before the last match's writes. Answered by Written."""


@dataclass(frozen=True)
class KeepCandidate:
    """Save a candidate's preset to a path outside. Answered by Kept."""

    job: Positive
    candidate: Positive
    path: str


@dataclass(frozen=True)
class Status:
    """How is the backend? Answered by ServiceState."""


@dataclass(frozen=True)
class StopService:
    """End the backend, for all clients. Answered by Stopping."""


@dataclass(frozen=True)
class Bye:
    """This client leaves; its match is given up. Answered by Gone."""


@dataclass(frozen=True)
class Ack:
    """All acknowledged events up to this number have been taken. Serial 0; never answered."""

    number: Natural
