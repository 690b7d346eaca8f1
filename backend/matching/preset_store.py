"""What the user's own presets sound like: one SQLite file, written patch by patch.

A patch is known by its path, size and time of change; one that has changed is heard again. Patches
that cannot be played are kept with the reason, so that they are not tried for ever. The file holds
nothing that cannot be made anew from the patches: where it is damaged or of another version, it is
begun afresh.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from backend.errors import OutputError
from backend.matching.embedding import BANDS, SLOTS, Sketches
from models.features import dequantise_db, quantise_db

#: How often a patch is tried on which a renderer failed, which may be the fault of a busy computer.
MOST_TRIES = 3

#: Raised when what is stored, or how a patch is played for it, becomes another.
VERSION = 1
WAIT_S = 10.0

_TABLES = (
    "CREATE TABLE IF NOT EXISTS patches (path TEXT PRIMARY KEY, size INTEGER, changed_ns INTEGER,"
    " name TEXT, spec TEXT, fault TEXT, tries INTEGER)",
    "CREATE TABLE IF NOT EXISTS sounds (path TEXT REFERENCES patches ON DELETE CASCADE,"
    " pitch INTEGER, lead_s REAL, heard INTEGER, sketch BLOB, PRIMARY KEY (path, pitch))",
)


@dataclass(frozen=True)
class Stamp:
    """What changes when a file does: its size in bytes, and its time of change."""

    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Return that of a file.

        Raises:
            OSError: it cannot be looked at.
        """
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class PlayedPresets:
    """How presets sound, a row for each note that one was played with.

    Args:
        paths: their files.
        names: what they call themselves.
        specs: the parameter space that each is a setting of; empty for a patch of another make.
        pitches: the notes, int64 ``(n,)``.
        leads_s: from each note's start until it is heard, float32 ``(n,)``.
        sketches: n of them.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    specs: tuple[str, ...]
    pitches: npt.NDArray[np.int64]
    leads_s: npt.NDArray[np.float32]
    sketches: Sketches


class PresetStore:
    """The file, opened; a context manager, to be used on the thread that opened it.

    Args:
        file: made if needed; its folder exists.

    Raises:
        OutputError: it cannot be opened or written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._base = self._open()
        except sqlite3.DatabaseError:  # damaged, unless it cannot be opened at all
            with contextlib.suppress(OSError):
                file.unlink()
            with self._faults():
                self._base = self._open()

    def stamps(self) -> dict[Path, Stamp]:
        """Return which patches need not be heard again, as they were when they were heard."""
        with self._faults():
            rows = self._base.execute(
                "SELECT path, size, changed_ns FROM patches WHERE tries >= ?", (MOST_TRIES,)
            ).fetchall()
        return {Path(path): Stamp(size, changed_ns) for path, size, changed_ns in rows}

    def keep(
        self,
        path: Path,
        stamp: Stamp,
        name: str,
        spec_name: str,
        pitches: Sequence[int],
        sketches: Sketches,
    ) -> None:
        """Keep how a patch sounds, in place of what was known of it.

        Args:
            path: its file.
            stamp: of the file that was heard.
            name: what it calls itself.
            spec_name: the parameter space that it is a setting of, or empty.
            pitches: the notes that it was played with, from 0 s on.
            sketches: one for each note.
        """
        stored = quantise_db(sketches.decibel.numpy())
        with self._faults(), self._base:
            self._replace(path, stamp, name, spec_name, None, MOST_TRIES)
            self._base.executemany(
                "INSERT INTO sounds VALUES (?, ?, ?, ?, ?)",
                [
                    (str(path), pitch, float(onset_s), int(heard), decibel.tobytes())
                    for pitch, onset_s, heard, decibel in zip(
                        pitches, sketches.onsets_s, sketches.heard, stored, strict=True
                    )
                ],
            )

    def keep_fault(self, path: Path, stamp: Stamp, fault: str, *, certain: bool) -> None:
        """Keep why a patch cannot be heard.

        Args:
            path: its file.
            stamp: of the file that was tried.
            fault: why, for people.
            certain: whether another try would end alike; else there are ``MOST_TRIES`` of them.
        """
        with self._faults(), self._base:
            before = self._base.execute(
                "SELECT tries FROM patches WHERE path = ? AND size = ? AND changed_ns = ? "
                "AND fault IS NOT NULL",
                (str(path), stamp.size, stamp.changed_ns),
            ).fetchone()
            tries = MOST_TRIES if certain else 1 + (before[0] if before else 0)
            self._replace(path, stamp, path.stem, "", fault, tries)

    def forget(self, paths: Iterable[Path]) -> None:
        """Forget patches that are gone."""
        with self._faults(), self._base:
            self._base.executemany(
                "DELETE FROM patches WHERE path = ?", [(str(path),) for path in paths]
            )

    def faults(self) -> dict[Path, str]:
        """Return which patches cannot be heard, and why."""
        with self._faults():
            rows = self._base.execute(
                "SELECT path, fault FROM patches WHERE fault IS NOT NULL ORDER BY path"
            ).fetchall()
        return {Path(path): fault for path, fault in rows}

    def presets(self) -> PlayedPresets:
        """Return all that is known of how presets sound."""
        with self._faults():
            rows = self._base.execute(
                "SELECT path, name, spec, pitch, lead_s, heard, sketch FROM sounds JOIN patches "
                "USING (path) WHERE length(sketch) = ? ORDER BY path, pitch",
                (BANDS * SLOTS,),
            ).fetchall()
        paths, names, specs, pitches, leads, heard, sketches = (
            zip(*rows, strict=True) if rows else ((),) * 7
        )
        stored = np.frombuffer(b"".join(sketches), dtype=np.uint8).reshape(-1, BANDS, SLOTS)
        leads_s = np.array(leads, dtype=np.float32)
        return PlayedPresets(
            tuple(map(Path, paths)),
            names,
            specs,
            np.array(pitches, dtype=np.int64),
            leads_s,
            Sketches(
                dequantise_db(torch.from_numpy(stored.copy())),
                torch.tensor(heard, dtype=torch.int64),
                torch.from_numpy(leads_s),
            ),
        )

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *fault: object) -> None:
        """Close the file."""
        self.close()

    def _replace(
        self, path: Path, stamp: Stamp, name: str, spec_name: str, fault: str | None, tries: int
    ) -> None:
        self._base.execute("DELETE FROM patches WHERE path = ?", (str(path),))
        self._base.execute(
            "INSERT INTO patches VALUES (?, ?, ?, ?, ?, ?, ?)",
            (str(path), stamp.size, stamp.changed_ns, name, spec_name, fault, tries),
        )

    def _open(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._file, timeout=WAIT_S)
        try:
            base.execute("PRAGMA foreign_keys = ON")
            [version] = base.execute("PRAGMA user_version").fetchone()
            with base:
                if version != VERSION:
                    for table in ("sounds", "patches"):
                        base.execute(f"DROP TABLE IF EXISTS {table}")
                for table in _TABLES:
                    base.execute(table)
                base.execute(f"PRAGMA user_version = {VERSION}")
        except BaseException:
            base.close()
            raise
        return base

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OutputError(
                f"{self._file}, which knows how your presets sound, cannot be used ({error}): make "
                "room, or delete it and run synthmatch presets scan again."
            ) from error
