"""What the backend answers; each record names the request it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backend.errors import SynthmatchError
from backend.osc.codes import code_of
from backend.osc.fields import Fraction, Natural, Port, Positive, State
from backend.records import Instance, WriteReport

#: Rises with every change that an older side would misread.
PROTOCOL_VERSION = 3

#: How many differing addresses travel in a Written; the rest is only counted.
LISTED_DIFFERENCES = 20


@dataclass(frozen=True)
class Welcome:
    """To Hello. The server itself fills in ``protocol``, ``lease_s`` and ``number``.

    Args:
        protocol: which the backend speaks.
        version: of Synthmatch.
        folder: sounds to be matched are put here.
        state: of the model.
        lease_s: a client that is not heard for so long is taken to be gone.
        number: the number before the first event to come.
    """

    version: str
    folder: str
    state: State
    protocol: int = PROTOCOL_VERSION
    lease_s: float = 0.0
    number: Natural = 0


@dataclass(frozen=True)
class Alive:
    """To Heartbeat: what the model does, and how much of its loading is done."""

    state: State
    fraction: Fraction


@dataclass(frozen=True)
class Instances:
    """To ListInstances."""

    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class Chosen:
    """To ChooseInstance."""

    port: Port


@dataclass(frozen=True)
class Queued:
    """To StartMatch: the job's number, and how many are before it."""

    job: Positive
    place: Natural


@dataclass(frozen=True)
class Cancelled:
    """To CancelJob."""

    job: Positive


@dataclass(frozen=True)
class Written:
    """To WriteCandidate and Undo: what became of it; make it with ``of``.

    Args:
        report: with the first ``LISTED_DIFFERENCES`` of what differs.
        differing_count: how many differ in all.
    """

    report: WriteReport
    differing_count: Natural

    @classmethod
    def of(cls, report: WriteReport) -> Written:
        """Return the answer that tells a report, however long."""
        listed = report.differing[:LISTED_DIFFERENCES]
        return cls(replace(report, differing=listed), len(report.differing))


@dataclass(frozen=True)
class Kept:
    """To KeepCandidate: where the preset is now."""

    path: str


@dataclass(frozen=True)
class ServiceState:
    """To Status."""

    pid: Natural
    version: str
    state: State
    device: str
    clients: Natural
    jobs_waiting: Natural
    uptime_s: float
    memory_mb: float


@dataclass(frozen=True)
class Stopping:
    """To StopService."""


@dataclass(frozen=True)
class Gone:
    """To Bye."""


@dataclass(frozen=True)
class Working:
    """To any request that comes again while it is in work: no need to hurry."""


@dataclass(frozen=True)
class Refused:
    """To any request that cannot be done: a word for programs, and a sentence for the user."""

    code: str
    message: str

    @classmethod
    def of(cls, error: SynthmatchError) -> Refused:
        """Return the answer that tells a fault."""
        return cls(code_of(error), str(error))
