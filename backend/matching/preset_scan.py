"""Plays the user's own presets once on their Surge XT, so that a match can find them by ear.

    folders --list_patches--> what is new or has changed --RenderPool--> sketches --> PresetStore

It can be ended at any time and goes on where it was. A patch that is damaged, fails, hangs or stays
silent is left out, with a line in the log, until its file changes; where a renderer failed, which a
busy computer may be to blame for, later scans try it again a few times.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from backend.audio.region import fit_window
from backend.errors import PatchError, RenderError
from backend.matching.embedding import FEATURES, sketch
from backend.matching.preset_store import PresetStore, Stamp
from backend.records import AudioRegion, Note
from backend.synth.patch_file import Patch, read_fxp, spec_of
from backend.synth.patch_folders import list_patches
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob
from models.features import LogMel

log = logging.getLogger(__name__)

#: The notes that each preset is played with: as long as most sounds that are matched.
PITCHES = (48, 60, 72)
NOTE_S = 2.0

#: A render that nowhere reaches this is silent.
SILENT_PEAK = 1e-4


@dataclass(frozen=True)
class ScanReport:
    """What a scan has done.

    Args:
        found: patch files in the folders.
        heard: that were new or had changed, and are done with now.
        left_out: that cannot be played, now or before.
        gone: that were known and are no longer there.
    """

    found: int
    heard: int
    left_out: int
    gone: int


@dataclass
class _Hearing:
    """A patch that is being played; ``over`` once it is kept or left out."""

    path: Path
    stamp: Stamp
    patch: Patch
    renders: dict[int, AudioRegion]
    over: bool = False


def scan_presets(
    folders: Sequence[Path],
    store: PresetStore,
    pool: RenderPool,
    progress: Callable[[int, int], None] = lambda done, total: None,
    ended: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Play what is new or has changed in some folders, and forget what is gone from them.

    Args:
        folders: which exist; all below them counts.
        store: where it is kept.
        pool: the renderers.
        progress: told how many of the patches to be played are done, and how many they are.
        ended: asked before every render; True ends the scan, which keeps what it has.

    Raises:
        RenderError: no renderer starts.
        OutputError: the store cannot be written.
    """
    files = list_patches(folders)
    known = store.stamps()
    gone = [
        path
        for path in known.keys() - set(files)
        if any(path.is_relative_to(folder) for folder in folders)
    ]
    store.forget(gone)
    todo = [(path, stamp) for path in files if (stamp := _changed(path, known)) is not None]
    scan = _Scan(todo, store, progress, ended)
    pool.stream(scan.supply, scan.take)
    return ScanReport(len(files), scan.done, len(store.faults().keys() & set(files)), len(gone))


class _Scan:
    """The patches of one scan, as jobs for renderers."""

    def __init__(
        self,
        todo: Sequence[tuple[Path, Stamp]],
        store: PresetStore,
        progress: Callable[[int, int], None],
        ended: Callable[[], bool],
    ) -> None:
        self.done = 0
        self._total = len(todo)
        self._waiting = iter(todo)
        self._store = store
        self._progress = progress
        self._ended = ended
        self._notes: list[tuple[_Hearing, int]] = []
        self._under_way: list[tuple[_Hearing, int]] = []  # by number of the job
        progress(0, self._total)

    def supply(self) -> RenderJob | None:
        """Return the next job, None after the last."""
        while not self._ended():
            self._notes = [note for note in self._notes if not note[0].over]
            if self._notes:
                hearing, pitch = self._notes.pop(0)
                self._under_way.append((hearing, pitch))
                name = f"{hearing.path.name} at note {pitch}"
                return RenderJob(hearing.patch.body, Note(pitch, 0.0, NOTE_S), name)
            following = next(self._waiting, None)
            if following is None:
                return None
            path, stamp = following
            try:
                hearing = _Hearing(path, stamp, read_fxp(path), {})
            except PatchError as error:
                self._leave_out(path, stamp, str(error), certain=True)
            else:
                self._notes = [(hearing, pitch) for pitch in PITCHES]
        return None

    def take(self, number: int, render: AudioRegion | RenderError) -> None:
        """Take what came of a job."""
        hearing, pitch = self._under_way[number]
        if hearing.over:
            return
        if isinstance(render, RenderError):
            hearing.over = True
            self._leave_out(hearing.path, hearing.stamp, str(render), certain=False)
            return
        hearing.renders[pitch] = render
        if len(hearing.renders) == len(PITCHES):
            hearing.over = True
            self._keep(hearing)

    def _keep(self, hearing: _Hearing) -> None:
        sounds = {
            pitch: torch.from_numpy(fit_window(render))
            for pitch, render in sorted(hearing.renders.items())
            if float(abs(render.audio).max()) >= SILENT_PEAK
        }
        hearing.renders.clear()
        if not sounds:
            self._leave_out(hearing.path, hearing.stamp, "it is silent", certain=True)
            return
        with torch.inference_mode():
            sketches = sketch(LogMel(FEATURES)(torch.stack(list(sounds.values()))))
        spec = spec_of(hearing.patch)
        self._store.keep(
            hearing.path,
            hearing.stamp,
            hearing.patch.name,
            spec.name if spec else "",
            list(sounds),
            sketches,
        )
        self._tell()

    def _leave_out(self, path: Path, stamp: Stamp, fault: str, *, certain: bool) -> None:
        log.warning("%s is left out: %s", path, fault)
        self._store.keep_fault(path, stamp, fault, certain=certain)
        self._tell()

    def _tell(self) -> None:
        self.done += 1
        self._progress(self.done, self._total)


def _changed(path: Path, known: dict[Path, Stamp]) -> Stamp | None:
    """Return the stamp of a file that is to be heard; None for one that is not."""
    try:
        str(path).encode()  # a name that is no text could not be kept
        stamp = Stamp.of(path)
    except (OSError, UnicodeEncodeError) as error:
        log.warning("%r is left out: %s", str(path), error)
        return None
    return None if known.get(path) == stamp else stamp
