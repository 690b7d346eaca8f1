"""Copies a preset to where the user wants to keep it, and never over another file."""

from __future__ import annotations

from pathlib import Path

from backend.errors import OutputError
from backend.files import write_whole

ENDING = ".fxp"


def keep_preset(source: Path, path: Path) -> None:
    """Copy a preset and the ``.json`` beside it, both or none.

    Args:
        source: the ``.fxp``.
        path: the full path of the copy, which ends in ``.fxp``; its folder is there.

    Raises:
        OutputError: ``path`` is no such path, or a file of the copy's names is there already, or
            cannot be written; or the source is gone.
    """
    if not path.is_absolute() or path.suffix.lower() != ENDING:
        raise OutputError(
            f"{path} cannot be the name of a kept preset: give a full path that ends in {ENDING}."
        )
    try:
        copies = {
            path: source.read_bytes(),
            path.with_suffix(".json"): source.with_suffix(".json").read_bytes(),
        }
    except OSError as error:
        raise OutputError(
            f"{source} cannot be read any more ({error.strerror or error}): match again."
        ) from error
    reserved: list[Path] = []
    try:
        for target in copies:
            _reserve(target)
            reserved.append(target)
        for target, content in copies.items():
            write_whole(target, content)
    except OutputError:
        for target in reserved:
            target.unlink(missing_ok=True)
        raise


def _reserve(path: Path) -> None:
    """Make a new empty file, so that no other of this name can be replaced."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError as error:
        raise OutputError(f"{path} is there already: choose another name.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{path} cannot be written ({reason}): choose a folder that is there and can be "
            "written to."
        ) from error
