"""What a gallery says and plays: its rows as data for the pages, and the files they name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.describe import at_rest
from backend.gallery.rows import Row
from backend.gallery.sounds import Sound, audible_s, sound_of
from backend.matching.similarity import confidence_word, similarity
from backend.matching.tells import note_text
from backend.records import Match, ParameterSet, ParameterValue
from backend.synth.spec import load_spec
from backend.synth.table import SECTIONS, SpecParameter

#: To be equally loud, no sound of a row is turned down by more than this.
MOST_DOWN_DB = 24.0
#: A sound that was raised by more than this is said to have been.
RAISED_MUCH_DB = 20.0
#: A number that is further than this share of its range from the others' middle is marked.
NOTABLE_SHARE = 0.05

Data = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """A gallery's data and files.

    Args:
        data: what the pages are told; only what JSON can hold.
        files: content by path within the gallery.
    """

    data: Data
    files: dict[str, bytes]


def content_of(rows: Sequence[Row], title: str) -> Content:
    """Return everything of a gallery but its pages.

    Args:
        rows: in the order in which they are shown.
        title: the gallery's name.
    """
    files: dict[str, bytes] = {}
    shown = [_row(row, f"{place:02d}", files) for place, row in enumerate(rows, start=1)]
    digest = hashlib.sha256(json.dumps(shown, sort_keys=True).encode())
    for name in sorted(files):
        digest.update(files[name])
    return Content({"title": title, "id": digest.hexdigest()[:16], "rows": shown}, files)


def _row(row: Row, stem: str, files: dict[str, bytes]) -> Data:
    renders = [match.render for match in row.matches if match.render]
    length_s = audible_s([row.target, *renders])
    target = sound_of(row.target, length_s)
    candidates = [
        sound_of(match.render, length_s) if match.render else None for match in row.matches
    ]
    heard = [sound for sound in (target, *candidates) if sound and np.isfinite(sound.peak_db)]
    quietest_lufs = min((sound.loudness_lufs for sound in heard), default=0.0)

    def keep(sound: Sound, name: str) -> Data:
        files[f"sounds/{stem}-{name}.mp3"] = sound.mp3
        files[f"pictures/{stem}-{name}.png"] = sound.picture
        down_db = min(MOST_DOWN_DB, sound.loudness_lufs - quietest_lufs)
        return {
            "sound": f"sounds/{stem}-{name}.mp3",
            "picture": f"pictures/{stem}-{name}.png",
            "outline": sound.outline,
            "down_db": round(down_db, 2) if np.isfinite(down_db) else 0.0,
            "level": _level(sound),
        }

    return {
        "title": row.title,
        "group": row.group,
        "length_s": round(length_s, 3),
        "remarks": row.target.remarks,
        "target": keep(target, "target"),
        "candidates": [
            {**_candidate(match), **(keep(sound, str(match.rank)) if sound else {})}
            for match, sound in zip(row.matches, candidates, strict=True)
        ],
        "parameters": _parameters([match.candidate.parameters for match in row.matches]),
    }


def _candidate(match: Match) -> Data:
    score = match.score
    alike = None if match.distance is None else similarity(match.distance)
    return {
        "number": match.rank,
        "words": match.tells,
        "note": note_text(match.candidate.parameters.note),
        "similarity": round(alike) if alike is not None else None,
        "closeness": confidence_word(alike) if alike is not None else "",
        "figures": {
            "distance": f"{score.distance:.3f}",
            "MSS": f"{score.mss_db:.1f} dB",
            "wMFCC": f"{score.wmfcc:.1f}",
            "SOT": f"{score.sot:.3f}",
            "RMS": f"{score.rms:.3f}",
        }
        if score
        else {},
        "distance": None if match.distance is None else round(match.distance, 4),
    }


def _level(sound: Sound) -> str:
    """Return what should be known of a sound's level, mostly nothing."""
    if not np.isfinite(sound.peak_db):
        return "silent"
    if sound.raised_db > RAISED_MUCH_DB:
        return f"raised by {sound.raised_db:.0f} dB, so its noise is louder too"
    if sound.peak_db > 0.0:
        return f"lowered: it peaked {sound.peak_db:.1f} dB above full scale"
    return ""


def _parameters(sets: Sequence[ParameterSet]) -> list[Data]:
    """Return a table row for each parameter: its section, name, and how it reads in each set.

    ``marks`` has a letter a set: 1 where the value is notably other than most, 0 where it is not,
    and ``-`` where the parameter cannot be heard.
    """
    if not sets or any(one.spec_name != sets[0].spec_name for one in sets):
        return []
    spec = load_spec(sets[0].spec_name)
    natives = [spec.natives(one) for one in sets]
    resting = [at_rest(one) for one in sets]
    rows: list[Data] = []
    for section in SECTIONS:
        for parameter in spec.parameters:
            if parameter.surge.section != section:
                continue
            values = [one.values[parameter.name] for one in sets]
            idle = [parameter.name.startswith(prefixes) for prefixes in resting]
            reads = [
                value
                if isinstance(value, str)
                else parameter.surge.display.text(native[parameter.surge.storage]).replace(
                    " semitones", " st"
                )
                for value, native in zip(values, natives, strict=True)
            ]
            rows.append(
                {
                    "section": section,
                    "name": parameter.name.removeprefix("a_").replace("_", " "),
                    "values": reads,
                    "marks": _marks(parameter, values, idle),
                }
            )
    return rows


def _marks(parameter: SpecParameter, values: list[ParameterValue], idle: list[bool]) -> str:
    heard = [value for value, at_rest_ in zip(values, idle, strict=True) if not at_rest_]
    if parameter.categories:
        usual = max(dict.fromkeys(heard), key=heard.count, default="")

        def other(value: ParameterValue) -> bool:
            return value != usual

    else:
        middle = float(np.median([float(value) for value in heard])) if heard else 0.0
        notable = NOTABLE_SHARE * (parameter.maximum - parameter.minimum)

        def other(value: ParameterValue) -> bool:
            return abs(float(value) - middle) > notable

    return "".join(
        "-" if at_rest_ else "01"[other(value)]
        for value, at_rest_ in zip(values, idle, strict=True)
    )
