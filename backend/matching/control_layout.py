"""Where the parameters of a space lie, for the networks that compute what moves in a note."""

from __future__ import annotations

from backend.synth.spec import ParameterSpec
from models.controls import ControlLayout


def control_layout(spec: ParameterSpec) -> ControlLayout:
    """Return the layout of a parameter space's vectors.

    Args:
        spec: ``surge_full`` or ``surge_simple``.
    """
    numbers, choices = {}, {}
    for parameter, place in zip(spec.parameters, spec.slices(), strict=True):
        if parameter.categories:
            choices[parameter.name] = (place.start, place.stop)
        else:
            low, high = (
                parameter.surge.host_to_native(host)
                for host in (parameter.minimum, parameter.maximum)
            )
            numbers[parameter.name] = (place.start, low, high - low)
    return ControlLayout(
        width=spec.width,
        numbers=numbers,
        choices=choices,
        lowest_pitch=float(spec.pitch_low),
        pitch_span=float(spec.pitch_high - spec.pitch_low),
        duration_s=spec.duration_s,
        # In the base preset of the Simple space LFO 6 is unipolar.
        raised_pitch_lfo=spec.name == "surge_simple",
    )
