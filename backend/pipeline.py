"""One match, from a sound to ranked presets: read this file first.

    AudioRegion --propose--> Candidates --rank--> Matches --write_matches--> .fxp .json .wav .png

``propose`` asks the trained model for parameter sets that could have made the sound. ``rank`` plays
each on the user's own Surge XT, where there is one, and puts the nearest first. ``write_matches``
leaves the presets in a folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backend.errors import SurgeNotFoundError
from backend.matching.propose import load_proposer
from backend.matching.rank import rank
from backend.output import Written, check_folder, write_matches
from backend.records import AudioRegion, Match
from backend.synth.finder import find_surge
from backend.synth.render_pool import RenderPool

Stage = Literal["load", "propose", "render", "write"]
Progress = Callable[[Stage, float], None]

#: Renderers beside each other; each is one process with a Surge XT of its own.
RENDER_WORKERS = 2


@dataclass(frozen=True)
class MatchRequest:
    """What a musician asks for.

    Args:
        region: the sound.
        folder: where the presets go; made if needed.
        count: how many presets.
        seed: same sound and seed, same presets.
        spec_name: ``surge_full`` or ``surge_simple``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        surge: the Surge XT VST3, where it is not in a standard place.
    """

    region: AudioRegion
    folder: Path
    count: int = 8
    seed: int = 0
    spec_name: str = "surge_full"
    device: str = "auto"
    surge: Path | None = None


@dataclass(frozen=True)
class MatchResult:
    """What came of it: the matches, best first, the files, and why nothing was rendered, if so."""

    matches: tuple[Match, ...]
    written: Written
    without_surge: str | None = None


def match(request: MatchRequest, progress: Progress = lambda stage, fraction: None) -> MatchResult:
    """Find presets that sound like the region, and write them.

    Raises:
        SynthmatchError: one of its kinds; then nothing has been written.
    """
    check_folder(request.folder)
    pool, without_surge = _pool(request.surge, request.count)  # Surge loads while the model samples
    try:
        progress("load", 0.0)
        proposer = load_proposer(request.spec_name, request.device)
        progress("propose", 0.0)
        candidates = proposer.propose(request.region, count=request.count, seed=request.seed)
        progress("render", 0.0)
        matches = rank(
            request.region,
            candidates,
            pool,
            on_done=lambda done: progress("render", done / request.count),
        )
        progress("write", 0.0)
        written = write_matches(request.region, matches, request.folder)
        progress("write", 1.0)
    finally:
        if pool is not None:
            pool.close()
    return MatchResult(tuple(matches), written, without_surge)


def _pool(surge: Path | None, count: int) -> tuple[RenderPool | None, str | None]:
    try:
        path = find_surge(surge)
    except SurgeNotFoundError as error:
        if surge is not None:
            raise
        return None, str(error)
    return RenderPool.of_surge(path, min(RENDER_WORKERS, count)), None
