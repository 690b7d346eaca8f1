"""Where the patches of the user's own Surge XT lie: those that came with it, and those they saved.

Surge XT keeps ``patches_factory`` and ``patches_3rdparty`` in its data folder, and the user's
``Patches`` in a folder among their documents, or wherever the user's settings say
(``SurgeStorage.cpp``, ``paths_linux.cpp``, ``paths_macos.mm`` and ``paths_windows.cpp`` of Surge).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from backend.errors import PatchError
from backend.synth.patch_xml import parse_xml

SHIPPED = ("patches_factory", "patches_3rdparty")
USERS = "Patches"
PATCH_ENDING = ".fxp"
#: The file in the user's folder that can name another, and its key.
SETTINGS, SETTINGS_KEY = "SurgeXTUserDefaults.xml", "userDataPath"
MAX_SETTINGS_BYTES = 1024 * 1024


def patch_folders(surge: Path | None = None) -> tuple[Path, ...]:
    """Return the folders of patches that are there, each once.

    Args:
        surge: the Surge XT VST3, beside which a portable installation keeps its data.
    """
    data = [above / "SurgeXTData" for above in surge.parents] if surge else []
    users = [above / "SurgeXTUserData" for above in surge.parents] if surge else []
    data += _data_folders()
    users += _user_folders()
    named = [_named_in_settings(folder) for folder in users]
    wanted = [folder / sub for folder in data for sub in SHIPPED]
    wanted += [folder / USERS for folder in [*users, *filter(None, named)]]
    return tuple(dict.fromkeys(folder.resolve() for folder in wanted if folder.is_dir()))


def list_patches(folders: Iterable[Path]) -> list[Path]:
    """Return all patch files below folders, each once, in order; unreadable folders are left out.

    Links to folders are not followed, so that nothing goes round in circles.
    """
    found = {
        Path(place, name)
        for folder in folders
        for place, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(PATCH_ENDING) and not name.startswith(".")
    }
    return sorted(found)


def _data_folders() -> list[Path]:
    """Return where Surge XT looks for what came with it."""
    home = Path.home()
    if sys.platform == "darwin":
        libraries = [home / "Library", Path("/Library")]
        return [library / "Application Support/Surge XT" for library in libraries]
    if sys.platform == "win32":
        shared = Path(os.environ.get("PROGRAMDATA", "C:/ProgramData"))
        return [shared / "Surge XT", _local_data() / "Surge XT"]
    named = os.environ.get("XDG_DATA_HOME")
    shares = [Path(named) if named else home / ".local/share", Path("/usr/share")]
    shares.append(Path("/usr/local/share"))
    return [share / name for share in shares for name in ("Surge XT", "surge-xt")]


def _user_folders() -> list[Path]:
    """Return where Surge XT keeps what the user saves."""
    home = Path.home()
    if sys.platform not in ("darwin", "win32"):
        documents = [folder for folder in [_xdg_documents()] if folder]
        return [
            *(d / "Surge XT" for d in documents),
            home / ".Surge XT",
            home / "Documents/Surge XT",
        ]
    return [folder / "Surge XT" for folder in _documents()]


def _documents() -> list[Path]:
    if sys.platform != "win32":  # known to type checkers
        return [Path.home() / "Documents"]
    import ctypes

    buffer = ctypes.create_unicode_buffer(260)  # CSIDL_PERSONAL, which cloud drives move elsewhere
    ctypes.windll.shell32.SHGetFolderPathW(None, 5, None, 0, buffer)
    return [*([Path(buffer.value)] if buffer.value else []), Path.home() / "Documents"]


def _local_data() -> Path:
    return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")


def _xdg_documents() -> Path | None:
    """Return the documents folder that a Linux desktop names, as Surge XT reads it."""
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    try:
        text = (settings / "user-dirs.dirs").read_text("utf-8")
    except (OSError, ValueError):
        return None
    found = re.search(r'^\s*XDG_DOCUMENTS_DIR\s*=\s*"([^"]*)"', text, re.MULTILINE)
    if not found:
        return None
    folder = Path(found[1].replace("$HOME", str(Path.home()), 1))
    return folder if folder.is_absolute() else None


def _named_in_settings(folder: Path) -> Path | None:
    """Return the folder that the user has chosen in Surge XT instead of the usual one."""
    try:
        with (folder / SETTINGS).open("rb") as file:
            settings = parse_xml(file.read(MAX_SETTINGS_BYTES), SETTINGS)
    except (OSError, PatchError):
        return None
    for default in settings.iter("default"):
        if default.get("key") == SETTINGS_KEY and (value := default.get("value")):
            chosen = Path(value)
            return chosen if chosen.is_absolute() else None
    return None
