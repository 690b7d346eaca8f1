"""A way to running Surge XT that only writes down what it is told; for tests of what stands on it.

How Surge XT itself behaves is in ``fake_surge``.
"""

from __future__ import annotations

from pathlib import Path

from backend.errors import LinkError
from backend.records import Instance, Snapshot, WriteReport
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import Patch, parse_body, patch_body
from backend.synth.spec import load_spec


class FakeLink:
    """Stands in for ``backend.osc.surge.SurgeLink``.

    Args:
        ports: where a Surge XT listens.
    """

    def __init__(self, *ports: int) -> None:
        self.ports = list(ports)
        self.keeps = True
        self.user_has_loaded = False
        self.restores = True
        self.done: list[str] = []
        self.closed = False

    def instances(self) -> tuple[Instance, ...]:
        return tuple(Instance(port, "Init Saw", answers=True) for port in self.ports)

    def write(self, port: int, candidate_file: Path) -> WriteReport:
        self.done.append(f"write {port} {candidate_file.name}")
        self.user_has_loaded = False
        return WriteReport("verified", "patch", port, 0.05)

    def replaced(self, port: int) -> bool:
        return self.user_has_loaded

    def snapshot(self, port: int) -> Snapshot:
        self.done.append(f"snapshot {port}")
        if not self.keeps:
            raise LinkError("nothing was changed: the patch could not be kept")
        return Snapshot(Path("kept.fxp"), "", "Init Saw", port, 0.0)

    def patch(self, port: int) -> Patch:
        self.done.append(f"patch {port}")
        parameters = draw_parameters(load_spec("surge_simple"), port)
        return parse_body(patch_body(parameters, "Mine"), "Mine")

    def undo(self, port: int) -> WriteReport:
        self.done.append(f"undo {port}")
        return WriteReport("verified" if self.restores else "differs", "patch", port, 0.05)

    def close(self) -> None:
        self.closed = True
