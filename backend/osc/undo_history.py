"""The user's patches as they were before we wrote, kept on disk: 20 for each Surge XT.

Each is a whole ``.fxp`` that any Surge XT loads, and a small ``.json`` beside it that says where it
came from. Only whole files take these names, so a history that was cut off at any moment is read
again; a ``.fxp`` whose ``.json`` is missing still counts.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import time
from pathlib import Path

from backend.errors import OutputError
from backend.files import write_whole
from backend.records import Snapshot
from backend.synth.patch_file import Patch, fxp_bytes

KEPT = 20

_NAME = re.compile(r"(\d{13,})-(\d{1,5})\.fxp", re.ASCII)


class UndoHistory:
    """Snapshots in one folder, which is made when the first comes.

    Args:
        folder: theirs alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, patch: Patch, name: str, path: str, port: int) -> Snapshot:
        """Keep a patch; the oldest beyond ``KEPT`` of that port is dropped.

        Args:
            patch: what Surge XT saved.
            name: as Surge XT shows it.
            path: of the patch that it loaded last, without ending, or empty.
            port: its OSC In port.

        Raises:
            OutputError: the folder cannot be written.
        """
        self.make_folder()
        newest = max((taken for taken, _, _ in self._files()), default=0)
        taken_ms = max(time.time_ns() // 1_000_000, newest + 1)  # in order even if the clock jumps
        snapshot = Snapshot(
            self.folder / f"{taken_ms:013d}-{port}.fxp", path, name, port, taken_ms / 1000
        )
        write_whole(snapshot.file, fxp_bytes(patch.body, name))
        self._describe(snapshot, undone=False)
        for _, _, old in self._files(port)[:-KEPT]:
            with contextlib.suppress(OSError):
                old.unlink()
                old.with_suffix(".json").unlink()
        return snapshot

    def newest(self, port: int) -> Snapshot | None:
        """Return the last snapshot of a port that has not been brought back yet."""
        for taken_ms, _, file in reversed(self._files(port)):
            said = _said(file)
            if not said.get("undone"):
                path, name = str(said.get("patch", "")), str(said.get("name", file.stem))
                return Snapshot(file, path, name, port, taken_ms / 1000)
        return None

    def mark_undone(self, snapshot: Snapshot) -> None:
        """Note that a snapshot was brought back; its file stays.

        Raises:
            OutputError: the folder cannot be written.
        """
        self._describe(snapshot, undone=True)

    def make_folder(self) -> None:
        """Make the folder.

        Raises:
            OutputError: it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.folder} cannot be made ({error.strerror}), so the patch in Surge XT cannot "
                "be kept for undo: make room, or allow writing there."
            ) from error

    def _describe(self, snapshot: Snapshot, *, undone: bool) -> None:
        said = {**dataclasses.asdict(snapshot), "file": snapshot.file.name, "undone": undone}
        text = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
        write_whole(snapshot.file.with_suffix(".json"), text.encode())

    def _files(self, port: int | None = None) -> list[tuple[int, int, Path]]:
        """Return time (ms), port and file of the snapshots, the oldest first."""
        try:
            names = [(file, _NAME.fullmatch(file.name)) for file in self.folder.iterdir()]
        except OSError:
            return []
        found = [(int(m[1]), int(m[2]), file) for file, m in names if m]
        return sorted(entry for entry in found if port in (None, entry[1]))


def _said(file: Path) -> dict[str, object]:
    try:
        said = json.loads(file.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
