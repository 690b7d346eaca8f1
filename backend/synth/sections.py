"""Which part of the synthesizer a parameter belongs to: five sections, and finer units within.

*Sections* are what a musician locks: oscillators, filters, envelopes, LFOs and effects. *Units* are
what makes sense to move or to exchange as a whole: one oscillator, one filter, one LFO.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from backend.synth.spec import NOTE_WIDTH, load_spec
from backend.synth.table import SurgeParameter, surge_table

SECTIONS = ("osc", "filter", "envelopes", "lfos", "effects")

#: Beginning of a parameter's name -> unit; the first that fits counts.
_UNITS = (
    *((f"a_osc_{i}_", f"osc {i}") for i in (1, 2, 3)),
    *((prefix, "mixer") for prefix in ("a_osc_drift", "a_noise_", "a_ring_", "a_fm_")),
    ("a_filter_eg_", "filter envelope"),
    ("a_amp_eg_", "amp envelope"),
    ("a_filter_1_", "filter 1"),
    ("a_filter_2_", "filter 2"),
    *(
        (prefix, "filter routing")
        for prefix in ("a_filter_", "a_feedback", "a_highpass", "a_waveshaper_")
    ),
    *((f"a_lfo_{i}_", f"lfo {i}") for i in range(1, 7)),
    *((f"fx_a{i}_", f"effect {i}") for i in (1, 2, 3)),
    *((prefix, "output") for prefix in ("a_pan", "a_width", "a_vca_gain")),
)
#: Storage names of the output, which the table counts to the mixer, and which nobody locks.
_OUTPUT = frozenset({"a_pan", "a_pan2", "a_vca_level"})
#: A part as the table names it -> section.
_SECTION_OF_PART = {
    **dict.fromkeys(("osc 1", "osc 2", "osc 3", "mixer"), "osc"),
    **dict.fromkeys(("filters", "waveshaper"), "filter"),
    **{section: section for section in ("envelopes", "lfos", "effects")},
}

Columns = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Layout:
    """Where sections and units lie in the vectors of a parameter space.

    Args:
        sections: section -> its columns.
        units: unit -> its columns, the note as unit ``note`` among them; each column is in one.
    """

    sections: Mapping[str, Columns]
    units: Mapping[str, Columns]


def unit_of(name: str) -> str:
    """Return the unit of a parameter by its name in our spaces."""
    return next(unit for prefix, unit in _UNITS if name.startswith(prefix))


def section_of(parameter: SurgeParameter) -> str | None:
    """Return the section of any of Surge's parameters; None: of none that can be locked."""
    if parameter.storage in _OUTPUT:
        return None
    return _SECTION_OF_PART.get(parameter.section)


def storages_of(sections: Sequence[str]) -> frozenset[str]:
    """Return the storage names of all of Surge's parameters in some sections."""
    return frozenset(p.storage for p in surge_table().parameters if section_of(p) in sections)


@cache
def layout(spec_name: str) -> Layout:
    """Return where the sections and units of a space lie.

    Raises:
        ParameterError: there is no such space.
    """
    spec = load_spec(spec_name)
    sections: dict[str, list[int]] = {section: [] for section in SECTIONS}
    units: dict[str, list[int]] = {}
    for parameter, place in zip(spec.parameters, spec.slices(), strict=True):
        columns = range(place.start, place.stop)
        units.setdefault(unit_of(parameter.name), []).extend(columns)
        section = section_of(parameter.surge)
        if section is not None:
            sections[section].extend(columns)
    units["note"] = list(range(spec.width - NOTE_WIDTH, spec.width))
    return Layout(_frozen(sections), _frozen(units))


def _frozen(columns: Mapping[str, list[int]]) -> Mapping[str, Columns]:
    return MappingProxyType({key: np.array(value, dtype=np.intp) for key, value in columns.items()})
