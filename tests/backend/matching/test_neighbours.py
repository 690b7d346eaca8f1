from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_index import region, voice

from backend.matching.index_file import IndexFile, read_index
from backend.matching.neighbours import SEMITONES, Query, Sounds, listen, moved_note, nearest
from backend.records import Note

WIDTH = 3
MIDDLE = SEMITONES.index(0)


@pytest.fixture(scope="module")
def index(index_stem: Path) -> IndexFile:
    return read_index(index_stem)


def sounds(*vectors: tuple[float, ...], pitch: int = 60, lead_s: float = 0.0) -> Sounds:
    return Sounds(
        np.array(vectors, dtype=np.float32).reshape(-1, WIDTH),
        np.full(len(vectors), pitch),
        np.full(len(vectors), lead_s, dtype=np.float32),
    )


def asked(vector: tuple[float, ...], semitones: int = 0, onset_s: float = 1.0) -> Query:
    """Return a query that is far from everything but at one transposition."""
    vectors = np.full((len(SEMITONES), WIDTH), 100.0, dtype=np.float32)
    vectors[SEMITONES.index(semitones)] = vector
    return Query(onset_s, vectors)


def test_nearest_come_first_with_their_distances() -> None:
    library = sounds((0, 0, 0), (3, 4, 0), (1, 0, 0))
    found = nearest(asked((0, 0, 0)), library, 2)
    assert [(near.place, near.semitones) for near in found] == [(0, 0), (2, 0)]
    assert [near.distance for near in found] == pytest.approx([0.0, 1.0])


def test_no_more_are_found_than_there_are() -> None:
    assert len(nearest(asked((0, 0, 0)), sounds((0, 0, 1)), 16)) == 1
    assert nearest(asked((0, 0, 0)), sounds(), 16) == []


def test_what_is_near_the_lowered_sound_is_played_higher() -> None:
    [near] = nearest(asked((1, 0, 0), semitones=4), sounds((0, 0, 0)), 1)
    assert near.semitones == 4
    assert near.distance > 1.0  # not all of a sound moves with its pitch


def test_nothing_is_played_outside_the_allowed_pitches() -> None:
    library = sounds((0, 0, 0), pitch=70)
    [near] = nearest(asked((0, 0, 0), semitones=4), library, 1, pitches=(48, 72))
    assert near.semitones != 4 and near.distance > 50
    assert nearest(asked((0, 0, 0)), sounds((0, 0, 0), pitch=20), 1, pitches=(48, 72)) == []


def test_what_would_be_heard_too_late_is_further_away() -> None:
    early, late = sounds((0, 0, 0), lead_s=0.1), sounds((0, 0, 0), lead_s=2.0)
    query = asked((0, 0, 0), onset_s=0.5)
    assert nearest(query, early, 1)[0].distance == 0.0
    assert nearest(query, late, 1)[0].distance > 0.1


def test_a_query_at_its_own_pitch_is_the_sound_itself(index: IndexFile) -> None:
    note = Note(60, 0.5, 2.0)
    query = listen(index.embedding, region(voice(7, note)))
    assert query.vectors.shape == (len(SEMITONES), index.embedding.width)
    assert query.onset_s == pytest.approx(0.5, abs=0.02)
    higher = listen(index.embedding, region(voice(7, Note(63, 0.5, 2.0))))
    lowered = higher.vectors[SEMITONES.index(3)]
    assert np.linalg.norm(lowered - query.vectors[MIDDLE]) < 0.5 * np.linalg.norm(
        higher.vectors[MIDDLE] - query.vectors[MIDDLE]
    )


@pytest.mark.parametrize(
    ("lead_s", "onset_s", "on_s", "off_s"),
    [
        (0.1, 1.0, 0.9, 2.4),  # as long as it was
        (0.5, 0.2, 0.0, 1.5),  # cannot begin before the render
        (0.0, 3.9, 3.9, 4.0),  # nor end after it
        (0.0, 4.0, 3.99, 4.0),
    ],
)
def test_a_note_is_moved_so_that_it_is_heard_in_time(
    lead_s: float, onset_s: float, on_s: float, off_s: float
) -> None:
    note = moved_note(Note(60, 0.2, 1.7), -2, lead_s, onset_s, 4.0)
    assert note.pitch == 58
    assert (note.on_s, note.off_s) == pytest.approx((on_s, off_s))
