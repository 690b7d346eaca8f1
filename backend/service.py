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

from backend.cli import installed_version
from backend.discovery import Discovery, Presence, new_token
from backend.errands import Errands
from backend.errors import AudioError, ServiceError, SynthmatchError
from backend.jobs import Job, JobQueue
from backend.kept_preset import keep_preset
from backend.memory import memory_mb
from backend.osc import protocol as say
from backend.osc.server import Server
from backend.service_files import HandedOver
from backend.service_matches import Matches
from backend.service_model import WarmModel, Workshop
from backend.service_presets import QuietScan
from backend.service_rounds import Found
from backend.service_surge import Link, SurgeDesk
from backend.synth.patch_lock import PatchLock
from backend.userdata import UserData

log = logging.getLogger(__name__)

IDLE_S = 15 * 60.0
TICK_S = 0.25
OUR_FAULT = "the backend has a fault of its own; synthmatch report packs what we need."

Reply = Callable[[say.Answer], None]


class Service:
    """The backend's parts, wired; a context manager.

    Args:
        data: the user's folder.
        presence: the lock on it.
        make_workshop: called on the thread of the jobs, with how to tell which device is used.
        link: the way to the running Surge XT.
        quiet_scan: plays the user's presets while there is nothing to do; None: nothing does.
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
        quiet_scan: QuietScan | None = None,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data = data
        self._quiet_scan = quiet_scan
        self._presence = presence
        self._model = WarmModel(make_workshop)
        self._idle_s = idle_s
        self._clock = clock
        self._version = installed_version("synthmatch")
        self._token = new_token()
        self._began_s = self._busy_s = self._worked_s = clock()
        self._leave = threading.Event()
        self._handed = HandedOver(data.audio, data.matches)
        self._matches = Matches(data.matches, data.audio, self._emit)
        self._desk = SurgeDesk(link, self._matches.rounds.preset)
        self._errands = Errands("surge")
        self._server = Server(self._token, self.handle, on_gone=self._gone)
        self._jobs = JobQueue[Found](self._make, self._matches.ended, prepare=self._load)

    def run(self, there: Callable[[], None] = lambda: None) -> None:
        """Serve until a client stops it, or none was there for long.

        Args:
            there: called once clients can find it.

        Raises:
            OutputError: the discovery file cannot be written.
        """
        port = self._server.port
        self._presence.announce(
            Discovery(os.getpid(), port, self._token, self._version, say.PROTOCOL_VERSION)
        )
        log.info("version %s talks on port %d", self._version, port)
        there()
        while not self._leave.wait(TICK_S):
            if not self._jobs.idle():
                self._worked_s = self._clock()
            if self._quiet_scan is not None:
                self._quiet_scan.consider(self._clock() - self._worked_s)
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
        if self._quiet_scan is not None:
            ended &= self._quiet_scan.close()
        self._model.close()
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
                reply(say.Welcome(self._version, str(self._data.audio), self._model.state))
            case say.Heartbeat():
                reply(say.Alive(self._model.state, self._model.fraction))
            case say.Status():
                reply(self._status())
            case say.StartMatch(locks=(), like=say.LikePreset(path="")):
                reply(self._start(client, request, None))
            case say.StartMatch(locks=locks):
                self._later(
                    reply,
                    lambda: self._start(
                        client, request, PatchLock(desk.patch(client), locks) if locks else None
                    ),
                )
            case say.CancelJob(job):
                if not self._jobs.cancel(job):
                    raise ServiceError(f"match {job} neither runs nor waits: nothing to cancel.")
                reply(say.Cancelled(job))
            case say.ListInstances():
                self._later(reply, lambda: say.Instances(desk.instances()))
            case say.ChooseInstance(port):
                self._later(reply, lambda: say.Chosen(desk.choose(client, port)))
            case say.WriteCandidate(job, candidate):
                self._later(reply, lambda: self._write(client, job, candidate))
            case say.Undo():
                self._later(reply, lambda: say.Written.of(desk.undo(client)))
            case say.KeepCandidate(job, candidate, path):
                self._later(reply, lambda: self._keep(job, candidate, path))
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

    def _start(self, client: str, request: say.StartMatch, lock: PatchLock | None) -> say.Queued:
        if -1.0 < request.start_s < 0.0:
            raise AudioError(
                f"a match cannot start at {request.start_s:g} s: give 0 to 600, or -1 for the "
                "first onset."
            )
        job = Job(
            self._matches.new_number(),
            client,
            self._handed.sound(request.path),
            start_s=request.start_s if request.start_s >= 0 else None,
            count=request.count,
            seed=request.seed,
            spec_name=request.spec,
            budget_s=request.budget_s,
            lock=lock,
            like=self._handed.like(request),
        )
        return say.Queued(job.number, self._jobs.submit(job))

    def _write(self, client: str, job: int, candidate: int) -> say.Written:
        """Write a candidate, which settles its match: nothing is improved any more."""
        self._matches.rounds.preset(job, candidate)
        self._jobs.cancel(job)
        return say.Written.of(self._desk.write(client, job, candidate))

    def _keep(self, job: int, candidate: int, path: str) -> say.Kept:
        keep_preset(self._matches.rounds.preset(job, candidate), Path(path))
        return say.Kept(path)

    def _status(self) -> say.ServiceState:
        return say.ServiceState(
            pid=os.getpid(),
            version=self._version,
            state=self._model.state,
            device=self._model.device,
            clients=len(self._server.clients()),
            jobs_waiting=self._jobs.waiting(),
            uptime_s=self._clock() - self._began_s,
            memory_mb=memory_mb(),
        )

    def _load(self) -> None:
        """Load the model; done once, before the first job."""
        news = self._model.load()
        for client in self._server.clients() if news else ():
            self._emit(client, say.ServiceNews(news))

    def _make(self, job: Job) -> Found:
        found = self._matches.make(job, self._model.workshop())
        self._model.has_worked()
        return found

    def _emit(self, client: str, event: say.Event) -> None:
        self._server.emit(client, event)

    def _gone(self, client: str) -> None:
        """Give up what a client that has left was waiting for."""
        self._jobs.cancel_client(client)
        with contextlib.suppress(ServiceError):  # all is being forgotten
            self._errands.submit(lambda: self._desk.forget(client))
