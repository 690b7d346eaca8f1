"""What the backend tells a client unasked; all but Progress are repeated until acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from backend.errors import SynthmatchError
from backend.osc.codes import code_of
from backend.osc.fields import Count, Fraction, Positive, Stage
from backend.records import Note


@dataclass(frozen=True)
class Progress:
    """How far a match is; sent once, and only the newest. ``remaining_s`` is -1 if unknown."""

    job: Positive
    stage: Stage
    fraction: Fraction
    remaining_s: float


@dataclass(frozen=True)
class CandidateReady:
    """A candidate in its final rank.

    Args:
        job: its match.
        rank: 1 is the nearest.
        note: plays it as in the sound.
        distance: from the sound, lower is nearer; -1 if it was not rendered.
        preset_path: its ``.fxp``.
        render_path: its ``.wav``; empty if it was not rendered.
        tells: what stands out, in a few words each.
    """

    job: Positive
    rank: Count
    note: Note
    distance: float
    preset_path: str
    render_path: str
    tells: tuple[str, ...]


@dataclass(frozen=True)
class Matched:
    """All candidates of a match are ready; the remark is for the user, or empty."""

    job: Positive
    count: Count
    remark: str


@dataclass(frozen=True)
class JobFailed:
    """A match came to nothing: a word for programs, and a sentence for the user."""

    job: Positive
    code: str
    message: str

    @classmethod
    def of(cls, job: int, error: SynthmatchError) -> JobFailed:
        """Return the event that tells a fault."""
        return cls(job, code_of(error), str(error))


@dataclass(frozen=True)
class JobCancelled:
    """A match was given up, because its client asked, started another, or left."""

    job: Positive


@dataclass(frozen=True)
class ServiceNews:
    """Something about the backend that the user should know."""

    message: str
