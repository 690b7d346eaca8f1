"""The matches of the live backend: made by its worker, told as events, and kept for a while.

What takes long to import is imported when the first match is made.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from backend.errors import CancelledError, ServiceError, SynthmatchError
from backend.estimates import Estimates
from backend.jobs import Job
from backend.osc.protocol import (
    CandidateReady,
    Event,
    JobCancelled,
    JobFailed,
    Matched,
    Progress,
)

if TYPE_CHECKING:
    from backend import pipeline
    from backend.osc.fields import Spec

log = logging.getLogger(__name__)

#: How many matches, and sounds that were handed over, stay on disk.
KEPT_MATCHES = 20
KEPT_SOUNDS = 40
#: Progress within a stage is told no more often.
PROGRESS_EVERY_S = 0.2
OUR_FAULT = "the match failed by a fault of Synthmatch; synthmatch report packs what we need."


class Matcher(Protocol):
    """What makes matches: ``backend.pipeline.Workshop``."""

    def match(
        self,
        request: pipeline.MatchRequest,
        progress: pipeline.Progress,
        cancelled: Callable[[], bool],
    ) -> pipeline.MatchResult:
        """Make one match."""
        ...


@dataclass(frozen=True)
class Found:
    """What came of a match: its candidates, best first, and what the user should know."""

    candidates: tuple[CandidateReady, ...]
    remark: str


class Matches:
    """Makes the matches and keeps the last ones; a folder for each, named by its number.

    Args:
        folder: where they are kept.
        sounds: where clients put what is to be matched.
        emit: sends an event to a client.
    """

    def __init__(self, folder: Path, sounds: Path, emit: Callable[[str, Event], None]) -> None:
        self._folder = folder
        self._sounds = sounds
        self._emit = emit
        self._estimates = Estimates()
        self._kept: OrderedDict[int, tuple[CandidateReady, ...]] = OrderedDict()
        self._lock = threading.Lock()
        self._last = max((int(path.name) for path in self._folders()), default=0)
        for path in self._folders():
            if not any(path.glob("*.fxp")):  # its backend was ended while it was made
                shutil.rmtree(path, ignore_errors=True)
        self._clean()

    def new_number(self) -> int:
        """Return the number of the next match; numbers of kept matches are never used again."""
        with self._lock:
            self._last += 1
            return self._last

    def make(self, job: Job, matcher: Matcher) -> Found:
        """Make the match of a job, telling its client how far it is.

        Raises:
            SynthmatchError: as ``Workshop.match``, or the sound cannot be used; then no file is
                left.
        """
        from backend.audio.region import load_region
        from backend.pipeline import MatchRequest

        folder = self._folder_of(job)
        course = self._estimates.start(job.spec_name, job.count)
        told, told_s = ("", -1.0, 0), 0.0

        def advance(stage: pipeline.Stage, fraction: float) -> None:
            nonlocal told, told_s
            remaining_s = course.advance(stage, fraction)
            news, now_s = (stage, fraction, round(remaining_s)), time.monotonic()
            if stage == told[0] and (news == told or now_s - told_s < PROGRESS_EVERY_S):
                return
            told, told_s = news, now_s
            done = min(1.0, max(0.0, fraction))
            self._emit(job.client, Progress(job.number, stage, done, remaining_s))

        if job.cancelled():
            raise CancelledError("the match was taken back before it began.")
        region = load_region(job.sound, start_s=job.start_s)
        request = MatchRequest(
            region,
            folder,
            count=job.count,
            seed=job.seed,
            spec_name=cast("Spec", job.spec_name),
            picture=False,
        )
        try:
            result = matcher.match(request, advance, job.cancelled)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        remarks = (*region.remarks, *result.remarks, result.without_surge or "")
        return Found(_candidates(job.number, result), " ".join(filter(None, remarks)))

    def ended(self, job: Job, outcome: Found | Exception) -> None:
        """Tell the client what became of its match, and keep what was found."""
        if isinstance(outcome, Found):
            with self._lock:
                self._kept[job.number] = outcome.candidates
            for candidate in outcome.candidates:
                self._emit(job.client, candidate)
            event: Event = Matched(job.number, len(outcome.candidates), outcome.remark)
        elif isinstance(outcome, CancelledError):
            shutil.rmtree(self._folder_of(job), ignore_errors=True)
            event = JobCancelled(job.number)
        elif isinstance(outcome, SynthmatchError):
            event = JobFailed.of(job.number, outcome)
        else:
            log.error("match %d failed by a fault of ours", job.number, exc_info=outcome)
            event = JobFailed(job.number, "fault", OUR_FAULT)
        log.info("match %d: %s", job.number, type(event).__name__)
        self._emit(job.client, event)
        if isinstance(outcome, Found):
            self._clean()

    def preset(self, number: int, rank: int) -> Path:
        """Return the ``.fxp`` of a candidate.

        Raises:
            ServiceError: there is no such match any more, or it has no such candidate.
        """
        with self._lock:
            candidates = self._kept.get(number)
        if candidates is None:
            raise ServiceError(
                f"match {number} is not, or no longer, among the last {KEPT_MATCHES}: match again."
            )
        if not 1 <= rank <= len(candidates):
            raise ServiceError(
                f"match {number} has no candidate {rank}: choose one from 1 to {len(candidates)}."
            )
        return Path(candidates[rank - 1].preset_path)

    def _folder_of(self, job: Job) -> Path:
        return self._folder / f"{job.number:06d}"

    def _folders(self) -> list[Path]:
        """Return the folders of matches, oldest first."""
        named = (path for path in self._folder.iterdir() if path.name.isascii())
        found = (path for path in named if path.name.isdigit() and path.is_dir())
        return sorted(found, key=lambda path: int(path.name))

    def _clean(self) -> None:
        """Remove all but the last matches and the last sounds."""
        with self._lock, contextlib.suppress(OSError):
            for path in self._folders()[:-KEPT_MATCHES]:
                shutil.rmtree(path, ignore_errors=True)
                self._kept.pop(int(path.name), None)
            sounds = [path for path in self._sounds.iterdir() if path.is_file()]
            sounds.sort(key=lambda path: path.stat().st_mtime_ns)
            for path in sounds[:-KEPT_SOUNDS]:
                path.unlink(missing_ok=True)


def _candidates(number: int, result: pipeline.MatchResult) -> tuple[CandidateReady, ...]:
    from backend.matching.tells import tells

    return tuple(
        CandidateReady(
            job=number,
            rank=match.rank,
            note=match.candidate.parameters.note,
            distance=match.score.distance if match.score else -1.0,
            preset_path=str(preset),
            render_path=str(preset.with_suffix(".wav")) if match.render else "",
            tells=tuple(tells(match.candidate.parameters)),
        )
        for match, preset in zip(result.matches, result.written.presets, strict=True)
    )
