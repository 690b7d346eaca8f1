"""The files that clients hand over with a match: a sound, and a preset that more is wanted like.

They are read only where they belong, whatever a client says: sounds in the folder for sounds,
presets there or among those of the matches.
"""

from __future__ import annotations

from pathlib import Path

from backend.errors import AudioError, PatchError
from backend.osc import protocol as say
from backend.records import Like
from backend.synth.patch_file import read_fxp
from backend.synth.patch_setting import setting_of
from backend.synth.spec import load_spec


class HandedOver:
    """What lies in the folders that clients may name files of.

    Args:
        sounds: where clients put what they hand over.
        matches: where the presets of the matches are.
    """

    def __init__(self, sounds: Path, matches: Path) -> None:
        self._sounds = sounds
        self._matches = matches

    def sound(self, path: str) -> Path:
        """Return a sound's path, with every link followed.

        Raises:
            AudioError: it lies elsewhere.
        """
        sound = _inside(path, self._sounds)
        if sound is None:
            folder = self._sounds.resolve()
            raise AudioError(f"{path} is not inside {folder}: put the sound there first.")
        return sound

    def like(self, request: say.StartMatch) -> Like | None:
        """Return the candidate that those of a match are to be like; None where any will do.

        Raises:
            PatchError: its preset lies elsewhere, cannot be read, or is no setting of the space.
            ParameterError: its note is not on the keyboard.
        """
        wanted = request.like
        if not wanted.path:
            return None
        preset = _inside(wanted.path, self._sounds, self._matches)
        if preset is None:
            raise PatchError(
                f"{wanted.path} is neither a candidate's preset nor inside "
                f"{self._sounds.resolve()}: put it there first."
            )
        spec = load_spec(request.spec)
        setting = setting_of(read_fxp(preset), spec, wanted.note, request.locks)
        spec.check(setting)  # refuses a note that is not on the keyboard
        return Like(setting, wanted.amount)


def _inside(path: str, *folders: Path) -> Path | None:
    """Return a path with every link followed; None where it is in none of the folders."""
    try:
        file = Path(path).resolve()
        inside = any(file.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, ValueError, RuntimeError):  # a NUL, or links that go round in circles
        return None
    return file if inside and Path(path).is_absolute() else None
