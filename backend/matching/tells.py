"""What a parameter set will sound like, in a few words: for tables and pictures.

Only what can be heard is told: oscillators that are not muted, filters that take something away,
modulations and effects whose amount is above zero.
"""

from __future__ import annotations

from backend.records import Note, ParameterSet
from backend.synth.spec import load_spec
from backend.synth.table import surge_table

#: An oscillator this far below the loudest one is not told.
QUIET_DB = -18.0
#: A waveform is told if there is at least this much of it, over all oscillators, for the most.
WAVE_SHARE = 0.6
#: Modulations and mixes below this can hardly be heard.
FAINT = 0.03
#: A filter that takes away less than this of the range of hearing counts as open.
OPEN_OCTAVES = 1.0
#: An attack shorter than this is heard as immediate.
SHORT_S = 0.03

_WAVES = ("saw", "pulse", "triangle")
_TARGETS = {
    "a_filter1_cutoff": ("filter", "1"),
    "a_filter2_cutoff": ("filter", "2"),
    "a_osc1_param3": ("width", "1"),
    "a_osc2_param3": ("width", "2"),
    "a_osc3_param3": ("width", "3"),
    "a_pitch": ("pitch", ""),
}
_FIRST_LFO_SOURCE = 17
_MIXES = (("chorus", "fx1", 6, 9), ("delay", "fx2", 10, 1), ("reverb", "fx9", 9, 11))
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_text(note: Note) -> str:
    """Return a note for a table, for instance ``C4 (60), 1.25 s``; middle C is C4, as in Surge."""
    return f"{note_name(note.pitch)} ({note.pitch}), {note.off_s - note.on_s:.2f} s"


def note_name(pitch: int) -> str:
    """Return the name of a MIDI pitch; 60 is C4."""
    return f"{_NOTES[pitch % 12]}{pitch // 12 - 1}"


def tells(parameters: ParameterSet) -> tuple[str, ...]:
    """Return three to five short phrases: sources, filter, loudness, modulation, effects.

    Args:
        parameters: a complete setting of either parameter space.

    Raises:
        ParameterError: the set is not of its space.
    """
    natives = _all_natives(parameters)
    note = parameters.note
    phrases = (
        _sources(natives),
        _filter(natives),
        _loudness(natives, note.off_s - note.on_s),
        _modulation(natives),
        _effects(natives),
    )
    return tuple(phrase for phrase in phrases if phrase)


def _all_natives(parameters: ParameterSet) -> dict[str, float]:
    """Return the native value of every parameter, those outside the space from its base patch."""
    spec = load_spec(parameters.spec_name)
    base = {
        parameter.storage: value
        for parameter in surge_table().parameters
        if (value := parameter.base_value(spec.base)) is not None
    }
    return base | spec.natives(parameters)


def _sources(natives: dict[str, float]) -> str:
    levels = {
        source: natives[f"a_level_{source}"] * (1 - natives[f"a_mute_{source}"])
        for source in ("o1", "o2", "o3", "noise", "ring12", "ring23")
    }
    threshold = max(levels.values()) * 2 ** (QUIET_DB / 18)  # Surge: dB = 18 log2 level
    heard = [source for source, level in levels.items() if level >= threshold and level > 0]
    amounts = dict.fromkeys(_WAVES, 0.0)
    octaves: set[float] = set()
    for number in (1, 2, 3):
        if f"o{number}" in heard:
            octaves.add(natives[f"a_osc{number}_octave"])
            for place, wave in enumerate(_WAVES):
                share = abs(natives[f"a_osc{number}_param{place}"])
                amounts[wave] += levels[f"o{number}"] * share
    least = WAVE_SHARE * max(amounts.values())
    names = [wave for wave, amount in amounts.items() if amount > 0 and amount >= least]
    names += ["noise"] if "noise" in heard else []
    names += ["ring mod"] if "ring12" in heard or "ring23" in heard else []
    if natives["a_fm_switch"] > 0 and natives["a_fm_depth"] > -24:
        names.append("FM")
    spread = f", {len(octaves)} octaves" if len(octaves) > 1 else ""
    return ("+".join(names) or "no oscillator") + spread


