from __future__ import annotations

import pytest
from trials import trial_of

from backend.matching.metrics import TargetMetrics
from backend.matching.rank import Ranking, unheard
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec


def test_matches_are_ranked_measured_and_keep_their_numbers() -> None:
    near, far = trial_of(1, distance=0.1), trial_of(2, distance=0.4)
    ranking, metrics = Ranking(), TargetMetrics(near.render.audio)
    [first] = ranking.rank([far])
    assert (first.rank, first.candidate.number) == (1, 1)
    assert first.distance == 0.4 and first.score is None  # which takes a time of its own
    best, second = ranking.rank([near, far], metrics)
    assert (best.distance, second.distance) == (0.1, 0.4)
    assert (best.rank, best.candidate.number) == (1, 2)
    assert (second.rank, second.candidate.number) == (2, 1)
    assert best.candidate.parameters == near.parameters and best.render is near.render
    assert best.score is not None and best.score.mss_db == pytest.approx(0.0, abs=1e-6)
    assert second.score is not None and second.score.mss_db > 1.0
    assert best.candidate.origin == near.origin


def test_without_surge_each_kind_has_its_turn_in_its_own_order() -> None:
    spec = load_spec("surge_simple")
    vectors = [spec.encode(draw_parameters(spec, index)) for index in range(6)]
    proposals = [("index", vectors[:1]), ("preset", []), ("model", vectors[1:])]
    matches = unheard(spec, proposals, 4)
    assert [match.rank for match in matches] == [1, 2, 3, 4]
    assert [match.candidate.number for match in matches] == [1, 2, 3, 4]
    assert [match.candidate.origin for match in matches] == ["index", *["model"] * 3]
    assert all(match.render is None and match.score is None for match in matches)
    for match, vector in zip(matches, vectors[:4], strict=True):
        assert match.candidate.parameters == spec.decode(vector)
    assert len(unheard(spec, proposals, 16)) == 6
