from __future__ import annotations

import math

import numpy as np
import pytest

from backend.matching.similarity import (
    SAME,
    UNRELATED,
    WORDS,
    confidence_word,
    similarity,
    similarity_text,
)


def test_as_near_as_rendered_again_is_all_and_unrelated_is_nothing() -> None:
    assert similarity(SAME) == pytest.approx(100.0)
    assert similarity(UNRELATED) == pytest.approx(0.0)
    assert similarity(0.0) == 100.0
    assert similarity(10 * UNRELATED) == 0.0


def test_the_nearer_the_more_similar() -> None:
    found = [similarity(total) for total in np.linspace(0.0, 2 * UNRELATED, 200)]
    assert found == sorted(found, reverse=True)
    between = [similarity(total) for total in np.linspace(1.01 * SAME, 0.99 * UNRELATED, 50)]
    assert len(set(between)) == 50
    assert all(0.0 < percent < 100.0 for percent in between)


@pytest.mark.parametrize("total", [math.inf, math.nan])
def test_no_sound_is_not_similar(total: float) -> None:
    assert similarity(total) == 0.0


def test_words_follow_the_similarity() -> None:
    assert confidence_word(100.0) == WORDS[0][1]
    assert confidence_word(0.0) == WORDS[-1][1]
    said = [confidence_word(percent) for percent in np.linspace(100.0, 0.0, 401)]
    assert list(dict.fromkeys(said)) == [word for _, word in WORDS]
    for least, word in WORDS:
        assert confidence_word(least) == word


def test_it_is_written_with_its_word() -> None:
    assert similarity_text(83.6) == "84% close"
    assert similarity_text(74.6) == "75% close"  # as 75% is, whatever was rounded
    assert similarity_text(-1.0) == "-"
