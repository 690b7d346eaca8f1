"""The resident backend: one per user, which keeps the model warm and serves clients over OSC.

    client --Server--> handle --+--> JobQueue --> Matches (the model, the renderers) --+--> events
                                |
                                +--> Errands --> SurgeDesk (the running Surge XT) --------> answers

``handle`` runs on the server's thread and only enqueues. The server talks at once; torch and the
model are loaded behind that, on the thread of the jobs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from backend.cli import installed_version
from backend.discovery import Discovery, Presence, new_token
from backend.errands import Errands
from backend.errors import AudioError, ServiceError, SynthmatchError
from backend.jobs import Job, JobQueue
from backend.memory import memory_mb
from backend.osc import protocol as say
from backend.osc.fields import State
from backend.osc.server import Server
from backend.service_matches import Found, Matcher, Matches
from backend.service_surge import Link, SurgeDesk
from backend.userdata import UserData

log = logging.getLogger(__name__)

IDLE_S = 15 * 60.0
TICK_S = 0.25
#: Share of the loading that is the import of torch, before the model's file is read.
IMPORT_SHARE = 0.5
OUR_FAULT = "the backend has a fault of its own; synthmatch report packs what we need."

Reply = Callable[[say.Answer], None]


class Workshop(Matcher, Protocol):
    """``backend.pipeline.Workshop``."""

    def warm_up(self, progress: Callable[[str, float], None]) -> None:
        """Load what the first match needs."""
        ...

    def close(self) -> None:
        """End its processes."""
        ...


class Service:
    """The backend's parts, wired; a context manager.

    Args:
        data: the user's folder.
        presence: the lock on it.
        make_workshop: called on the thread of the jobs, with how to tell which device is used.
        link: the way to the running Surge XT.
        idle_s: how long it goes on without a client.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        data: UserData,
        presence: Presence,
        make_workshop: Callable[[Callable[[str], None]], Workshop],
        link: Link,
        *,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data = data
        self._presence = presence
        self._make_workshop = make_workshop
        self._idle_s = idle_s
        self._clock = clock
        self._version = installed_version("synthmatch")
        self._token = new_token()
        self._device = "not known yet"
        self._state: State = "loading"
        self._fraction = 0.0
        self._fault: Exception | None = None
        self._workshop: Workshop | None = None
        self._began_s = self._busy_s = clock()
        self._leave = threading.Event()
        self._matches = Matches(data.matches, data.audio, self._emit)
        self._desk = SurgeDesk(link, self._matches.preset)
        self._errands = Errands("surge")
        self._server = Server(self._token, self.handle, on_gone=self._gone)
        self._jobs = JobQueue[Found](self._make, self._matches.ended, prepare=self._load)

    def announce(self) -> None:
        """Let clients find it.

        Raises:
            OutputError: the discovery file cannot be written.
        """
        port = self._server.port
        self._presence.announce(
            Discovery(os.getpid(), port, self._token, self._version, say.PROTOCOL_VERSION)
        )
        log.info("version %s talks on port %d", self._version, port)

    def run(self) -> None:
        """Serve until a client stops it, or none was there for long."""
        while not self._leave.wait(TICK_S):
            if self._server.clients() or not self._jobs.idle():
                self._busy_s = self._clock()
            elif self._clock() - self._busy_s >= self._idle_s:
                log.info("no client for %.0f s", self._idle_s)
                return

    def close(self) -> bool:
        """Take the discovery file away, and end everything that was begun; the lock is kept.

        Returns:
            Whether all threads have ended in time.
        """
        self._presence.withdraw()
        ended = self._jobs.close()
        if self._workshop is not None:
            self._workshop.close()
        ended &= self._errands.close()
        self._desk.close()
        self._server.close()
        log.info("left")
        return ended

    def __enter__(self) -> Service:
        """Return the service."""
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self.close()

    def handle(self, client: str, request: say.Request, reply: Reply) -> None:
        """Take a request; the answer goes to ``reply``, now or later and from another thread.

        Raises:
            SynthmatchError: it is refused.
        """
        desk = self._desk
        match request:
            case say.Hello():
                reply(say.Welcome(self._version, str(self._data.audio), self._state))
            case say.Heartbeat():
                reply(say.Alive(self._state, self._fraction))
            case say.Status():
                reply(self._status())
            case say.StartMatch():
                reply(self._start(client, request))
            case say.CancelJob(job):
                if not self._jobs.cancel(job):
                    raise ServiceError(f"match {job} neither runs nor waits: nothing to cancel.")
                reply(say.Cancelled(job))
            case say.ListInstances():
                self._later(reply, lambda: say.Instances(desk.instances()))
            case say.ChooseInstance(port):
                self._later(reply, lambda: say.Chosen(desk.choose(client, port)))
            case say.WriteCandidate(job, rank):
                self._later(reply, lambda: say.Written.of(desk.write(client, job, rank)))
            case say.Undo():
                self._later(reply, lambda: say.Written.of(desk.undo(client)))
            case say.KeepCandidate(job, rank, path):
                keep = self._matches.keep
                self._later(reply, lambda: say.Kept(str(keep(job, rank, Path(path)))))
            case say.StopService():
                log.info("stopped by a client")
                reply(say.Stopping())
                self._leave.set()
            case _:
                raise ServiceError(f"{type(request).__name__} has no answer.")

    def _later(self, reply: Reply, errand: Callable[[], say.Answer]) -> None:
        """Have something done on the thread that talks to Surge XT, and answer from there."""

        def do() -> None:
            try:
                answer = errand()
            except SynthmatchError as error:
                answer = say.Refused.of(error)
            except Exception:
                log.exception("a fault of ours")
                answer = say.Refused("fault", OUR_FAULT)
            reply(answer)

        self._errands.submit(do)

    def _start(self, client: str, request: say.StartMatch) -> say.Queued:
        if -1.0 < request.start_s < 0.0:
            raise AudioError(
                f"a match cannot start at {request.start_s:g} s: give 0 to 600, or -1 for the "
                "first onset."
            )
        job = Job(
            self._matches.new_number(),
            client,
            self._sound(request.path),
            start_s=request.start_s if request.start_s >= 0 else None,
            count=request.count,
            seed=request.seed,
            spec_name=request.spec,
        )
        return say.Queued(job.number, self._jobs.submit(job))

    def _sound(self, path: str) -> Path:
        """Return a sound's path, with every link followed."""
        folder = self._data.audio.resolve()
        try:
            sound = Path(path).resolve()
            inside = sound.is_relative_to(folder) and Path(path).is_absolute()
        except (OSError, ValueError, RuntimeError):  # a NUL, or links that go round in circles
            inside = False
        if not inside:
            raise AudioError(f"{path} is not inside {folder}: put the sound there first.")
        return sound

    def _status(self) -> say.ServiceState:
        return say.ServiceState(
            pid=os.getpid(),
            version=self._version,
            state=self._state,
            device=self._device,
            clients=len(self._server.clients()),
            jobs_waiting=self._jobs.waiting(),
            uptime_s=self._clock() - self._began_s,
            memory_mb=memory_mb(),
        )

    def _load(self) -> None:
        """Load torch, the model and the renderers; done once, before the first job."""

        def advance(stage: str, fraction: float) -> None:
            self._fraction = IMPORT_SHARE + (1 - IMPORT_SHARE) * min(1.0, max(0.0, fraction))

        try:
            self._workshop = self._make_workshop(self._use_device)
            self._fraction = IMPORT_SHARE
            self._workshop.warm_up(advance)
        except Exception as error:
            self._state, self._fault = "failed", error
            if isinstance(error, SynthmatchError):
                log.error("the model cannot be loaded: %s", error)
                news = str(error)
            else:
                log.exception("the model cannot be loaded")
                news = f"the model cannot be loaded ({type(error).__name__}); see the log."
            for client in self._server.clients():
                self._emit(client, say.ServiceNews(news))
        else:
            self._state, self._fraction = "ready", 1.0
            log.info("ready after %.1f s", self._clock() - self._began_s)

    def _make(self, job: Job) -> Found:
        if self._workshop is None:
            assert self._fault is not None
            raise self._fault
        found = self._matches.make(job, self._workshop)
        self._state, self._fraction = "ready", 1.0  # also if warming up has failed
        return found

    def _use_device(self, device: str) -> None:
        self._device = device

    def _emit(self, client: str, event: say.Event) -> None:
        self._server.emit(client, event)

    def _gone(self, client: str) -> None:
        """Give up what a client that has left was waiting for."""
        self._jobs.cancel_client(client)
        with contextlib.suppress(ServiceError):  # all is being forgotten
            self._errands.submit(lambda: self._desk.forget(client))
