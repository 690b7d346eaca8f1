"""Nearest neighbours of a sound among many renders of drawn patches: proposals at no render.

The shipped index of a parameter space knows of each render the number that its parameters are drawn
from, so that they are exact, a short vector of how it sounds (``embedding``), its pitch, and how
long after its note it begins to be heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from backend.errors import WeightsError
from backend.matching.embedding import Embedding
from backend.matching.index_file import IndexFile, read_index
from backend.matching.neighbours import Query, moved_note, nearest
from backend.records import ParameterSet, Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.spec import NOTE_WIDTH, ParameterSpec, load_spec

#: Two neighbours whose parameters all lie within this (of a range of 2) count as one.
NEARLY_SAME = 0.02


@dataclass(frozen=True)
class Neighbour:
    """A render near a sound.

    Args:
        parameters: what to play; the note is moved so that it is heard when the sound is.
        vector: the same, float32 ``(width,)``.
        distance: between the embeddings, 0 or more, lower is nearer.
    """

    parameters: ParameterSet
    vector: Vector
    distance: float


class RenderIndex:
    """Finds renders near a sound; unchanging, so that threads may share it.

    Args:
        file: what it knows.
    """

    def __init__(self, file: IndexFile) -> None:
        self._file = file
        self._equivalents = Equivalents(file.spec)

    def __len__(self) -> int:
        """Return how many renders it knows."""
        return len(self._file.draws)

    @property
    def spec(self) -> ParameterSpec:
        """The parameter space of its renders."""
        return self._file.spec

    @property
    def embedding(self) -> Embedding:
        """What turns a sound into a vector."""
        return self._file.embedding

    def nearest(self, query: Query, count: int) -> list[Neighbour]:
        """Find the renders nearest to a sound, nearest first, none almost like another.

        Args:
            query: from ``neighbours.listen`` with this index's embedding.
            count: how many, at least 1; fewer are returned where the index has no more.
        """
        file, found = self._file, list[Neighbour]()
        pitches = (self.spec.pitch_low, self.spec.pitch_high)
        rested = np.empty((0, self.spec.width - NOTE_WIDTH), dtype=np.float32)
        for near in nearest(query, file.sounds, 2 * count, pitches):
            drawn = draw_parameters(self.spec, int(file.draws[near.place]))
            lead_s = float(file.sounds.leads_s[near.place])
            note = moved_note(
                drawn.note, near.semitones, lead_s, query.onset_s, self.spec.duration_s
            )
            parameters = ParameterSet(self.spec.name, drawn.values, note)
            vector = self.spec.encode(parameters)
            heard = self._equivalents.at_rest(vector[None])[:, :-NOTE_WIDTH]
            if (np.abs(rested - heard).max(axis=1, initial=0.0) < NEARLY_SAME).any():
                continue
            rested = np.concatenate([rested, heard])
            found.append(Neighbour(parameters, vector, near.distance))
            if len(found) == count:
                break
        return found


def index_stem(spec_name: str) -> Path:
    """Return where the shipped index of a parameter space lies, without the file endings."""
    return Path(str(resources.files("models"))) / "weights" / f"{spec_name}_renders"


def load_index(spec_name: str, stem: Path | None = None) -> RenderIndex:
    """Load the index of a parameter space.

    Args:
        spec_name: ``surge_full`` or ``surge_simple``.
        stem: an index other than the shipped one, without the file endings.

    Raises:
        WeightsError: it is missing, damaged, foreign, too new, or of another parameter space.
    """
    file = read_index(stem or index_stem(spec_name))
    if file.spec.name != spec_name:
        raise WeightsError(
            f"{stem} is an index of {file.spec.name}; {load_spec(spec_name).name} is needed. "
            "Choose the other file"
        )
    return RenderIndex(file)
