"""What clients were told of their matches: candidates by number, round after round.

    candidate_ready, candidate_ready, ..., matched    candidate_ready, ..., matched    ...
    ------------------ round 1 ------------------    --------- round 2 ----------

A round tells all its candidates anew and replaces the one before; candidates of earlier rounds can
still be written and kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from backend.errors import CancelledError, ServiceError
from backend.jobs import Job
from backend.osc.protocol import CandidateReady, Event, Matched

log = logging.getLogger(__name__)

#: How many matches, with their candidates, are kept.
KEPT_MATCHES = 20


@dataclass(frozen=True)
class Found:
    """What came of a match, or of a round of it: a candidate's number and files are its own.

    Args:
        candidates: all of them, best first.
        remark: what the user should know, or empty.
    """

    candidates: tuple[CandidateReady, ...]
    remark: str


@dataclass(frozen=True)
class _Told:
    """Of one match: the candidates of all rounds by number, and the end of the last round."""

    candidates: dict[int, CandidateReady]
    last: Matched


class Rounds:
    """The rounds of the last matches; told by the thread of the jobs, asked by any.

    Args:
        emit: sends an event to a client.
    """

    def __init__(self, emit: Callable[[str, Event], None]) -> None:
        self._emit = emit
        self._told: dict[int, _Told] = {}
        self._lock = threading.Lock()

    def tell(self, job: Job, found: Found, *, final: bool = False) -> None:
        """Tell the client the next round of its match.

        Args:
            job: the match.
            found: all candidates of the round.
            final: whether nothing better will come.

        Raises:
            CancelledError: the match is taken back or settled, so the round before was the last.
        """
        if job.cancelled():
            raise CancelledError(f"match {job.number} was taken back, or is settled.")
        with self._lock:
            told = self._told.get(job.number)
            number = told.last.round + 1 if told else 1
            matched = Matched(job.number, number, len(found.candidates), final, found.remark)
            candidates = dict(told.candidates) if told else {}
            candidates |= {each.candidate: each for each in found.candidates}
            self._told[job.number] = _Told(candidates, matched)
        for candidate in found.candidates:
            self._emit(job.client, candidate)
        log.info("match %d: round %d of %d candidates", job.number, number, matched.count)
        self._emit(job.client, matched)

    def settle(self, job: Job, remark: str = "") -> None:
        """Tell the client that the round told last, which there is, is final, and why."""
        with self._lock:
            last = self._told[job.number].last
        remarks = " ".join(filter(None, (last.remark, remark)))
        log.info("match %d: settled with round %d", job.number, last.round)
        self._emit(job.client, replace(last, final=True, remark=remarks))

    def has(self, number: int) -> bool:
        """Whether a round of a match was told, and is kept."""
        with self._lock:
            return number in self._told

    def preset(self, number: int, candidate: int) -> Path:
        """Return the ``.fxp`` of a candidate.

        Raises:
            ServiceError: there is no such match any more, or it has no such candidate.
        """
        with self._lock:
            told = self._told.get(number)
        if told is None:
            raise ServiceError(
                f"match {number} is not, or no longer, among the last {KEPT_MATCHES}: match again."
            )
        if candidate not in told.candidates:
            raise ServiceError(
                f"match {number} has no candidate {candidate}: choose one that it has told, from 1 "
                f"to {max(told.candidates)}."
            )
        return Path(told.candidates[candidate].preset_path)

    def forget(self, number: int) -> None:
        """Forget a match, whose files are gone."""
        with self._lock:
            self._told.pop(number, None)
