"""What a client asks of the backend; each record names the answer it gets if all goes well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from backend.osc.fields import Count, Natural, Port, Positive, Spec
from backend.osc.schema import Within


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
class StartMatch:
    """Find presets that sound like a file. Answered by Queued; events follow.

    Args:
        path: a sound inside ``Welcome.folder``.
        start_s: where in it to begin; -1: at the first onset.
        count: how many presets.
        seed: same sound and seed, same presets.
        spec: the parameter space.
    """

    path: str
    start_s: Annotated[float, Within(-1, 600)] = -1.0
    count: Count = 8
    seed: Natural = 0
    spec: Spec = "surge_full"


@dataclass(frozen=True)
class CancelJob:
    """Give up a match. Answered by Cancelled, and JobCancelled follows."""

    job: Positive


@dataclass(frozen=True)
class WriteCandidate:
    """Put a candidate into the chosen Surge XT. Answered by Written.

    The first write of a job keeps the user's patch for Undo.
    """

    job: Positive
    rank: Count


@dataclass(frozen=True)
class Undo:
    """Put back the user's patch from before the last match's writes. Answered by Written."""


@dataclass(frozen=True)
class KeepCandidate:
    """Save a candidate's preset to a path outside. Answered by Kept."""

    job: Positive
    rank: Count
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
