"""An index becomes a random parameter set, the same on every machine and in every version.

The index is the seed, so a render is named by its parameter space and a number alone: the training
data are ranges of indices, and the shipped index of renders stores no parameters. Sampling rules:
Hayes et al. 2025, section on datasets (theirs were unseeded).
"""

from __future__ import annotations

import numpy as np

from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.spec import MINIMUM_NOTE_S, ParameterSpec


def draw_parameters(spec: ParameterSpec, index: int) -> ParameterSet:
    """Draw the parameter set of an index.

    Args:
        spec: the parameter space with its sampling rules.
        index: 0 or more; also the seed.

    Returns:
        A complete parameter set whose note lies within the render.
    """
    rng = np.random.default_rng([index, spec.width])
    values: dict[str, ParameterValue] = {}
    for parameter in spec.parameters:
        if parameter.categories:
            weights = np.array([category.weight for category in parameter.categories])
            choice = rng.choice(len(weights), p=weights / weights.sum())
            values[parameter.name] = parameter.labels[int(choice)]
        elif rng.random() < parameter.constant_probability:
            values[parameter.name] = parameter.constant
        else:
            values[parameter.name] = float(rng.uniform(parameter.minimum, parameter.maximum))
    pitch = int(rng.integers(spec.pitch_low, spec.pitch_high + 1))
    first_s, second_s = np.sort(rng.uniform(0.0, spec.duration_s, size=2))
    on_s = min(float(first_s), spec.duration_s - MINIMUM_NOTE_S)
    off_s = max(float(second_s), on_s + MINIMUM_NOTE_S)
    return ParameterSet(spec.name, values, Note(pitch, on_s, off_s))
