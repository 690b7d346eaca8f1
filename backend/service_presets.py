"""The user's presets are played once while the backend has nothing to do, politely.

Only once nobody has wanted a match for a while, on one renderer that lets everything else on the
computer go first; it gives way to the next match at once, and goes on where it was when that is
done. What takes long to import is imported on its own thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from backend.errors import SynthmatchError

log = logging.getLogger(__name__)

#: So long nobody must have wanted a match.
QUIET_S = 120.0
CLOSE_WAIT_S = 10.0

#: ``scan(ended)``: play what is new, until all is or ``ended`` says so.
Scan = Callable[[Callable[[], bool]], None]


class QuietScan:
    """Runs a scan while it is quiet; asked by one thread, which is never kept waiting.

    Args:
        scan: called on a thread of its own; again, where it had to give way.
        quiet_s: how long it must be quiet before.
    """

    def __init__(self, scan: Scan, quiet_s: float = QUIET_S) -> None:
        self._scan = scan
        self._quiet_s = quiet_s
        self._give_way = threading.Event()
        self._done = threading.Event()
        self._worker: threading.Thread | None = None

    def consider(self, quiet_s: float) -> None:
        """Begin, go on, or give way.

        Args:
            quiet_s: for how long nobody has wanted anything; 0 while something is done.
        """
        if quiet_s < self._quiet_s:
            self._give_way.set()
        elif not self._done.is_set() and (self._worker is None or not self._worker.is_alive()):
            self._give_way.clear()
            self._worker = threading.Thread(target=self._work, name="presets", daemon=True)
            self._worker.start()

    def close(self, wait_s: float = CLOSE_WAIT_S) -> bool:
        """End the scan; returns whether it has ended in time."""
        self._done.set()
        self._give_way.set()
        if self._worker is None:
            return True
        self._worker.join(wait_s)
        return not self._worker.is_alive()

    def _work(self) -> None:
        try:
            self._scan(self._give_way.is_set)
        except SynthmatchError as error:
            log.warning("your presets are not played: %s", error)
            self._done.set()
        except Exception:
            log.exception("a fault of ours while presets were played")
            self._done.set()
        else:
            if not self._give_way.is_set():
                self._done.set()


def preset_scan(file: Path, surge: Path | None) -> Scan:
    """Return what plays the presets in Surge XT's own folders.

    Args:
        file: the ``PresetStore``.
        surge: the Surge XT VST3, where it is not in a standard place.
    """

    def scan(ended: Callable[[], bool]) -> None:
        from backend.matching.preset_scan import scan_presets
        from backend.matching.preset_store import PresetStore
        from backend.presets_commands import polite_pool
        from backend.synth.finder import find_surge
        from backend.synth.patch_folders import patch_folders

        found = find_surge(surge)
        folders = patch_folders(found)
        with PresetStore(file) as store, polite_pool(found, 1) as pool:
            report = scan_presets(folders, store, pool, ended=ended)
        log.info("presets: %s", report)

    return scan
