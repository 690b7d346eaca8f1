from __future__ import annotations

import numpy as np
import pytest
from fake_workshop import FakeWorkshop

from backend.records import Audio
from training.match_rows import match_rows
from training.targets import Target


def target(name: str, hz: float = 220.0) -> Target:
    wave = np.sin(2.0 * np.pi * hz * np.arange(176_400) / 44_100)
    audio: Audio = np.stack([wave, wave]).astype(np.float32)
    return Target(name, audio, None, None)


def test_the_nearest_of_the_first_round_and_of_the_last_are_measured() -> None:
    workshop = FakeWorkshop()
    rows = match_rows(workshop, [target("a"), target("b", 3000.0)], "surge_simple", 10.0, 5)  # type: ignore[arg-type]
    assert [row.method for row in rows] == ["first results", "after 10 s"]
    assert [(len(row.scores), row.missing) for row in rows] == [(2, 0), (2, 0)]
    for row in rows:  # what it renders is each target itself
        assert [score.distance for score in row.found] == pytest.approx([0.0, 0.0], abs=1e-9)
        assert [score.mss_db for score in row.found] == pytest.approx([0.0, 0.0], abs=1e-5)
    asked = [(r.seed, r.budget_s, r.spec_name, r.region.name) for r in workshop.requests]
    assert asked == [(5, 10.0, "surge_simple", "a"), (6, 10.0, "surge_simple", "b")]


def test_without_a_budget_the_first_results_are_the_last() -> None:
    rows = match_rows(FakeWorkshop(), [target("a")], "surge_full", 0.0, 0)  # type: ignore[arg-type]
    assert rows[0].scores == rows[1].scores
