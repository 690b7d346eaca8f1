"""Locked sections: parts of the musician's own patch that stay as they are, to the letter.

A locked section is taken over as it stands in the patch file: its parameters with their routings
and flags, and what belongs to it elsewhere (step sequences and envelopes drawn for LFOs,
wavetables of oscillators). Everything else is the preset that is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from backend.errors import ParameterError
from backend.records import ParameterSet, Vector
from backend.synth.patch_file import BODY_HEADER, Patch, patch_body
from backend.synth.patch_setting import held_by
from backend.synth.patch_xml import parse_xml
from backend.synth.sections import SECTIONS, layout, storages_of
from backend.synth.spec import ParameterSpec

#: Elements outside the parameters that belong to a section.
_BELONGING = {
    "lfos": ("stepsequences", "msegs", "formulae", "extralfo", "lfobanklabels"),
    "osc": ("extraoscdata",),
}
#: Scene A's wavetables come first of six.
_WAVETABLES = 3


@dataclass(frozen=True)
class PatchLock:
    """Sections of a patch that stay.

    Args:
        patch: the musician's.
        sections: of ``sections.SECTIONS``.

    Raises:
        ParameterError: there is no such section.
    """

    patch: Patch
    sections: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse sections that do not exist."""
        unknown = [section for section in self.sections if section not in SECTIONS]
        if unknown:
            raise ParameterError(
                f"there is no section {unknown[0]!r} to lock; choose of {', '.join(SECTIONS)}"
            )

    def body(self, parameters: ParameterSet, name: str, *, rest_dry_effects: bool = False) -> bytes:
        """Write a preset in which the locked sections are the musician's.

        Args:
            parameters: the preset.
            name: stored in it.
            rest_dry_effects: as ``patch_body``; never done where effects are locked.

        Returns:
            Patch body.

        Raises:
            ParameterError: the set is not of its space.
        """
        rest = rest_dry_effects and "effects" not in self.sections
        ours, _ = _parts(patch_body(parameters, name, rest_dry_effects=rest))
        theirs, wavetables = _parts(self.patch.body)
        mine, their = ours.find("parameters"), theirs.find("parameters")
        assert mine is not None and their is not None, "parse_body has seen to this"
        locked = storages_of(self.sections)
        kept = [element for element in mine if element.tag not in locked]
        kept += [element for element in their if element.tag in locked]
        mine[:] = kept
        for section in self.sections:
            for tag in _BELONGING.get(section, ()):
                _take_over(ours, theirs, tag)
        xml: bytes = ElementTree.tostring(ours, encoding="utf-8", xml_declaration=True)
        tables = wavetables[:_WAVETABLES] if "osc" in self.sections else [b""] * _WAVETABLES
        sizes = [len(table) for table in tables] + [0] * _WAVETABLES
        return BODY_HEADER.pack(b"sub3", len(xml), *sizes) + xml + b"".join(tables)

    def free(self, spec: ParameterSpec) -> npt.NDArray[np.bool_]:
        """Return which columns of the space's vectors are not locked, bool ``(width,)``."""
        free = np.ones(spec.width, dtype=bool)
        for section in self.sections:
            free[layout(spec.name).sections[section]] = False
        return free

    def known(self, spec: ParameterSpec) -> tuple[npt.NDArray[np.bool_], Vector]:
        """Return which columns are given by the patch, and a vector that holds them.

        A locked parameter whose setting the space does not have is not given: the patch keeps it
        all the same, but the model cannot be told.
        """
        held, vector = held_by(self.patch, spec)
        known = held & ~self.free(spec)
        vector[~known] = 0.0
        return known, vector

    def hold(self, spec: ParameterSpec, vectors: Sequence[Vector]) -> list[Vector]:
        """Return the vectors with the given columns set, whatever they were."""
        known, given = self.known(spec)
        return [np.where(known, given, vector).astype(np.float32) for vector in vectors]


def _parts(body: bytes) -> tuple[ElementTree.Element, list[bytes]]:
    """Return the XML of a patch body and its six wavetables, empty where there is none."""
    _, xml_size, *sizes = BODY_HEADER.unpack_from(body)
    at = BODY_HEADER.size + xml_size
    root = parse_xml(body[BODY_HEADER.size : at], "the patch")
    tables = []
    for size in sizes:
        tables.append(body[at : at + size])
        at += size
    return root, tables


def _take_over(ours: ElementTree.Element, theirs: ElementTree.Element, tag: str) -> None:
    """Replace an element of ours by theirs; where they have none, it is taken away."""
    old, new = ours.find(tag), theirs.find(tag)
    if old is not None:
        place = list(ours).index(old)
        ours.remove(old)
    else:
        place = len(ours)
    if new is not None:
        ours.insert(place, new)
