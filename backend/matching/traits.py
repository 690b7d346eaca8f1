"""What a parameter set has, and how much of it: the facts that tell presets apart without a sound.

Only what can be heard counts as there: oscillators that are not muted or far below the loudest,
modulations and effects whose amount is above zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from backend.records import ParameterSet
from backend.synth.spec import load_spec
from backend.synth.table import surge_table

#: A source this far below the loudest one is not told.
QUIET_DB = -18.0
#: A waveform is told if there is at least this much of it, over all oscillators, for the most.
WAVE_SHARE = 0.6
#: Modulations and mixes below this can hardly be heard.
FAINT = 0.03
#: A filter that takes away less than this of the range of hearing counts as open.
OPEN_OCTAVES = 1.0
#: FM below this depth, in Surge's own units, is as good as none.
FAINT_FM = -24.0

WAVES = ("saw", "pulse", "triangle")
EFFECTS = ("chorus", "delay", "reverb")

_TARGETS = {
    "a_filter1_cutoff": ("filter", "1"),
    "a_filter2_cutoff": ("filter", "2"),
    "a_osc1_param3": ("width", "1"),
    "a_osc2_param3": ("width", "2"),
    "a_osc3_param3": ("width", "3"),
    "a_pitch": ("pitch", ""),
}
_FIRST_LFO_SOURCE = 17
#: Slot, number of the mix, and Surge's number of the type of each effect.
_MIXES = {"chorus": ("fx1", 6, 9), "delay": ("fx2", 10, 1), "reverb": ("fx9", 9, 11)}


@dataclass(frozen=True)
class Filter:
    """One of the two filters.

    Args:
        label: its type as Surge names it.
        cutoff: semitones from A4, -60..70.
        resonance: 0..1.
        swing_octaves: how far its envelope moves it.
        taken_octaves: how much of the range of hearing it takes away.
    """

    label: str
    cutoff: float
    resonance: float
    swing_octaves: float
    taken_octaves: float


@dataclass(frozen=True)
class Traits:
    """What a parameter set has.

    Args:
        levels: how loud each source is, 0..1: o1, o2, o3, noise, ring12, ring23.
        waves: how much there is of each waveform, over all sources that are heard.
        octaves: the different octaves of the oscillators that are heard.
        unison: most voices of an oscillator that is heard.
        fm: depth of FM; None where there is none.
        filters: both of them.
        low_cut: of the fixed highpass, semitones from A4; -72 is open.
        shaped: whether there is a waveshaper.
        attack_s: of the amplitude's envelope, as the following.
        decay_s: seconds.
        sustain: 0..1.
        release_s: seconds.
        moved: what LFOs move -> the numbers of those things: filter, width, pitch.
        rates_hz: of these LFOs.
        lfo_amounts: amplitude of every LFO that something is routed to, faint ones too.
        mixes: how much there is of each effect, 0..1.
    """

    levels: Mapping[str, float]
    waves: Mapping[str, float]
    octaves: frozenset[float]
    unison: int
    fm: float | None
    filters: tuple[Filter, Filter]
    low_cut: float
    shaped: bool
    attack_s: float
    decay_s: float
    sustain: float
    release_s: float
    moved: Mapping[str, tuple[str, ...]]
    rates_hz: tuple[float, ...]
    lfo_amounts: Mapping[str, float]
    mixes: Mapping[str, float]

    @property
    def heard(self) -> tuple[str, ...]:
        """The sources that are heard."""
        threshold = max(self.levels.values()) * 2 ** (QUIET_DB / 18)  # Surge: dB = 18 log2 level
        return tuple(s for s, level in self.levels.items() if level >= threshold and level > 0)

    @property
    def oscillators(self) -> int:
        """How many oscillators are heard."""
        return len({"o1", "o2", "o3"} & set(self.heard))

    @property
    def main_waves(self) -> tuple[str, ...]:
        """The waveforms that make up most of the sound."""
        least = WAVE_SHARE * max(self.waves.values())
        return tuple(w for w, amount in self.waves.items() if amount > 0 and amount >= least)

    @property
    def main_filter(self) -> Filter:
        """The filter that takes away most."""
        return max(self.filters, key=lambda one: one.taken_octaves)


def traits_of(parameters: ParameterSet) -> Traits:
    """Return what a parameter set has.

    Args:
        parameters: a complete setting of either parameter space.

    Raises:
        ParameterError: the set is not of its space.
    """
    natives = _all_natives(parameters)
    levels = {
        source: natives[f"a_level_{source}"] * (1 - natives[f"a_mute_{source}"])
        for source in ("o1", "o2", "o3", "noise", "ring12", "ring23")
    }
    threshold = max(levels.values()) * 2 ** (QUIET_DB / 18)
    numbers = [n for n in (1, 2, 3) if levels[f"o{n}"] >= threshold and levels[f"o{n}"] > 0]
    moved, rates_hz, amounts = _moved(natives)
    depth = natives["a_fm_depth"]
    return Traits(
        levels=levels,
        waves={
            wave: sum(levels[f"o{n}"] * abs(natives[f"a_osc{n}_param{place}"]) for n in numbers)
            for place, wave in enumerate(WAVES)
        },
        octaves=frozenset(natives[f"a_osc{n}_octave"] for n in numbers),
        unison=max((round(natives[f"a_osc{n}_param6"]) for n in numbers), default=1),
        fm=depth if natives["a_fm_switch"] > 0 and depth > FAINT_FM else None,
        filters=(_filter(natives, "a_filter1"), _filter(natives, "a_filter2")),
        low_cut=natives["a_lowcut"],
        shaped=natives["a_ws_type"] > 0,
        attack_s=2 ** natives["a_env1_attack"],
        decay_s=2 ** natives["a_env1_decay"],
        sustain=natives["a_env1_sustain"],
        release_s=2 ** natives["a_env1_release"],
        moved=moved,
        rates_hz=rates_hz,
        lfo_amounts=amounts,
        mixes={
            name: natives[f"{slot}_p{place}"] if natives.get(f"{slot}_type") == kind else 0.0
            for name, (slot, place, kind) in _MIXES.items()
        },
    )


def _all_natives(parameters: ParameterSet) -> dict[str, float]:
    """Return the native value of every parameter, those outside the space from its base patch."""
    spec = load_spec(parameters.spec_name)
    base = {
        parameter.storage: value
        for parameter in surge_table().parameters
        if (value := parameter.base_value(spec.base)) is not None
    }
    return base | spec.natives(parameters)


@cache
def _filter_labels() -> dict[float, str]:
    return {
        category.native: category.label
        for parameter in load_spec("surge_full").parameters
        if parameter.surge.storage == "a_filter1_type"
        for category in parameter.categories
    }


def _filter(natives: dict[str, float], name: str) -> Filter:
    label = _filter_labels()[natives[f"{name}_type"]]
    cutoff = natives[f"{name}_cutoff"]
    kind = label.split()[0]
    taken = {"LP": 70 - cutoff, "HP": cutoff + 60, "BP": 72.0}.get(kind, 24.0)
    resonance, swing = natives[f"{name}_resonance"], natives[f"{name}_envmod"] / 12
    return Filter(label, cutoff, resonance, swing, taken / 12)


def _moved(
    natives: dict[str, float],
) -> tuple[dict[str, tuple[str, ...]], tuple[float, ...], dict[str, float]]:
    moved: dict[str, tuple[str, ...]] = {}
    rates_hz: list[float] = []
    amounts = dict.fromkeys(("filter", "width", "pitch"), 0.0)
    for routing in surge_table().routings:
        lfo = routing.source - _FIRST_LFO_SOURCE
        kind, number = _TARGETS[routing.target]
        if kind == "width" and (
            natives[f"a_mute_o{number}"] == 1 or natives[f"a_level_o{number}"] == 0
        ):
            continue
        amount = natives[f"a_lfo{lfo}_magnitude"]
        amounts[kind] = max(amounts[kind], amount)
        if amount > FAINT:
            moved[kind] = (*moved.get(kind, ()), number)
            rates_hz.append(2 ** natives[f"a_lfo{lfo}_rate"])
    return moved, tuple(rates_hz), amounts
