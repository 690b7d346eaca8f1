"""Where the user's own Surge XT is: a flag, an environment variable, then the standard folders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from backend.errors import SurgeNotFoundError

#: Names the VST3 (folder or file) where it is not in a standard place.
SURGE_VARIABLE = "SYNTHMATCH_SURGE"
BUNDLE_NAME = "Surge XT.vst3"


def standard_folders() -> tuple[Path, ...]:
    """Return the VST3 folders of this system, the user's own first (Steinberg's VST3 locations)."""
    home = Path.home()
    if sys.platform == "darwin":
        return (home / "Library/Audio/Plug-Ins/VST3", Path("/Library/Audio/Plug-Ins/VST3"))
    if sys.platform == "win32":
        user = Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local")) / "Programs/Common/VST3"
        shared = (
            Path(os.environ.get("COMMONPROGRAMFILES", "C:/Program Files/Common Files")) / "VST3"
        )
        return (user, shared)
    return (home / ".vst3", Path("/usr/local/lib/vst3"), Path("/usr/lib/vst3"))


def find_surge(given: Path | None = None) -> Path:
    """Return the path of the Surge XT VST3.

    Args:
        given: a path the user named; then no other place is tried.

    Raises:
        SurgeNotFoundError: it is in none of the places; the message lists them.
    """
    named = given or (Path(os.environ[SURGE_VARIABLE]) if os.environ.get(SURGE_VARIABLE) else None)
    if named is not None:
        places: tuple[Path, ...] = (named, named / BUNDLE_NAME)
    else:
        # Surge's installers put the bundle at the top or in a folder of its maker.
        places = tuple(
            folder / sub / BUNDLE_NAME
            for folder in standard_folders()
            for sub in ("", "Surge Synth Team")
        )
    for place in places:
        if place.suffix == ".vst3" and place.exists():
            return place
    tried = ", ".join(str(place.parent) for place in places)
    raise SurgeNotFoundError(
        f"no Surge XT found (looked for {BUNDLE_NAME} in {tried}); install Surge XT, or name it "
        f"with --surge PATH or {SURGE_VARIABLE}=PATH"
    )
