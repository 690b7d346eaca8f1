"""How candidates differ from each other, in three words each: "brighter", "wider", "no reverb".

Two words come from the ear, where the candidates were rendered, and one from the parameters; each
compares a candidate with the middle of the others. A word is only said if it is clearly true, and
of each aspect (brightness, attack, ...) only one is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.matching.contrast_words import BY_HEARING, BY_PARAMETERS, FACTS, Fact, Known, Scale
from backend.matching.hearing import Heard, hear
from backend.matching.tells import tells
from backend.matching.traits import Traits, traits_of
from backend.records import Match

WORDS = 3
#: As many of them are by ear, as long as the parameters have something to say too.
BY_EAR = 2
#: What a candidate has is worth a word if at most this share of the others have it.
RARE = 1 / 3
#: What is judged by ear where there is something to hear.
HEARD_WORDS = {text for scale in BY_HEARING for text in (scale.more, scale.less)}
#: How much it stands out, beside clear steps of what there is more or less of.
FOUND, LACKING = 1.2, 1.0


@dataclass(frozen=True)
class Word:
    """A word that is true of a candidate, and how much it stands out, from 1."""

    aspect: str
    text: str
    strength: float


def tell_apart(matches: Sequence[Match]) -> list[Match]:
    """Return matches that tell how each differs from the others.

    Args:
        matches: of one target; those without a render are told apart by their parameters. One that
            differs in nothing clear, or is alone, tells what it is.
    """
    traits = [traits_of(match.candidate.parameters) for match in matches]
    heard = [
        hear(match.render.audio, match.candidate.parameters.note) if match.render else None
        for match in matches
    ]
    told = []
    for place, match in enumerate(matches):
        others = [trait for other, trait in enumerate(traits) if other != place]
        sounds = [sound for other, sound in enumerate(heard) if other != place and sound]
        own = heard[place]
        by_parameters = words_by_parameters(traits[place], others)
        by_ear: list[Word] = []
        if own:  # what can be heard is not told from the parameters
            by_ear = words_by_ear(own, sounds)
            by_parameters = [word for word in by_parameters if word.text not in HEARD_WORDS]
        words = _choose(by_ear, by_parameters)
        told.append(replace(match, tells=words or tells(match.candidate.parameters)[:WORDS]))
    return told


def words_by_ear(own: Heard, others: Sequence[Heard]) -> list[Word]:
    """Return all that is clearly heard to be different, the most striking first.

    Args:
        own: of one candidate.
        others: of the other candidates; with none there are no words.
    """
    return _sorted(_compared(scale, scale.of(own), map(scale.of, others)) for scale in BY_HEARING)


def words_by_parameters(own: Traits, others: Sequence[Traits]) -> list[Word]:
    """Return all that is clearly set differently, the rarest first.

    Args:
        own: of one candidate.
        others: of the other candidates; with none there are no words.
    """
    facts = (_rare(fact, own, others) for fact in FACTS)
    scales = (_compared(scale, scale.of(own), map(scale.of, others)) for scale in BY_PARAMETERS)
    return _sorted([*facts, *scales])


def _choose(by_ear: Sequence[Word], by_parameters: Sequence[Word]) -> tuple[str, ...]:
    chosen: list[Word] = []

    def take(words: Iterable[Word], most: int) -> None:
        for word in words:
            if len(chosen) < most and word.aspect not in {one.aspect for one in chosen}:
                chosen.append(word)

    take(by_ear, BY_EAR)
    take(by_parameters, len(chosen) + 1 if by_ear else WORDS)
    take(by_ear, WORDS)
    take(by_parameters, WORDS)
    return tuple(word.text for word in chosen)


def _compared(scale: Scale[Known], own: float, others: Iterable[float]) -> Word | None:
    known = [value for value in others if math.isfinite(value)]
    if not known or not math.isfinite(own):
        return None
    steps = (own - float(np.median(known))) / scale.step
    if abs(steps) < 1.0:
        return None
    return Word(scale.aspect, scale.more if steps > 0 else scale.less, abs(steps))


def _rare(fact: Fact, own: Traits, others: Sequence[Traits]) -> Word | None:
    if not others:
        return None
    there = sum(fact.there(other) for other in others) / len(others)
    missing = sum(fact.missing(other) for other in others) / len(others)
    if fact.there(own) and missing >= 1 - RARE:
        return Word(fact.aspect, fact.yes, FOUND + missing)
    if fact.no and fact.missing(own) and there >= 1 - RARE:
        return Word(fact.aspect, fact.no, LACKING + there)
    return None


def _sorted(words: Iterable[Word | None]) -> list[Word]:
    return sorted((word for word in words if word), key=lambda word: -word.strength)
