"""Presets that ``synthmatch match`` wrote: a ``.fxp``, and beside it a ``.json`` with the note."""

from __future__ import annotations

from pathlib import Path

from backend.errors import PatchError
from backend.records import Note, ParameterSet
from backend.synth.patch_file import read_fxp, spec_of
from backend.synth.preset_json import MAX_CHARACTERS, parse_preset_json


def note_beside(preset: Path) -> Note | None:
    """Return the note from the JSON beside a preset; None without one.

    Raises:
        PatchError: there is one, and it cannot be read.
    """
    path = preset.with_suffix(".json")
    return read_json(path).note if path.is_file() else None


def read_setting(preset: Path) -> ParameterSet:
    """Return the setting of a preset, from its ``.fxp`` with the note beside it, or its ``.json``.

    Raises:
        PatchError: it cannot be read, or is no such preset.
    """
    if preset.suffix.lower() == ".json":
        return read_json(preset)
    patch = read_fxp(preset)
    spec = spec_of(patch)
    note = note_beside(preset)
    if spec is None or note is None:
        missing = "is not of a space of ours" if spec is None else "has no .json beside it"
        raise PatchError(f"{preset} {missing}: choose a preset that synthmatch match wrote")
    return spec.from_natives(patch.natives, note)


def read_json(path: Path) -> ParameterSet:
    """Read a preset's JSON.

    Raises:
        PatchError: it is missing, or no such JSON.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return parse_preset_json(file.read(MAX_CHARACTERS + 1))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PatchError(f"cannot read {path}: {reason}; check the path") from error
