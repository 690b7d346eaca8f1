"""Keeps the patch that a running Surge XT holds, and brings it back exactly, name included.

Surge XT shows the whole path as the name of a file that it has not scanned. So the user's own file
is loaded again where it says the same; a patch that was never saved is given back from a folder of
its own among the user's patches, ``Synthmatch Undo``, into which Surge XT itself saves it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import secrets
import time
from datetime import datetime
from pathlib import Path, PureWindowsPath

from backend.errors import LinkError, PatchError
from backend.osc.patch_state import PatchState, canonical, patch_state
from backend.osc.surge_paths import spoken_path
from backend.osc.surge_query import Conversation
from backend.osc.surge_write import load_patch
from backend.records import Snapshot, WriteReport
from backend.synth.patch_file import Patch, read_fxp

#: Saving makes Surge XT scan the user's patches, which may be thousands.
SAVED_S = 20.0
POLL_S = 0.002

#: Where a patch goes, below the user's patches, that had no file of its own.
USER_FOLDER = "Synthmatch Undo"

#: Relative difference that float32 leaves.
TOLERANCE = 1e-6


def saved_patch(talk: Conversation, folder: Path) -> Patch:
    """Have Surge XT save what it holds, and read that; nothing is left of the file.

    Args:
        talk: to the Surge XT.
        folder: where it may write.

    Raises:
        LinkError: nobody listens, or nothing was saved.
    """
    file = folder / f"incoming-{secrets.token_hex(6)}.fxp"
    talk.send("/patch/save", spoken_path(file))
    until = time.monotonic() + SAVED_S
    try:
        while time.monotonic() < until:
            if file.exists():
                with contextlib.suppress(PatchError):  # not whole yet
                    return read_fxp(file)
            time.sleep(POLL_S)
            talk.check()
    finally:
        with contextlib.suppress(OSError):
            file.unlink()
    raise LinkError(
        f"the Surge XT on port {talk.port} did not save its patch to {folder} within "
        f"{SAVED_S:.0f} s, so nothing was changed: look for a message in its window."
    )


def shown_name(name: str) -> str:
    """Return a patch's name; of one that Surge XT shows as a path, the file's."""
    if name.endswith(".fxp") and ("/" in name or "\\" in name):
        return PureWindowsPath(name).stem  # splits at both kinds of slashes
    return name or "Untitled"


def bring_back(talk: Conversation, snapshot: Snapshot, folder: Path, silent: str) -> WriteReport:
    """Load what a snapshot holds, and verify it.

    Raises:
        LinkError: nobody listens.
        PatchError: the snapshot's file was damaged.
    """
    kept = read_fxp(snapshot.file)
    original = _original(snapshot, kept)
    if original is not None:
        file, equal = original
        report = load_patch(talk, file, kept, silent)
        exact = equal or (
            report.state == "verified" and canonical(saved_patch(talk, folder)) == canonical(kept)
        )
        if exact and report.state != "differs":
            return report
    report = load_patch(talk, snapshot.file, kept, silent)
    return _named(talk, snapshot, kept, report) if report.state == "verified" else report


def _original(snapshot: Snapshot, kept: Patch) -> tuple[Path, bool] | None:
    """Return the user's own file that says the same, and whether it does so to the letter.

    An older version of Surge XT wrote the same patch in other words.
    """
    if not snapshot.patch:
        return None
    place = Path(snapshot.patch)
    # Surge XT cuts what follows a dot off the path, too, and again at every query.
    for file in (Path(f"{place}.fxp"), *sorted(place.parent.glob(f"{_literal(place.name)}.*.fxp"))):
        try:
            there = read_fxp(file)
            if canonical(there) == canonical(kept):
                return file, True
            if _alike(patch_state(there), patch_state(kept)):
                return file, False
        except PatchError:
            continue
    return None


def _alike(there: PatchState, wanted: PatchState) -> bool:
    common = there.natives.keys() & wanted.natives.keys()
    return there.routings.keys() == wanted.routings.keys() and all(
        abs(there.natives[a] - wanted.natives[a]) <= TOLERANCE * max(1.0, abs(wanted.natives[a]))
        for a in common
    )


def _named(talk: Conversation, snapshot: Snapshot, kept: Patch, report: WriteReport) -> WriteReport:
    """Let Surge XT show the name again: saved among the user's patches, and loaded from there."""
    moment = datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")[:-3]
    name = re.sub(r'[<>:"/\\|?*\x00-\x1f]', " ", snapshot.name).strip(" .") or "Untitled"
    path = f"/{USER_FOLDER}/{moment}/{name}"
    talk.discard()
    talk.send("/patch/save_user", path)
    talk.send("/q/patch")  # answered when all is saved and scanned
    if talk.wait_for("/patch", timeout_s=SAVED_S) is None:
        return report
    try:
        named = load_patch(talk, Path(f"{path}.fxp"), kept, "", loader="/patch/load_user")
    except LinkError:  # the folder of user patches cannot be written
        remark = f"everything is back but the name {snapshot.name}, which Surge XT would not save."
        return dataclasses.replace(report, remark=remark)
    return named if named.state == "verified" else report


def _literal(text: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", text)
