"""Makes the match of a row, and leaves it in a folder from which the row can be read again."""

from __future__ import annotations

from dataclasses import replace

from backend.audio.files import write_wav
from backend.free_path import free_path
from backend.gallery.rows import MOST_CANDIDATES, Row, row_of
from backend.output import file_stem
from backend.pipeline import MatchRequest, MatchResult, Workshop


def match_row(
    workshop: Workshop, request: MatchRequest, group: str = ""
) -> tuple[Row, MatchResult]:
    """Match a sound and return its row.

    Args:
        workshop: makes the match.
        request: what is wanted, at most eight presets; they go to a new folder of the sound's name
            within ``request.folder``, with the sound beside them.
        group: a heading for the row, or empty.

    Raises:
        SynthmatchError: as ``Workshop.match``.
    """
    stem = file_stem(request.region.name)
    folder = free_path(request.folder, stem, "")
    count = min(request.count, MOST_CANDIDATES)
    result = workshop.match(
        replace(request, folder=folder, count=count, picture=False, scored=True)
    )
    write_wav(folder / f"{stem}.wav", request.region)
    return row_of(request.region, result.matches, group), result
