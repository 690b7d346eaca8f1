from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from fake_workshop import FakeWorkshop

from backend.errors import WeightsError
from backend.service_model import WarmModel

Use = Callable[[str], None]


class Watched(FakeWorkshop):
    """Notes how far its model is while it warms up."""

    fault: Exception | None = None

    def __init__(self, *fractions: float) -> None:
        super().__init__()
        self.fractions = fractions
        self.seen: list[tuple[str, float, str]] = []
        self.model = WarmModel(self.make)

    def make(self, use_device: Use) -> Watched:
        self.look()
        use_device("cuda")
        return self

    def look(self) -> None:
        self.seen.append((self.model.state, self.model.fraction, self.model.device))

    def warm_up(self, progress: Callable[[str, float], None]) -> None:
        self.look()
        for fraction in self.fractions:
            progress("load", fraction)
            self.look()
        if self.fault:
            raise self.fault


def test_loading_is_told_from_the_import_to_the_end() -> None:
    watched = Watched(0.0, 0.5, 1.0)
    assert watched.model.load() == ""
    assert watched.seen == [
        ("loading", 0.0, "not known yet"),
        *(("loading", fraction, "cuda") for fraction in (0.5, 0.5, 0.75, 1.0)),
    ]
    assert (watched.model.state, watched.model.fraction) == ("ready", 1.0)
    assert watched.model.workshop() is watched


def test_odd_fractions_stay_within_limits() -> None:
    watched = Watched(-1.0, 7.0)
    watched.model.load()
    assert [fraction for _, fraction, _ in watched.seen] == [0.0, 0.5, 0.5, 1.0]


def test_a_fault_of_the_user_is_told_in_its_own_words() -> None:
    watched = Watched(0.5)
    watched.fault = WeightsError("the weights are damaged: get them again")
    assert watched.model.load() == "the weights are damaged: get them again"
    assert (watched.model.state, watched.model.fraction) == ("failed", 0.75)
    assert watched.model.workshop() is watched  # a match may still work
    watched.model.has_worked()
    assert (watched.model.state, watched.model.fraction) == ("ready", 1.0)


def test_a_fault_of_ours_is_logged_and_raised_by_each_match(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def make(use_device: Use) -> FakeWorkshop:
        raise ImportError("no module named torch")

    model = WarmModel(make)
    with caplog.at_level(logging.ERROR):
        assert "ImportError" in model.load()
    assert "no module named torch" in caplog.text and model.state == "failed"
    for _ in range(2):
        with pytest.raises(ImportError, match="torch"):
            model.workshop()
    model.close()


def test_closing_ends_the_workshop() -> None:
    watched = Watched()
    watched.model.load()
    watched.model.close()
    assert watched.closed
