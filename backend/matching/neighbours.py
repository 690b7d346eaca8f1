"""Sounds near a sound: a library of embedded sounds, looked through at all transpositions at once.

Onset and level play no part: what is found is played so that it is heard when the sound is. The
sound is also looked for as it would be some semitones away; what is found so is played as many
semitones the other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from backend.audio.region import fit_window
from backend.matching.embedding import (
    Embedding,
    mono_power,
    onset_frames,
    sketch,
    transpose,
)
from backend.matching.mel import mel_db
from backend.records import AudioRegion, Note
from backend.synth.spec import MINIMUM_NOTE_S

#: How far from the pitch that it was rendered at a sound may be played.
SEMITONES = tuple(range(-6, 7))

#: By which share each of them lengthens a distance: not all of a sound moves with its pitch.
SEMITONE_COST = 0.04

#: What each second adds by which a sound would be heard too late, its note beginning at 0 s.
LATE_COST_PER_S = 0.5


@dataclass(frozen=True)
class Query:
    """A sound that is looked for.

    Args:
        onset_s: when it begins to be heard.
        vectors: its embedding as it would be each of ``SEMITONES`` lower, float32
            ``(semitones, width)``.
    """

    onset_s: float
    vectors: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sounds:
    """Sounds that can be found.

    Args:
        vectors: their embeddings, float32 ``(n, width)``.
        pitches: MIDI notes that they were played with, int64 ``(n,)``.
        leads_s: from each note's start until it is heard, seconds, float32 ``(n,)``.
    """

    vectors: npt.NDArray[np.float32]
    pitches: npt.NDArray[np.int64]
    leads_s: npt.NDArray[np.float32]

    @cached_property
    def squares(self) -> npt.NDArray[np.float32]:
        """Squared lengths of the vectors, ``(n,)``."""
        lengths: npt.NDArray[np.float32] = np.einsum("ij,ij->i", self.vectors, self.vectors)
        return lengths


@dataclass(frozen=True)
class Near:
    """A sound that was found.

    Args:
        place: in the library.
        semitones: by how many it is to be played higher than it was.
        distance: between the embeddings, 0 or more, lower is nearer.
    """

    place: int
    semitones: int
    distance: float


def listen(embedding: Embedding, region: AudioRegion) -> Query:
    """Make a query of the first 4 s of a sound at 44.1 kHz."""
    heard = mel_db(fit_window(region))[None]
    with torch.inference_mode():
        onsets = onset_frames(mono_power(heard))
        # A sound near the lowered one is near the sound itself when it is played higher.
        moved = torch.cat([transpose(heard, -semitones) for semitones in SEMITONES])
        sketches = sketch(moved, onsets.expand(len(SEMITONES)))
        vectors: npt.NDArray[np.float32] = embedding(sketches).numpy()
    return Query(float(sketches.onsets_s[0]), vectors)


def nearest(
    query: Query, sounds: Sounds, count: int, pitches: tuple[int, int] = (0, 127)
) -> list[Near]:
    """Find the sounds nearest to a query, nearest first.

    Args:
        query: from ``listen``.
        sounds: the library.
        count: how many, at least 1; fewer are returned where there are no more.
        pitches: lowest and highest MIDI note that may be played.
    """
    if not len(sounds.pitches):
        return []
    far = np.square(query.vectors).sum(axis=1)[:, None] + sounds.squares
    far -= 2 * (query.vectors @ sounds.vectors.T)  # (semitones, n)
    moves = np.array(SEMITONES)
    cost = (1 + SEMITONE_COST * np.abs(moves)).astype(np.float32)
    distances = np.sqrt(np.maximum(far, 0)) * cost[:, None]
    played = sounds.pitches + moves[:, None]
    distances[(played < pitches[0]) | (played > pitches[1])] = np.inf
    best = distances.argmin(axis=0)
    late_s = np.maximum(sounds.leads_s - query.onset_s, 0)
    least = distances[best, np.arange(len(best))] + np.float32(LATE_COST_PER_S) * late_s
    first = np.argpartition(least, min(count, len(least)) - 1)[:count]
    return [
        Near(int(place), int(moves[best[place]]), float(least[place]))
        for place in first[np.argsort(least[first], kind="stable")]
        if np.isfinite(least[place])
    ]


def moved_note(note: Note, semitones: int, lead_s: float, onset_s: float, end_s: float) -> Note:
    """Return a note that is heard when it should be.

    Args:
        note: as it was played.
        semitones: by how many to play it higher.
        lead_s: from the note's start until it is heard.
        onset_s: when it should be heard.
        end_s: length of a render, in which the note must lie.
    """
    on_s = min(max(onset_s - lead_s, 0.0), end_s - MINIMUM_NOTE_S)
    length_s = max(note.off_s - note.on_s, MINIMUM_NOTE_S)
    return Note(note.pitch + semitones, on_s, min(on_s + length_s, end_s))
