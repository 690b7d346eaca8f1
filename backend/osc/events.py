"""What the backend tells a client unasked; all but Progress are repeated until acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from backend.errors import SynthmatchError
from backend.osc.codes import code_of
from backend.osc.fields import Count, Fraction, Positive, Similarity, Stage
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
    """A candidate, in its rank of this round.

    Args:
        job: its match.
        candidate: its number within the match, from 1; the same in every round.
        rank: 1 is the nearest.
        note: plays it as in the sound.
        distance: from the sound, lower is nearer; -1 if it was not rendered.
        similarity: 0..100 for people; -1 if unknown.
        preset_path: its ``.fxp``.
        render_path: its ``.wav``; empty if it was not rendered.
        tells: what stands out, in a few words each.
    """

    job: Positive
    candidate: Positive
    rank: Count
    note: Note
    distance: float
    similarity: Similarity
    preset_path: str
    render_path: str
    tells: tuple[str, ...]


@dataclass(frozen=True)
class Matched:
    """All candidates of a round are ready: those told since the last Matched of this match.

    They replace the round before. The same round once more changes nothing but ``final``.

    Args:
        job: the match.
        round: from 1.
        count: how many candidates.
        final: whether nothing better will come.
        remark: for the user, or empty.
    """

    job: Positive
    round: Positive
    count: Count
    final: bool
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
    """A match was given up before it told a round: its client asked, started another, or left."""

    job: Positive


@dataclass(frozen=True)
class ServiceNews:
    """Something about the backend that the user should know."""

    message: str
