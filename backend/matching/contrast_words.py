"""What can be said of a candidate beside others: every word, and what makes it true."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend.matching.hearing import Heard
from backend.matching.traits import EFFECTS, FAINT, FAINT_FM, OPEN_OCTAVES, Traits

#: There is nothing of a source, effect or modulation below this.
NOTHING = 0.005

Known = TypeVar("Known", Heard, Traits)


@dataclass(frozen=True)
class Scale(Generic[Known]):
    """Something of which there is more or less, in what is heard or in the parameters.

    Args:
        aspect: of which only one word is said.
        more: what is said of a candidate that has clearly more than the others.
        less: likewise.
        step: a difference that is clear.
        of: how much a candidate has; NaN where that cannot be said.
    """

    aspect: str
    more: str
    less: str
    step: float
    of: Callable[[Known], float]


@dataclass(frozen=True)
class Fact:
    """Something that a setting has or has not.

    Args:
        aspect: of which only one word is said.
        yes: what is said of the few that have it.
        no: what is said of the few that have none of it; empty: nothing.
        there: whether it is clearly there.
        missing: whether there is nothing of it at all.
    """

    aspect: str
    yes: str
    no: str
    there: Callable[[Traits], bool]
    missing: Callable[[Traits], bool]


def _log(seconds: float) -> float:
    return math.log2(seconds + 0.02)


def _decay(traits: Traits) -> float:
    return _log(traits.decay_s) if traits.sustain < 0.7 else math.nan


def _cutoff(traits: Traits) -> float:
    """Return the lowest cutoff of a lowpass, octaves from A4; NaN where none is at work."""
    if _unfiltered(traits):
        return math.nan
    cutoffs = [one.cutoff / 12 for one in traits.filters if one.label.startswith("LP")]
    return min(cutoffs, default=math.nan)


def _unfiltered(traits: Traits) -> bool:
    """Whether all filters let everything through, and nothing moves them."""
    open_ = all(
        one.taken_octaves <= OPEN_OCTAVES and abs(one.swing_octaves) < 0.5 for one in traits.filters
    )
    return open_ and traits.low_cut <= -48 and traits.lfo_amounts["filter"] <= FAINT


def _source(name: str, yes: str, no: str, *sources: str) -> Fact:
    return Fact(
        name,
        yes,
        no,
        lambda t: bool(set(sources) & set(t.heard)),
        lambda t: all(t.levels[source] <= NOTHING for source in sources),
    )


def _wave(wave: str) -> Fact:
    return Fact(
        "wave",
        wave,
        f"no {wave}",
        lambda t: wave in t.main_waves,
        lambda t: t.waves[wave] <= NOTHING < max(t.waves.values()),
    )


def _moves(kind: str) -> Fact:
    return Fact(
        "movement",
        f"{kind} LFO",
        f"no {kind} LFO",
        lambda t: t.lfo_amounts[kind] > 2 * FAINT,
        lambda t: t.lfo_amounts[kind] <= NOTHING,
    )


def _effect(name: str) -> Fact:
    return Fact(
        {"chorus": "width"}.get(name, "echo"),
        name,
        f"no {name}",
        lambda t: t.mixes[name] > 2 * FAINT,
        lambda t: t.mixes[name] <= NOTHING,
    )


BY_HEARING: tuple[Scale[Heard], ...] = (
    Scale("tone", "brighter", "darker", 0.35, lambda h: h.brightness),
    Scale("tone", "more bass", "less bass", 4.0, lambda h: h.bass),
    Scale("noise", "noisier", "purer", 5.0, lambda h: h.noise),
    Scale("attack", "slower attack", "faster attack", 0.9, lambda h: h.attack),
    Scale("course", "longer", "shorter", 0.35, lambda h: h.length),
    Scale("course", "more sustained", "more percussive", 3.5, lambda h: h.sustain),
    Scale("echo", "longer tail", "shorter tail", 0.8, lambda h: h.tail),
    Scale("movement", "more movement", "steadier", 1.0, lambda h: h.movement),
    Scale("width", "wider", "narrower", 4.0, lambda h: h.width),
)
BY_PARAMETERS: tuple[Scale[Traits], ...] = (
    Scale("tone", "higher cutoff", "lower cutoff", 1.0, _cutoff),
    Scale("resonance", "more resonance", "less resonance", 0.3, lambda t: t.main_filter.resonance),
    Scale("attack", "slower attack", "faster attack", 1.0, lambda t: _log(t.attack_s)),
    Scale("course", "longer decay", "shorter decay", 1.0, _decay),
    Scale("course", "more sustain", "less sustain", 0.3, lambda t: t.sustain),
    Scale("echo", "longer release", "shorter release", 1.0, lambda t: _log(t.release_s)),
)
FACTS = (
    _source("noise", "with noise", "no noise", "noise"),
    _source("ring", "ring mod", "no ring mod", "ring12", "ring23"),
    Fact(
        "fm", "FM", "no FM", lambda t: (t.fm or -math.inf) > FAINT_FM + 12, lambda t: t.fm is None
    ),
    *(_wave(wave) for wave in ("saw", "pulse", "triangle")),
    Fact(
        "octaves",
        "stacked octaves",
        "",
        lambda t: len(t.octaves) > 1,
        lambda t: len(t.octaves) <= 1,
    ),
    Fact(
        "oscillators",
        "one oscillator",
        "",
        lambda t: t.oscillators == 1,
        lambda t: t.oscillators > 1,
    ),
    Fact(
        "sweep",
        "filter sweep",
        "no filter sweep",
        lambda t: abs(t.main_filter.swing_octaves) >= 1,
        lambda t: all(abs(one.swing_octaves) < 0.1 for one in t.filters),
    ),
    Fact("unison", "unison", "no unison", lambda t: t.unison > 1, lambda t: t.unison == 1),
    Fact("shaper", "waveshaper", "no waveshaper", lambda t: t.shaped, lambda t: not t.shaped),
    Fact(
        "tone", "no filter", "", _unfiltered, lambda t: t.main_filter.taken_octaves > OPEN_OCTAVES
    ),
    *(_moves(kind) for kind in ("filter", "pitch", "width")),
    *(_effect(name) for name in EFFECTS),
)
