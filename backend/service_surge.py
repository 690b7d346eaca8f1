"""What clients do with the running Surge XT: which one is whose, and the user's patch first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from backend.errors import LinkError
from backend.records import Instance, Snapshot, WriteReport
from backend.synth.patch_file import Patch

log = logging.getLogger(__name__)

#: Far more matches than can still be written.
REMEMBERED_MATCHES = 100


class Link(Protocol):
    """What reaches the running Surge XT: ``backend.osc.surge.SurgeLink``."""

    def instances(self) -> tuple[Instance, ...]:
        """Return all that listen."""
        ...

    def write(self, port: int, candidate_file: Path) -> WriteReport:
        """Write a preset."""
        ...

    def replaced(self, port: int) -> bool:
        """Whether the user has loaded another patch since the last write."""
        ...

    def snapshot(self, port: int) -> Snapshot:
        """Keep the user's patch."""
        ...

    def patch(self, port: int) -> Patch:
        """Return the patch that it holds."""
        ...

    def undo(self, port: int) -> WriteReport:
        """Put back the patch that was kept last."""
        ...

    def close(self) -> None:
        """End."""
        ...


class SurgeDesk:
    """Writes candidates for clients; all of it on one thread.

    Args:
        link: the way to Surge XT.
        preset: returns the ``.fxp`` of a match's number and a candidate's.
    """

    def __init__(self, link: Link, preset: Callable[[int, int], Path]) -> None:
        self._link = link
        self._preset = preset
        self._chosen: dict[str, int] = {}
        self._kept: set[tuple[int, int]] = set()  # (match, port) whose user's patch is safe

    def instances(self) -> tuple[Instance, ...]:
        """Return the running Surge XT that listen for OSC."""
        return self._link.instances()

    def choose(self, client: str, port: int) -> int:
        """Let a client's writes go to a Surge XT from now on.

        Raises:
            LinkError: none listens on that port.
        """
        there = self._link.instances()
        if port not in (instance.port for instance in there):
            raise LinkError(
                f"no Surge XT listens on port {port}; choose one of: {_ports(there)}."
                if there
                else f"no Surge XT listens on port {port}, nor on another: switch on OSC In in "
                "Surge XT (Menu, OSC)."
            )
        self._chosen[client] = port
        return port

    def patch(self, client: str) -> Patch:
        """Return the patch that the client's Surge XT holds now.

        Raises:
            LinkError: Surge XT cannot be reached, or saves nothing.
        """
        return self._link.patch(self._port(client))

    def write(self, client: str, number: int, candidate: int) -> WriteReport:
        """Write a candidate, with the user's patch kept before.

        It is kept before the first write of a match, and when the user has loaded another since.

        Raises:
            ServiceError: there is no such candidate.
            LinkError: Surge XT cannot be reached, or its patch cannot be kept; then nothing was
                written.
        """
        preset = self._preset(number, candidate)
        port = self._port(client)
        if (number, port) not in self._kept or self._link.replaced(port):
            self._link.snapshot(port)
            recent = {pair for pair in self._kept if pair[0] > number - REMEMBERED_MATCHES}
            self._kept = recent | {(number, port)}
        report = self._link.write(port, preset)
        told = (number, candidate, report.state, report.seconds)
        log.info("match %d, candidate %d: %s in %.3f s", *told)
        return report

    def undo(self, client: str) -> WriteReport:
        """Put back the patch that the user had before the last match's writes.

        Raises:
            LinkError: Surge XT cannot be reached, or nothing is kept for it.
        """
        port = self._port(client)
        report = self._link.undo(port)
        if report.state != "differs":  # it is there again, so the next write must keep it again
            self._kept = {pair for pair in self._kept if pair[1] != port}
        return report

    def forget(self, client: str) -> None:
        """Forget which Surge XT a client has chosen."""
        self._chosen.pop(client, None)

    def close(self) -> None:
        """End the link."""
        self._link.close()

    def _port(self, client: str) -> int:
        """Return the port that a client chose; where only one Surge XT is there, that one's."""
        if client not in self._chosen:
            there = self._link.instances()
            if not there:
                raise LinkError(
                    "no running Surge XT listens: open one in your DAW, and switch on OSC In in it "
                    "(Menu, OSC)."
                )
            if len(there) > 1:
                raise LinkError(
                    f"{len(there)} Surge XT listen, on ports {_ports(there)}: choose one first."
                )
            self._chosen[client] = there[0].port
        return self._chosen[client]


def _ports(instances: tuple[Instance, ...]) -> str:
    return ", ".join(str(instance.port) for instance in instances)
