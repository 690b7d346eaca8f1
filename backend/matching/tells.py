"""What a parameter set will sound like, in a few words: for tables and pictures.

Only what can be heard is told: oscillators that are not muted, filters that take something away,
modulations and effects whose amount is above zero.
"""

from __future__ import annotations

from backend.matching.traits import FAINT, OPEN_OCTAVES, Traits, traits_of
from backend.records import Note, ParameterSet

#: An attack shorter than this is heard as immediate.
SHORT_S = 0.03

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
    traits, note = traits_of(parameters), parameters.note
    phrases = (
        _sources(traits),
        _filter(traits),
        _loudness(traits, note.off_s - note.on_s),
        _modulation(traits),
        _effects(traits),
    )
    return tuple(phrase for phrase in phrases if phrase)


def _sources(traits: Traits) -> str:
    names = [*traits.main_waves]
    names += ["noise"] if "noise" in traits.heard else []
    names += ["ring mod"] if {"ring12", "ring23"} & set(traits.heard) else []
    names += ["FM"] if traits.fm is not None else []
    spread = f", {len(traits.octaves)} octaves" if len(traits.octaves) > 1 else ""
    return ("+".join(names) or "no oscillator") + spread


def _filter(traits: Traits) -> str:
    main = traits.main_filter
    if main.taken_octaves <= OPEN_OCTAVES:
        return "filters open"
    swing = f", envelope {main.swing_octaves:+.0f} oct" if abs(main.swing_octaves) >= 1 else ""
    return f"{main.label} at {_rounded(440 * 2 ** (main.cutoff / 12), 'Hz')}{swing}"


def _loudness(traits: Traits, held_s: float) -> str:
    attack_s, decay_s, sustain = traits.attack_s, traits.decay_s, traits.sustain
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


def _modulation(traits: Traits) -> str:
    if not traits.moved:
        return ""
    rate = f" {_rounded(traits.rates_hz[0], 'Hz')}" if len(traits.rates_hz) == 1 else ""
    targets = [f"{kind} {'+'.join(numbers)}".strip() for kind, numbers in traits.moved.items()]
    return f"LFO{rate} on {', '.join(targets)}"


def _effects(traits: Traits) -> str:
    return ", ".join(f"{name} {mix:.0%}" for name, mix in traits.mixes.items() if mix > FAINT)


def _rounded(value: float, unit: str) -> str:
    """Return two digits: ``1.3 kHz``, ``850 Hz``, ``120 ms``, ``1.2 s``."""
    if unit == "Hz" and value >= 1000:
        value, unit = value / 1000, "kHz"
    elif unit == "s" and value < 1:
        value, unit = value * 1000, "ms"
    value = float(f"{value:.2g}")
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:g} {unit}"
