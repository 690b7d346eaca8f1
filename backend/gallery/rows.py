"""The rows of a gallery: a target with its candidates, from a match or from the folder it left.

A folder of presets holds ``NAME-1.json``, ``NAME-2.json``, ... with a ``.wav`` beside each that was
rendered. The target is ``NAME.wav``, or another kind of sound, in that folder or the one above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.audio.decoder import open_sound
from backend.audio.faults import shown
from backend.audio.region import WINDOW_SAMPLES, load_region
from backend.errors import AudioError, PatchError
from backend.matching.contrasts import tell_apart
from backend.matching.metrics import TargetMetrics
from backend.records import AudioRegion, Candidate, Match
from backend.synth.preset_json import MAX_CHARACTERS, parse_preset_json

#: A row has no more candidates than this.
MOST_CANDIDATES = 8

_PRESET = re.compile(r"(?P<stem>.+)-(?P<number>[1-9]\d{0,3})\.json")
_SOUND_ENDINGS = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".mp3")


@dataclass(frozen=True)
class Row:
    """One target and its candidates.

    Args:
        target: the sound that was matched.
        matches: best first, at most eight.
        group: a heading that it shares with other rows, or empty.
    """

    target: AudioRegion
    matches: tuple[Match, ...]
    group: str = ""

    @property
    def title(self) -> str:
        """The target's name."""
        return self.target.name


def row_of(target: AudioRegion, matches: Sequence[Match], group: str = "") -> Row:
    """Return the row of a match as it was made.

    Args:
        target: the sound.
        matches: best first; those beyond the eighth are left out.
        group: a heading, or empty.
    """
    return Row(target, tuple(matches[:MOST_CANDIDATES]), group)


def read_rows(folder: Path) -> list[Row]:
    """Read every match in a folder and in those below it; a folder's rows are a group.

    Scores are measured anew, from the sounds; where there are none, presets stay in the order of
    their numbers.

    Args:
        folder: presets as ``write_matches`` leaves them, each match with its target.

    Raises:
        AudioError: there is no match, or a match without its target, or a sound cannot be read.
        PatchError: a preset cannot be read.
    """
    found: dict[tuple[Path, str], list[tuple[int, Path]]] = {}
    for path in sorted(folder.rglob("*.json")):
        parts = _PRESET.fullmatch(path.name)
        if parts and path.with_suffix(".fxp").is_file():
            number = int(parts["number"])
            found.setdefault((path.parent, parts["stem"]), []).append((number, path))
    if not found:
        raise AudioError(
            f"{shown(folder)} holds no presets of a match (NAME-1.fxp with NAME-1.json); name a "
            "folder that synthmatch match has written, or a sound file."
        )
    return [
        _read_row(_target_beside(place, stem), sorted(presets), _group(folder, place))
        for (place, stem), presets in found.items()
    ]


def _group(root: Path, place: Path) -> str:
    """Return the folder between the root and the match's own one, if there is one."""
    parts = place.relative_to(root).parts
    return shown(Path(parts[0])) if len(parts) > 1 else ""


def _target_beside(folder: Path, stem: str) -> Path:
    for place in (folder, folder.parent):
        for ending in _SOUND_ENDINGS:
            path = place / f"{stem}{ending}"
            if path.is_file():
                return path
    raise AudioError(
        f"{shown(folder)} has presets for {stem!r} but not the sound itself; put "
        f"{stem}.wav (or flac, aiff, ogg, mp3) beside them."
    )


def _read_row(sound: Path, presets: Sequence[tuple[int, Path]], group: str) -> Row:
    target = load_region(sound)
    metrics = TargetMetrics(target.audio[:, :WINDOW_SAMPLES])
    matches = [_read_match(number, path, metrics) for number, path in presets]
    matches.sort(key=lambda match: np.inf if match.distance is None else match.distance)
    ranked = [replace(m, rank=n) for n, m in enumerate(matches[:MOST_CANDIDATES], start=1)]
    return row_of(target, tell_apart(ranked), group)


def _read_match(number: int, path: Path, metrics: TargetMetrics) -> Match:
    try:
        with path.open(encoding="utf-8") as file:
            parameters = parse_preset_json(file.read(MAX_CHARACTERS + 1))
    except (OSError, ValueError, PatchError) as error:
        raise PatchError(f"cannot read {shown(path)}: {error}") from error
    candidate = Candidate(parameters, number)
    wav = path.with_suffix(".wav")
    if not wav.is_file():
        return Match(number, candidate)
    with open_sound(wav) as reader:
        blocks = list(reader.blocks(start=0, stop=reader.frames))
        render = AudioRegion(np.concatenate(blocks, axis=1), reader.sample_rate_hz, path.stem)
    score = metrics.score(render.audio)
    return Match(number, candidate, render, score.distance, score)