def _filter(natives: dict[str, float]) -> str:
    labels = {
        category.native: category.label
        for parameter in load_spec("surge_full").parameters
        if parameter.surge.storage == "a_filter1_type"
        for category in parameter.categories
    }
    cuts: list[tuple[float, str]] = []
    for filter_ in ("a_filter1", "a_filter2"):
        label = labels[natives[f"{filter_}_type"]]
        cutoff = natives[f"{filter_}_cutoff"]  # semitones from A4, -60..70
        kind = label.split()[0]
        taken_octaves = {"LP": 70 - cutoff, "HP": cutoff + 60, "BP": 72.0}.get(kind, 24.0) / 12
        swing_octaves = natives[f"{filter_}_envmod"] / 12
        swing = f", envelope {swing_octaves:+.0f} oct" if abs(swing_octaves) >= 1 else ""
        frequency = _rounded(440 * 2 ** (cutoff / 12), "Hz")
        cuts.append((taken_octaves, f"{label} at {frequency}{swing}"))
    taken, text = max(cuts)
    return text if taken > OPEN_OCTAVES else "filters open"


def _loudness(natives: dict[str, float], held_s: float) -> str:
    attack_s, decay_s = (2 ** natives[f"a_env1_{part}"] for part in ("attack", "decay"))
    sustain = natives["a_env1_sustain"]
    attack = f"attack {_rounded(attack_s, 's')}, " if attack_s > SHORT_S else ""
    if attack_s >= held_s:
        return f"fades in over {_rounded(attack_s, 's')}"
    if sustain > 0.85 or decay_s > 2 * held_s:
        return f"{attack}sustained"
    if sustain > 0.15:
        return f"{attack}decay {_rounded(decay_s, 's')} to {sustain:.0%}"
    return f"{attack}{'pluck' if decay_s < 0.5 and not attack else 'decay'} " + _rounded(
        decay_s, "s"
    )


def _modulation(natives: dict[str, float]) -> str:
    moved: dict[str, list[str]] = {}  # kind of target -> its numbers
    rates_hz: list[float] = []
    for routing in surge_table().routings:
        lfo = routing.source - _FIRST_LFO_SOURCE
        kind, number = _TARGETS[routing.target]
        silent = kind == "width" and (
            natives[f"a_mute_o{number}"] == 1 or natives[f"a_level_o{number}"] == 0
        )
        if natives[f"a_lfo{lfo}_magnitude"] > FAINT and not silent:
            moved.setdefault(kind, []).append(number)
            rates_hz.append(2 ** natives[f"a_lfo{lfo}_rate"])
    if not moved:
        return ""
    rate = f" {_rounded(rates_hz[0], 'Hz')}" if len(rates_hz) == 1 else ""
    targets = [f"{kind} {'+'.join(numbers)}".strip() for kind, numbers in moved.items()]
    return f"LFO{rate} on {', '.join(targets)}"


def _effects(natives: dict[str, float]) -> str:
    return ", ".join(
        f"{name} {mix:.0%}"
        for name, slot, place, kind in _MIXES
        if natives.get(f"{slot}_type") == kind and (mix := natives[f"{slot}_p{place}"]) > FAINT
    )


def _rounded(value: float, unit: str) -> str:
    """Return two digits: ``1.3 kHz``, ``850 Hz``, ``120 ms``, ``1.2 s``."""
    if unit == "Hz" and value >= 1000:
        value, unit = value / 1000, "kHz"
    elif unit == "s" and value < 1:
        value, unit = value * 1000, "ms"
    value = float(f"{value:.2g}")
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:g} {unit}"
