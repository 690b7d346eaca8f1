"""Patches without anything random, so that two renders of one are the same to the last bit."""

from __future__ import annotations

from backend.records import ParameterSet
from backend.synth.patch_file import BODY_HEADER
from backend.synth.patch_template import patch_xml
from backend.synth.spec import load_spec

SQUARE_LFO = 2.0
RANDOM_LFOS = (4.0, 5.0)  # noise, sample & hold


def still_body(parameters: ParameterSet) -> bytes:
    """Write a patch body: phases start over with each note, no drift, noise, or random LFO."""
    spec = load_spec(parameters.spec_name)
    natives = spec.natives(parameters)
    natives |= {f"a_osc{osc}_retrigger": 1.0 for osc in (1, 2, 3)}
    natives |= {"a_drift": 0.0, "a_level_noise": 0.0}
    for lfo in range(6):
        if natives.get(f"a_lfo{lfo}_shape") in RANDOM_LFOS:
            natives[f"a_lfo{lfo}_shape"] = SQUARE_LFO
    xml = patch_xml(spec.base, natives, "still")
    return BODY_HEADER.pack(b"sub3", len(xml), 0, 0, 0, 0, 0, 0) + xml
