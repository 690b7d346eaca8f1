from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from gallery_rows import match_of, rows, tone

from backend.gallery.content import MOST_DOWN_DB, content_of
from backend.gallery.rows import row_of
from backend.matching.similarity import confidence_word, similarity
from backend.records import AudioRegion, Match, ParameterValue
from backend.synth.spec import load_spec


def changed(match: Match, **values: ParameterValue) -> Match:
    parameters = match.candidate.parameters
    candidate = replace(
        match.candidate, parameters=replace(parameters, values={**parameters.values, **values})
    )
    return replace(match, candidate=candidate)


def test_every_file_that_is_named_is_there_and_no_other() -> None:
    content = content_of(rows(2), "title")
    sounds = [s for row in content.data["rows"] for s in (row["target"], *row["candidates"])]
    named = {sound[key] for sound in sounds for key in ("sound", "picture")}
    assert named == set(content.files) and len(named) == 2 * 2 * 4
    json.dumps(content.data, allow_nan=False)


def test_a_candidate_has_rank_words_note_and_scores() -> None:
    [row] = content_of(rows(1), "title").data["rows"]
    second = row["candidates"][1]
    assert second["number"] == 2 and second["words"] == ("brighter", "word 2")
    assert second["similarity"] == round(similarity(0.2))
    assert second["closeness"] == confidence_word(similarity(0.2))
    assert second["figures"]["distance"] == "0.200" and second["figures"]["MSS"] == "4.0 dB"
    assert second["note"].endswith(" s")


def test_what_was_not_rendered_has_no_sound() -> None:
    content = content_of([row_of(tone(220), [match_of(1, rendered=False)])], "title")
    [candidate] = content.data["rows"][0]["candidates"]
    assert "sound" not in candidate and candidate["similarity"] is None
    assert set(content.files) == {"sounds/01-target.mp3", "pictures/01-target.png"}


def test_sounds_of_a_row_are_brought_to_the_quietest() -> None:
    quiet = tone(220)
    quiet.audio[:, 2000:] *= 0.1  # as high a peak, much less after it
    match = replace(match_of(1), render=replace(tone(220), audio=np.tanh(20 * tone(220).audio)))
    [row] = content_of([row_of(quiet, [match])], "title").data["rows"]
    assert row["target"]["down_db"] == 0.0
    assert 5.0 < row["candidates"][0]["down_db"] <= MOST_DOWN_DB


@pytest.mark.parametrize(
    ("peak", "said"), [(0.001, "raised by 59 dB"), (2.0, "6.0 dB above full scale"), (0.5, "")]
)
def test_an_unusual_level_is_told(peak: float, said: str) -> None:
    [row] = content_of([row_of(tone(220, peak), [])], "title").data["rows"]
    assert said in row["target"]["level"] and bool(said) == bool(row["target"]["level"])


def test_silence_among_the_candidates_is_told() -> None:
    silent = AudioRegion(np.zeros((2, 44_100), np.float32), 44_100, "silent")
    [row] = content_of(
        [row_of(tone(220), [replace(match_of(1), render=silent), match_of(2)])], "title"
    ).data["rows"]
    assert [one["level"] for one in row["candidates"]] == ["silent", ""]
    assert all(0 <= one["down_db"] <= MOST_DOWN_DB for one in row["candidates"])


def test_what_is_notably_other_is_marked() -> None:
    base = match_of(1)
    spec = load_spec("surge_full")
    [cutoff] = [p for p in spec.parameters if p.name == "a_filter_1_cutoff"]
    one = changed(base, a_filter_1_cutoff=0.5, a_filter_1_type="LP 24 dB", a_lfo_1_amplitude=0.3)
    little = changed(one, a_filter_1_cutoff=0.51)
    other = changed(one, a_filter_1_cutoff=0.9, a_filter_1_type="HP 12 dB", a_lfo_1_amplitude=0.0)
    [row] = content_of([row_of(tone(220), [one, little, other])], "title").data["rows"]
    table = {line["name"]: line for line in row["parameters"]}
    assert len(table) == len(spec.parameters)
    assert table["filter 1 cutoff"]["marks"] == "001"
    assert table["filter 1 cutoff"]["values"][0] == cutoff.surge.display.text(
        cutoff.surge.host_to_native(0.5)
    )
    assert table["filter 1 type"]["marks"] == "001"
    assert table["filter 1 type"]["values"] == ["LP 24 dB", "LP 24 dB", "HP 12 dB"]
    assert table["lfo 1 rate"]["marks"] == "00-"  # an LFO without amplitude does nothing
    assert table["amp eg attack"]["marks"] == "000"


def test_sets_of_two_spaces_are_not_compared() -> None:
    both = [match_of(1), match_of(2, spec_name="surge_simple")]
    [row] = content_of([row_of(tone(220), both)], "title").data["rows"]
    assert row["parameters"] == []


def test_the_number_of_a_gallery_is_that_of_its_content() -> None:
    first, same = (content_of(rows(1), "title").data["id"] for _ in range(2))
    other = content_of(rows(1, candidates=2), "title").data["id"]
    assert first == same != other
