"""What a musician does with a match, by commands: the logic of ``synthmatch live``.

    sound --start--> match of the backend --wait--> candidates --do("next")--> the running Surge XT

It talks to the backend as the plugin does, and neither to keys nor to a screen.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from backend.audio.faults import shown
from backend.audio.files import write_wav
from backend.audition import Audition
from backend.errors import CancelledError, OutputError, ServiceError, SynthmatchError
from backend.free_path import free_path
from backend.osc import protocol as say
from backend.osc.client import FORGOTTEN
from backend.osc.fields import Spec
from backend.records import AudioRegion, Instance, WriteReport

EVENT_WAIT_S = 0.5
#: Longest wait for the answer to what the backend does at once, and to what Surge XT has part in.
SOON_S, SURGE_S = 10.0, 30.0

Kind = TypeVar("Kind", bound=say.Answer)


class Client(Protocol):
    """What talks to the backend: ``backend.osc.client.Client``."""

    def ask(self, request: say.Request, kind: type[Kind], timeout_s: float) -> Kind:
        """Return the answer to a request; raise ServiceError where it is refused."""

    def next_event(self, timeout_s: float) -> say.Event | None:
        """Return the next event, None if none comes."""


@dataclass(frozen=True)
class Wish:
    """What the match is to be: how many presets, and the seed and space they are drawn with."""

    count: int
    seed: int
    spec: Spec


@dataclass(frozen=True)
class Said:
    """What came of a command, in a line or more, and whether it was a fault."""

    text: str
    fault: bool = False


class LiveSession:
    """One sound, its match, and the commands on it.

    Args:
        client: said Hello already.
        region: the sound.
        folder: where the backend takes sounds from.
        keep_in: where kept presets go.
        stem: how they are called, before their rank.
        audition: where the user listens; closed with the session.
    """

    def __init__(
        self,
        client: Client,
        region: AudioRegion,
        *,
        folder: Path,
        keep_in: Path,
        stem: str,
        audition: Audition,
    ) -> None:
        self._client = client
        self._region = region
        self._folder = folder
        self._keep_in = keep_in
        self._stem = stem
        self._audition = audition
        self._copy: Path | None = None
        self._job = 0
        self._port: int | None = None
        self._candidates: dict[int, say.CandidateReady] = {}
        #: Rank of the candidate that was written last; 0 where none is.
        self.current = 0

    @property
    def candidates(self) -> tuple[say.CandidateReady, ...]:
        """Those that are ready, best first."""
        return tuple(self._candidates[rank] for rank in sorted(self._candidates))

    def instances(self) -> tuple[Instance, ...]:
        """Return the running Surge XT that listen.

        Raises:
            ServiceError: the backend refuses, or is gone.
        """
        return self._client.ask(say.ListInstances(), say.Instances, SURGE_S).instances

    def choose(self, port: int) -> None:
        """Write to the Surge XT on a port from now on.

        Raises:
            ServiceError: none listens there.
        """
        self._client.ask(say.ChooseInstance(port), say.Chosen, SURGE_S)
        self._port = port

    def start(self, wish: Wish) -> int:
        """Hand the sound over and have it matched.

        Returns:
            How many matches are before it.

        Raises:
            SynthmatchError: the sound cannot be handed over, or the backend refuses.
        """
        request = say.StartMatch(str(self._hand_over()), 0.0, wish.count, wish.seed, wish.spec)
        queued = self._client.ask(request, say.Queued, SOON_S)
        self._job = queued.job
        self._candidates, self.current = {}, 0
        return queued.place

    def wait(self, progress: Callable[[say.Progress], None], tell: Callable[[str], None]) -> str:
        """Wait for the match; interrupted, it is given up.

        Args:
            progress: called with how far it is.
            tell: called with what else the backend has to say.

        Returns:
            What the user should know of it, or nothing.

        Raises:
            SynthmatchError: it failed, was given up, or the backend is gone.
        """
        try:
            while True:
                event = self._client.next_event(EVENT_WAIT_S)
                match event:
                    case say.Progress() if event.job == self._job:
                        progress(event)
                    case say.CandidateReady() if event.job == self._job:
                        self._candidates[event.rank] = event
                    case say.Matched() if event.job == self._job:
                        return event.remark
                    case say.JobFailed() if event.job == self._job:
                        raise ServiceError(event.message)
                    case say.JobCancelled() if event.job == self._job:
                        raise CancelledError("the match was given up: start it again")
                    case say.ServiceNews():
                        if event == FORGOTTEN:
                            raise CancelledError(f"{event.message} Start it again.")
                        tell(event.message)
        except KeyboardInterrupt:
            with contextlib.suppress(SynthmatchError):
                self._client.ask(say.CancelJob(self._job), say.Cancelled, SOON_S)
            raise
        finally:
            self._remove_copy()

    def do(self, command: str) -> Said:
        """Carry out a command: a word of ``COMMANDS``, or the rank of a candidate to write."""
        try:
            if command.isdecimal():
                return self._write(int(command))
            match command:
                case "next" | "previous":
                    return self._write(self._neighbour(1 if command == "next" else -1))
                case "undo":
                    return self._undo()
                case "keep":
                    return self._keep()
                case "switch" | "target" | "candidate" | "stop":
                    return self._listen(command)
            return Said(f"{command} is not a command: {KEYS}", fault=True)
        except SynthmatchError as error:
            return Said(str(error), fault=True)

    def news(self) -> list[Said]:
        """Return what the backend has told since.

        Raises:
            ServiceError: it is gone, or the Surge XT that was chosen is.
        """
        told = []
        while (event := self._client.next_event(0.0)) is not None:
            if isinstance(event, say.ServiceNews):
                told.append(Said(event.message))
            if event == FORGOTTEN and self._port is not None:
                self.choose(self._port)  # forgotten as well
        return told

    def close(self) -> None:
        """Stop listening; the backend is not told."""
        self._remove_copy()
        self._audition.close()

    def _neighbour(self, step: int) -> int:
        count = len(self._candidates)
        if self.current == 0:
            return 1 if step > 0 else max(1, count)
        return (self.current - 1 + step) % count + 1

    def _write(self, rank: int) -> Said:
        request = say.WriteCandidate(self._job, self._in_rank(rank).candidate)
        written = self._client.ask(request, say.Written, SURGE_S)
        self.current = rank
        return _told(f"{rank} of {len(self._candidates)}", written)

    def _undo(self) -> Said:
        written = self._client.ask(say.Undo(), say.Written, SURGE_S)
        self.current = 0
        return _told("your own patch", written)

    def _keep(self) -> Said:
        selected = self._selected()
        path = free_path(self._keep_in, f"{self._stem}-{selected.rank}", ".fxp", ".json")
        request = say.KeepCandidate(self._job, selected.candidate, str(path))
        kept = self._client.ask(request, say.Kept, SURGE_S)
        return Said(f"{selected.rank} is kept: {shown(Path(kept.path))}")

    def _listen(self, command: str) -> Said:
        if command == "stop":
            heard = self._audition.stop()
        elif command == "target":
            heard = self._audition.target()
        else:
            selected = self._selected()
            listen = self._audition.switch if command == "switch" else self._audition.candidate
            heard = listen(selected.rank, selected.render_path)
        return Said(f"you hear {heard}")

    def _selected(self) -> say.CandidateReady:
        """Return the candidate that commands are about: the one written last, else the best."""
        return self._in_rank(self.current or 1)

    def _in_rank(self, rank: int) -> say.CandidateReady:
        if rank not in self._candidates:
            raise ServiceError(
                f"there is no candidate {rank}: choose one from 1 to {len(self._candidates)}"
            )
        return self._candidates[rank]

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

    def _remove_copy(self) -> None:
        if self._copy is not None:
            with contextlib.suppress(OSError):
                self._copy.unlink(missing_ok=True)
            self._copy = None


#: The commands beside ranks, as the user is told.
KEYS = (
    "n next, p previous, 1-9 by rank, a or space A/B, t target, c candidate, s stop, u undo, "
    "k keep, q quit"
)

#: What became of a write, by the state of its report.
ARRIVED = {
    "verified": "is in Surge XT: verified",
    "unverified": "was sent to Surge XT: unverified",
    "queued": "waits for Surge XT: queued",
    "differs": "is in Surge XT, but differs",
}


def _told(what: str, written: say.Written) -> Said:
    report: WriteReport = written.report
    times = "" if report.attempts == 1 else f", sent {report.attempts} times"
    where = ARRIVED[report.state]
    if report.state == "differs":
        where += f" in {written.differing_count} settings"
    text = f"{what} {where}, {1000 * report.seconds:.0f} ms{times}"
    remark = f". {report.remark}" if report.remark else ""
    return Said(text + remark, fault=report.state == "differs")
