"""The matches of the live backend: made by its worker, told as events, and kept for a while.

What takes long to import is imported when the first match is made.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from backend.errors import CancelledError, SynthmatchError
from backend.estimates import Estimates
from backend.jobs import Job
from backend.osc.protocol import (
    CandidateReady,
    Event,
    JobCancelled,
    JobFailed,
    Progress,
)
from backend.service_rounds import KEPT_MATCHES, Found, Rounds

if TYPE_CHECKING:
    from backend import pipeline
    from backend.osc.fields import Spec

log = logging.getLogger(__name__)

#: How many sounds that were handed over stay on disk.
KEPT_SOUNDS = 40
#: Progress within a stage is told no more often.
PROGRESS_EVERY_S = 0.2
#: Marks the candidate that others are to be like.
AS_CHOSEN = "as chosen"
OUR_FAULT = "the match failed by a fault of Synthmatch; synthmatch report packs what we need."


class Matcher(Protocol):
    """What makes matches: ``backend.pipeline.Workshop``."""

    def match(
        self,
        request: pipeline.MatchRequest,
        progress: pipeline.Progress,
        cancelled: Callable[[], bool],
        on_round: Callable[[pipeline.MatchResult], None],
    ) -> pipeline.MatchResult:
        """Make one match."""
        ...


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
        #: What clients were told, and where its presets are.
        self.rounds = Rounds(emit)
        self._lock = threading.Lock()
        self._last = max((int(path.name) for path in self._folders()), default=0)
        for path in self._folders():
            _tidy(path)
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
                left, unless a round was told.
        """
        from backend.audio.region import load_region
        from backend.pipeline import MatchRequest

        folder = self._folder_of(job)
        course = self._estimates.start(job.spec_name, job.count, job.budget_s)
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
            budget_s=job.budget_s,
            lock=job.lock,
            like=job.like,
        )

        def found_of(result: pipeline.MatchResult) -> Found:
            remarks = (*region.remarks, *result.remarks, result.without_surge or "")
            return Found(_candidates(job.number, result), " ".join(filter(None, remarks)))

        def tell(result: pipeline.MatchResult) -> None:
            self.rounds.tell(job, found_of(result))

        try:
            result = matcher.match(request, advance, job.cancelled, tell)
        except BaseException:
            if not self.rounds.has(job.number):
                shutil.rmtree(folder, ignore_errors=True)
            raise
        return found_of(result)

    def ended(self, job: Job, outcome: Found | Exception) -> None:
        """Tell the client what became of its match, and keep what was found."""
        if isinstance(outcome, Found):
            self.rounds.tell(job, outcome, final=True)
        elif self.rounds.has(job.number):
            self.rounds.settle(job, _why(job, outcome))
        else:
            event = self._end_of(job, outcome)
            log.info("match %d: %s", job.number, type(event).__name__)
            self._emit(job.client, event)
            return
        self._clean()

    def _end_of(self, job: Job, fault: Exception) -> JobFailed | JobCancelled:
        if isinstance(fault, CancelledError):
            shutil.rmtree(self._folder_of(job), ignore_errors=True)
            return JobCancelled(job.number)
        if isinstance(fault, SynthmatchError):
            return JobFailed.of(job.number, fault)
        return JobFailed(job.number, "fault", _why(job, fault))

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
                self.rounds.forget(int(path.name))
            sounds = [path for path in self._sounds.iterdir() if path.is_file()]
            sounds.sort(key=lambda path: path.stat().st_mtime_ns)
            for path in sounds[:-KEPT_SOUNDS]:
                path.unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Remove what belongs to no preset: its backend was ended while it made or wrote a match."""
    presets = {path.stem for path in folder.glob("*.fxp")}
    if not presets:
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.stem not in presets:
                path.unlink(missing_ok=True)


def _why(job: Job, fault: Exception) -> str:
    """Return what the user should know of a fault; nothing where the user wanted it so."""
    if isinstance(fault, CancelledError):
        return ""
    if isinstance(fault, SynthmatchError):
        return str(fault)
    log.error("match %d failed by a fault of ours", job.number, exc_info=fault)
    return OUR_FAULT


def _candidates(number: int, result: pipeline.MatchResult) -> tuple[CandidateReady, ...]:
    from backend.matching.similarity import similarity
    from backend.matching.tells import tells

    return tuple(
        CandidateReady(
            job=number,
            candidate=match.candidate.number,
            rank=match.rank,
            note=match.candidate.parameters.note,
            distance=-1.0 if match.distance is None else match.distance,
            similarity=-1.0 if match.distance is None else similarity(match.distance),
            preset_path=str(preset),
            render_path=str(preset.with_suffix(".wav")) if match.render else "",
            tells=(
                *([AS_CHOSEN] if match.candidate.origin == "chosen" else []),
                *(match.tells or tells(match.candidate.parameters)),
            ),
        )
        for match, preset in zip(result.matches, result.written.presets, strict=True)
    )
