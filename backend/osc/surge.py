"""The link to the Surge XT that runs in the user's DAW: find it, write to it, take it back.

Surge XT hears us on the OSC In port of each instance, and answers, if its OSC Out is on, to a port
that we hold. One request goes to one instance at a time, so an answer belongs to the one asked.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from backend.errors import LinkError
from backend.osc.patch_state import patch_state
from backend.osc.surge_paths import spoken_path
from backend.osc.surge_query import Conversation
from backend.osc.surge_undo import bring_back, saved_patch, shown_name
from backend.osc.surge_write import load_patch, silent_remark, stream_patch
from backend.osc.undo_history import UndoHistory
from backend.osc.wire import AnswerSockets, SurgeSocket, is_shared, open_ports
from backend.records import Instance, Snapshot, WriteReport
from backend.synth.patch_file import Patch, read_fxp

#: OSC In from Surge XT 1.2 on; versions of 2026 take the next free port of this range.
PROBE_PORTS = range(53280, 53381)
#: OSC Out up to 1.3.4, and of the versions of 2026.
ANSWER_PORTS = (53281, 53270)

#: How long each open port may take to say what it is.
GREETING_S = 0.4


class SurgeLink:
    """Finds and writes running Surge XT instances; to be used by one thread at a time.

    Every call blocks, for at most some seconds.

    Args:
        folder: the user's data folder of ours; snapshots go to ``undo`` in it.
        probe_ports: where to look for OSC In ports.
        answer_ports: where to listen for answers; those that another program holds are given up,
            and with all of them taken nothing can be verified.
    """

    def __init__(
        self,
        folder: Path,
        *,
        probe_ports: Sequence[int] = PROBE_PORTS,
        answer_ports: Sequence[int] = ANSWER_PORTS,
    ) -> None:
        self._history = UndoHistory(folder / "undo")
        self._probe_ports = tuple(probe_ports)
        self._ears = AnswerSockets(answer_ports)
        self._sources: dict[int, int] = {}  # OSC In port -> port that its answers come from
        self._written: dict[int, str] = {}  # OSC In port -> path of the patch last written there

    @property
    def remark(self) -> str:
        """One sentence on answer ports that another program holds; empty if all are ours."""
        taken = ", ".join(str(port) for port in self._ears.taken)
        return (
            f"Another program listens on UDP port {taken}, to which Surge XT answers: close it, or "
            "writes to that Surge XT stay unverified."
            if taken
            else ""
        )

    def instances(self) -> tuple[Instance, ...]:
        """Return the running Surge XT that listen for OSC, by port.

        A port that does not answer is listed all the same: its OSC Out may be off.
        """
        asked = [port for port in self._probe_ports if port not in self._ears.ports]
        found = []
        self._sources = {}
        for port in open_ports(asked):
            try:
                with self._talk(port) as talk:
                    patch = talk.greet(GREETING_S)
            except LinkError:
                continue  # closed meanwhile
            if patch is None and port in self._ears.taken:
                continue  # another program that listens to Surge XT, not a Surge XT
            found.append(Instance(port, patch or "", patch is not None, is_shared(port)))
        return tuple(found)

    def write(self, port: int, candidate_file: Path) -> WriteReport:
        """Put a patch file into a Surge XT as a whole, read it back, repeat if needed.

        Raises:
            PatchError: the file is no Surge XT patch.
            LinkError: no Surge XT listens there, or it cannot open the file.
        """
        started = time.perf_counter()
        patch = read_fxp(candidate_file)
        with self._talk(port) as talk:
            report = load_patch(talk, candidate_file, patch, self._silent())
        self._written[port] = spoken_path(candidate_file)
        return dataclasses.replace(report, seconds=time.perf_counter() - started)

    def replaced(self, port: int) -> bool:
        """Whether a Surge XT has loaded another patch since our last write; False if it is silent.

        Raises:
            LinkError: no Surge XT listens there.
        """
        with self._talk(port) as talk:
            path = talk.greet()
        ours = self._written.get(port)
        if path is None or ours is None or path == ours:
            return False
        return not ours.startswith(f"{path}.")  # Surge XT forgets what follows a dot when asked

    def stream(self, port: int, candidate_file: Path) -> WriteReport:
        """Put a patch file into a Surge XT parameter by parameter; the slower way.

        Raises:
            PatchError: the file is no Surge XT patch.
            LinkError: no Surge XT listens there.
        """
        started = time.perf_counter()
        wanted = patch_state(read_fxp(candidate_file))
        with self._talk(port) as talk:
            report = stream_patch(talk, wanted, self._silent())
        return dataclasses.replace(report, seconds=time.perf_counter() - started)

    def patch(self, port: int) -> Patch:
        """Return the patch that a Surge XT holds now.

        Raises:
            LinkError: no Surge XT listens there, or it saves nothing.
            OutputError: the folder cannot be written.
        """
        self._history.make_folder()
        with self._talk(port) as talk:
            return saved_patch(talk, self._history.folder)

    def snapshot(self, port: int) -> Snapshot:
        """Keep the patch that a Surge XT holds now, for undo.

        Raises:
            LinkError: no Surge XT listens there, or it saves nothing.
            OutputError: the folder cannot be written.
        """
        self._history.make_folder()
        with self._talk(port) as talk:
            path = talk.greet() or ""
            patch = saved_patch(talk, self._history.folder)
        return self._history.add(patch, shown_name(patch.name), path, port)

    def undo(self, port: int) -> WriteReport:
        """Bring back the newest snapshot of a Surge XT; the next call brings the one before.

        Raises:
            LinkError: no Surge XT listens there, or nothing is kept for it.
            PatchError: the kept file was damaged.
            OutputError: the folder cannot be written.
        """
        snapshot = self._history.newest(port)
        if snapshot is None:
            raise LinkError(
                f"there is nothing to undo for the Surge XT on port {port}: its patch is kept "
                "before the first write of every match."
            )
        started = time.perf_counter()
        with self._talk(port) as talk:
            report = bring_back(talk, snapshot, self._history.folder, self._silent())
        if report.state in ("verified", "unverified"):  # what waits may be asked for again
            self._history.mark_undone(snapshot)
        seconds = time.perf_counter() - started
        return dataclasses.replace(report, seconds=seconds)

    def close(self) -> None:
        """Give the answer ports back."""
        self._ears.close()

    def _silent(self) -> str:
        return silent_remark(self._ears.ports, self._ears.taken)

    @contextmanager
    def _talk(self, port: int) -> Iterator[Conversation]:
        others = [source for known, source in self._sources.items() if known != port]
        with SurgeSocket(port) as socket:
            talk = Conversation(socket, self._ears, others)
            yield talk
            if talk.source is not None:
                self._sources[port] = talk.source
