"""A match's folder: presets, their JSON, the rendered sounds and the picture, all or nothing.

Everything is made in a hidden folder beside the goal and moved over at the end, so that a full disk
or a fault half-way leaves what was there before.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.audio.files import write_wav
from backend.errors import OutputError
from backend.files import write_whole
from backend.matching.picture import draw_matches
from backend.records import AudioRegion, Match
from backend.synth.patch_file import fxp_bytes, patch_body
from backend.synth.patch_lock import PatchLock
from backend.synth.preset_json import preset_json

#: File systems take names of 255 bytes; this leaves room for endings and for hidden part files.
MAX_STEM_BYTES = 150


@dataclass(frozen=True)
class Written:
    """The files of a match, best first.

    Args:
        presets: the ``.fxp`` files; each has a ``.json`` beside it, and a ``.wav`` if rendered.
        picture: the PNG of target and candidates; None where none was asked for.
    """

    presets: tuple[Path, ...]
    picture: Path | None


def check_folder(folder: Path) -> None:
    """Make the output folder and see that it can be written, before any work is done.

    Raises:
        OutputError: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot write into {folder}: {error.strerror or error}; choose another with -o"
        ) from error


def file_stem(name: str) -> str:
    """Turn a sound's name into a file name that every system takes."""
    plain = re.sub(r"[^\w\- .]", "_", name).strip(" .")
    short = plain.encode("utf-8", "ignore")[:MAX_STEM_BYTES].decode("utf-8", "ignore")
    return short.strip(" .") or "sound"


def write_matches(
    region: AudioRegion,
    matches: Sequence[Match],
    folder: Path,
    *,
    picture: bool = True,
    lock: PatchLock | None = None,
) -> Written:
    """Write every file of a match into a folder, replacing those of the same names.

    Args:
        region: the target; names the files.
        matches: what to write, best first.
        folder: where to; it exists.
        picture: also draw the spectrograms.
        lock: sections that are those of another patch; then no JSON is written, which could not
            say what stands there.

    Raises:
        OutputError: the folder cannot be written or is full; then nothing in it has changed.
    """
    stem = file_stem(region.name)
    presets = [folder / f"{stem}-{match.candidate.number}.fxp" for match in matches]
    drawing = folder / f"{stem}.png" if picture else None
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as name:
            part = Path(name)
            for match, preset in zip(matches, presets, strict=True):
                label = f"{region.name} {match.candidate.number}"
                parameters = match.candidate.parameters
                body = lock.body(parameters, label) if lock else patch_body(parameters, label)
                write_whole(part / preset.name, fxp_bytes(body, label))
                if lock is None:
                    json_path = part / preset.with_suffix(".json").name
                    write_whole(json_path, preset_json(parameters, label).encode())
                if match.render is not None:
                    write_wav(part / preset.with_suffix(".wav").name, match.render)
            if drawing is not None:
                draw_matches(region, matches, part / drawing.name)
            # Presets last: if this is broken off, none is there without what belongs to it.
            for made in sorted(part.iterdir(), key=lambda made: (made.suffix == ".fxp", made.name)):
                os.replace(made, folder / made.name)
            for preset, match in zip(presets, matches, strict=True):
                if match.render is None:  # a sound of an earlier match would belong to no preset
                    preset.with_suffix(".wav").unlink(missing_ok=True)
    except (OSError, shutil.Error) as error:
        raise OutputError(
            f"cannot write into {folder}: {error}; free space or choose -o"
        ) from error
    return Written(tuple(presets), drawing)
