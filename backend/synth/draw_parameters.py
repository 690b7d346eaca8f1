"""An index becomes a random parameter set, the same on every machine and in every version.

The index is the seed, so a render is named by its parameter space and a number alone: the training
data are ranges of indices, and the shipped index of renders stores no parameters. Sampling rules:
Hayes et al. 2025, section on datasets (theirs were unseeded), and those of ``plain`` for indices
from ``PLAIN_FROM`` on.
"""

from __future__ import annotations

from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.plain import PLAIN_FROM, plain
from backend.synth.random_numbers import Draws
from backend.synth.spec import MINIMUM_NOTE_S, ParameterSpec


def draw_parameters(spec: ParameterSpec, index: int) -> ParameterSet:
    """Draw the parameter set of an index.

    Args:
        spec: the parameter space with its sampling rules.
        index: 0 or more; also the seed. From ``PLAIN_FROM`` on the set is a plain one.

    Returns:
        A complete parameter set whose note lies within the render.
    """
    draws = Draws(index, spec.width)
    values: dict[str, ParameterValue] = {}
    for parameter in spec.parameters:
        if parameter.categories:
            weights = tuple(category.weight for category in parameter.categories)
            values[parameter.name] = parameter.categories[draws.weighted(weights)].label
        elif draws.unit() < parameter.constant_probability:
            values[parameter.name] = parameter.constant
        else:
            values[parameter.name] = draws.between(parameter.minimum, parameter.maximum)
    pitch = spec.pitch_low + draws.below(spec.pitch_high + 1 - spec.pitch_low)
    first_s, second_s = sorted(draws.between(0.0, spec.duration_s) for _ in range(2))
    on_s = min(first_s, spec.duration_s - MINIMUM_NOTE_S)
    off_s = max(second_s, on_s + MINIMUM_NOTE_S)
    drawn = ParameterSet(spec.name, values, Note(pitch, on_s, off_s))
    return drawn if index < PLAIN_FROM else plain(spec, drawn, Draws(index, spec.width, 1))
