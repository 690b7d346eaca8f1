"""What listeners said on the blind page: files of answers, and how often which was chosen.

The interval is Wilson's for a share, which takes answers as independent of each other: right for
many listeners, and too narrow where one listener gave most of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from backend.audio.faults import shown
from backend.errors import SynthmatchError

FORMAT, VERSION = "synthmatch-answers", 1
MAX_BYTES = 16 * 1024 * 1024
#: Of a normal distribution, for 95 %.
DEVIATIONS = 1.959964
#: Pairs whose similarities lie closer than the first, the second, or further apart.
CLOSE_POINTS, FAR_POINTS = 5.0, 15.0


@dataclass(frozen=True)
class Sound:
    """One of the two that were compared.

    Args:
        candidate: its rank, from 1; 0 is the target itself.
        distance: from the target; None where it was not measured.
        similarity: 0..100; None likewise.
    """

    candidate: int
    distance: float | None
    similarity: float | None


@dataclass(frozen=True)
class Answer:
    """One choice.

    Args:
        session: of which listening, so that a file read twice counts once.
        row: of the gallery.
        kind: ``check`` where one of the two was the target itself.
        chosen: the one that was said to be nearer.
        other: the one that was not.
    """

    session: str
    row: int
    kind: Literal["pair", "check"]
    chosen: Sound
    other: Sound


def read_answers(paths: Iterable[Path]) -> list[Answer]:
    """Read files of answers; of several files of one session, the one with most answers counts.

    Raises:
        SynthmatchError: a file is missing, or is no file of answers.
    """
    sessions: dict[str, list[Answer]] = {}
    for path in paths:
        session, answers = _read(path)
        if len(answers) >= len(sessions.get(session, ())):
            sessions[session] = answers
    return [answer for answers in sessions.values() for answer in answers]


def summary(answers: Sequence[Answer]) -> list[str]:
    """Return lines that say how often which was chosen, each with a 95 % interval.

    Args:
        answers: any number of them.
    """
    pairs = [one for one in answers if one.kind == "pair"]
    checks = [one for one in answers if one.kind == "check"]
    sessions = len({one.session for one in answers})
    lines = [
        f"{len(answers)} answers from {sessions} {'listening' if sessions == 1 else 'listenings'}, "
        f"of which {len(checks)} are checks"
    ]
    if not pairs:
        return lines
    ordered = [
        (one.chosen.distance < one.other.distance, one)
        for one in pairs
        if one.chosen.distance is not None
        and one.other.distance is not None
        and one.chosen.distance != one.other.distance
    ]
    lines += ["", "the nearer one by distance was chosen"]
    lines.append(_line("all pairs", [nearer for nearer, _ in ordered]))
    groups: tuple[tuple[str, Callable[[float], bool]], ...] = (
        (f"less than {CLOSE_POINTS:g} % apart", lambda points: points < CLOSE_POINTS),
        (f"{CLOSE_POINTS:g} to {FAR_POINTS:g} %", lambda p: CLOSE_POINTS <= p < FAR_POINTS),
        (f"{FAR_POINTS:g} % or more", lambda points: points >= FAR_POINTS),
    )
    for name, holds in groups:
        lines.append(_line(name, [nearer for nearer, one in ordered if holds(_apart(one))]))
    lines += ["", "of those in which it was heard, the candidate was chosen"]
    for rank in sorted({sound.candidate for one in pairs for sound in (one.chosen, one.other)}):
        heard = [one for one in pairs if rank in (one.chosen.candidate, one.other.candidate)]
        lines.append(_line(f"rank {rank}", [one.chosen.candidate == rank for one in heard]))
    if checks:
        lines += ["", "of the checks, the target itself was chosen"]
        lines.append(_line("all checks", [one.chosen.candidate == 0 for one in checks]))
    return lines


def interval(chosen: int, count: int) -> tuple[float, float]:
    """Return the ends of Wilson's 95 % interval for a share, 0..1.

    Args:
        chosen: how often; at most ``count``.
        count: of how many, at least 1.
    """
    share, square = chosen / count, DEVIATIONS**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    variance = share * (1 - share) / count + square / (4 * count**2)
    half = DEVIATIONS * math.sqrt(variance) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def _line(name: str, chosen: Sequence[bool]) -> str:
    if not chosen:
        return f"  {name:<24} none"
    often, count = sum(chosen), len(chosen)
    low, high = interval(often, count)
    share = f"{often / count:>4.0%}  ({low:.0%} to {high:.0%})"
    return f"  {name:<24} {often:>4} of {count:<4} {share}"


def _apart(answer: Answer) -> float:
    """Return by how many points of similarity the two differ."""
    one, other = answer.chosen.similarity, answer.other.similarity
    return abs(one - other) if one is not None and other is not None else math.inf


def _read(path: Path) -> tuple[str, list[Answer]]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        root = json.loads(content)
        if not isinstance(root, dict) or root.get("format") != FORMAT:
            raise ValueError(f'its "format" is not "{FORMAT}"')
        if root.get("version") != VERSION:
            raise ValueError(f"its version is not {VERSION}")
        session = str(root["session"])
        return session, [_answer(session, one) for one in root["answers"]]
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused(path, str(error)) from error


def _answer(session: str, found: Any) -> Answer:
    sides = {side: _sound(found[side]) for side in ("left", "right")}
    kind, chosen = found["kind"], found["chosen"]
    if kind not in ("pair", "check") or chosen not in sides:
        raise ValueError(f"an answer says {kind!r}, {chosen!r}")
    other = "left" if chosen == "right" else "right"
    return Answer(session, int(found["row"]), kind, sides[chosen], sides[other])


def _sound(found: Any) -> Sound:
    candidate, numbers = found["candidate"], (found["distance"], found["similarity"])
    plain = all(
        number is None or (isinstance(number, int | float) and math.isfinite(number))
        for number in numbers
    )
    if not isinstance(candidate, int) or not 0 <= candidate < 1000 or not plain:
        raise ValueError("an answer names a sound that no gallery has")
    return Sound(candidate, *numbers)


def _refused(path: Path, reason: str) -> SynthmatchError:
    return SynthmatchError(
        f"{shown(path)} cannot be read as answers ({reason}); name files that the blind page of a "
        "gallery has saved."
    )
