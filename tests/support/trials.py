"""Trials of the search without a renderer: drawn parameters that sound as a tone of their note."""

from __future__ import annotations

from dataclasses import replace

from fake_renderers import tone

from backend.matching.trials import Trial
from backend.records import AudioRegion, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.renderer import SAMPLE_RATE_HZ
from backend.synth.spec import load_spec


def trial_of(
    index: int,
    distance: float,
    note: Note | None = None,
    spec_name: str = "surge_simple",
) -> Trial:
    """Make a trial of a drawn parameter set, in a family of its own."""
    spec = load_spec(spec_name)
    parameters = draw_parameters(spec, index)
    if note is not None:
        parameters = replace(parameters, note=note)
    audio = tone(parameters.note)
    render = AudioRegion(audio, SAMPLE_RATE_HZ, f"trial {index}")
    vector = spec.encode(parameters)
    return Trial(vector, parameters, "model", index, distance, render)
