"""The match of a terminal session: asked of the backend, with its rounds as they come.

sound --start--> job --take(event)--> round 1, round 2, ..., until it is final
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from backend.audio.files import write_wav
from backend.errors import CancelledError, OutputError, ServiceError, SynthmatchError
from backend.free_path import free_path
from backend.osc import protocol as say
from backend.osc.client import FORGOTTEN
from backend.osc.fields import Spec
from backend.records import AudioRegion

#: Longest wait for the answer to what the backend does at once.
SOON_S = 10.0

Kind = TypeVar("Kind", bound=say.Answer)


class Client(Protocol):
    """What talks to the backend: ``backend.osc.client.Client``."""

    def ask(self, request: say.Request, kind: type[Kind], timeout_s: float) -> Kind:
        """Return the answer to a request; raise ServiceError where it is refused."""

    def next_event(self, timeout_s: float) -> say.Event | None:
        """Return the next event, None if none comes."""


@dataclass(frozen=True)
class Wish:
    """What a match is to be.

    Args:
        count: how many presets.
        seed: that they are drawn with.
        spec: the parameter space.
        budget_s: how long they may be improved after the first of them, 0..60 s.
    """

    count: int
    seed: int
    spec: Spec
    budget_s: float = 0.0


class LiveMatch:
    """One match at a time; the candidates of the one before stay until there are newer ones.

    Args:
        client: said Hello already.
        region: the sound.
        folder: where the backend takes sounds from.
        stem: how the sound is called there.
    """

    def __init__(self, client: Client, region: AudioRegion, *, folder: Path, stem: str) -> None:
        self._client = client
        self._region = region
        self._folder = folder
        self._stem = stem
        self._copy: Path | None = None
        self._job = 0
        self._coming: dict[int, say.CandidateReady] = {}
        #: Those of the round told last, best first.
        self.candidates: tuple[say.CandidateReady, ...] = ()
        #: Whether nothing is awaited; and whether the match that runs has told a round.
        self.is_final, self.has_round = True, False
        #: What the user should know of the last round, or empty.
        self.remark = ""

    def start(self, wish: Wish, like: say.LikePreset | None = None) -> int:
        """Hand the sound over and have it matched; a match that runs is given up.

        Args:
            wish: what it is to be.
            like: a candidate that all are to be like.

        Returns:
            How many matches are before it.

        Raises:
            SynthmatchError: the sound cannot be handed over, or the backend refuses.
        """
        self.close()
        request = say.StartMatch(
            str(self._hand_over()),
            start_s=0.0,
            count=wish.count,
            seed=wish.seed,
            spec=wish.spec,
            budget_s=wish.budget_s,
            like=like or say.LikePreset(),
        )
        queued = self._client.ask(request, say.Queued, SOON_S)
        self._job, self._coming = queued.job, {}
        self.is_final = self.has_round = False
        return queued.place

    def take(self, event: say.Event) -> bool:
        """Take what the backend tells.

        Returns:
            Whether there are newer candidates, or those that are there have become final.

        Raises:
            ServiceError: the match has failed.
            CancelledError: it was given up, or the backend has forgotten it.
        """
        if event == FORGOTTEN and not self.is_final:
            self._end()
            if not self.has_round:
                raise CancelledError(f"{FORGOTTEN.message} Start it again.")
            return True
        match event:
            case say.CandidateReady() if event.job == self._job:
                self._coming[event.rank] = event
            case say.Matched() if event.job == self._job:
                if self._coming:
                    self.candidates = tuple(self._coming[rank] for rank in sorted(self._coming))
                    self._coming = {}
                self.has_round, self.remark = True, event.remark
                self.close()
                if event.final:
                    self._end()
                return True
            case say.JobFailed() if event.job == self._job:
                self._end()
                raise ServiceError(event.message)
            case say.JobCancelled() if event.job == self._job:
                self._end()
                raise CancelledError("the match was given up: start it again")
        return False

    def awaits(self, job: int) -> bool:
        """Whether it is this job of the backend that is awaited."""
        return not self.is_final and job == self._job

    def give_up(self) -> None:
        """Take the match back; what goes wrong then does not matter any more."""
        with contextlib.suppress(SynthmatchError):
            self._client.ask(say.CancelJob(self._job), say.Cancelled, SOON_S)

    def in_rank(self, rank: int) -> say.CandidateReady:
        """Return a candidate by its rank.

        Raises:
            ServiceError: there is none.
        """
        if not 1 <= rank <= len(self.candidates):
            raise ServiceError(
                f"there is no candidate {rank}: choose one from 1 to {len(self.candidates)}"
            )
        return self.candidates[rank - 1]

    def close(self) -> None:
        """Take away the sound that was handed over."""
        if self._copy is not None:
            with contextlib.suppress(OSError):
                self._copy.unlink(missing_ok=True)
            self._copy = None

    def _end(self) -> None:
        self.is_final, self._job = True, 0
        self.close()

    def _hand_over(self) -> Path:
        while True:
            path = free_path(self._folder, self._stem, ".wav")
            try:
                path.touch(exist_ok=False)
            except FileExistsError:  # another client was faster
                continue
            except OSError as error:
                raise OutputError(
                    f"the sound cannot be handed over in {self._folder} "
                    f"({error.strerror or error}): make room, and check its permissions"
                ) from error
            self._copy = path
            write_wav(path, self._region)
            return path
