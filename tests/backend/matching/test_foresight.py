"""Foresight follows the proxy's differences, beside what the parent was heard to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fake_renderers import tone
from torch import Tensor
from trials import trial_of

from backend.matching.foresight import Foresight
from backend.matching.index_file import read_index
from backend.matching.likeness import profile
from backend.matching.trials import Trial, Trials
from backend.matching.variation import Variation
from backend.matching.ways import Ways
from backend.records import Note
from backend.synth.spec import load_spec
from models.proxy import Proxy, ProxyConfig

SPEC = load_spec("surge_simple")
TARGET = tone(Note(62, 0.4, 2.5))
CONTINUOUS = Variation(SPEC).continuous


class Linear(Proxy):
    """A proxy of a synthesizer whose sound is a linear map of its parameters."""

    def __init__(self, matrix: Tensor, error: float = 0.0) -> None:
        super().__init__(ProxyConfig(matrix.shape[1], matrix.shape[0]))
        self.matrix, self.error = matrix, error

    def forward(self, vectors: Tensor) -> Tensor:
        return vectors @ self.matrix.T + self.error


@pytest.fixture
def parent() -> Trial:
    trial: Trial = trial_of(4, 0.5, Note(50, 0.7, 2.0))
    return trial


@pytest.fixture
def foresee(index_stem: Path):  # type: ignore[no-untyped-def]
    """Make foresight by a matrix that hears filters and envelopes, which are never idle."""
    embedding = read_index(index_stem).embedding
    names = np.empty(SPEC.width, dtype=object)
    for parameter, place in zip(SPEC.parameters, SPEC.slices(), strict=True):
        names[place] = parameter.name
    audible = np.array(["filter" in str(name) or "env" in str(name) for name in names])
    audible &= CONTINUOUS
    assert audible.sum() >= 10
    torch.manual_seed(1)
    matrix = 0.05 * torch.randn(embedding.width, SPEC.width) * torch.from_numpy(audible).float()

    def make(error: float = 0.0) -> Foresight:
        return Foresight(Linear(matrix, error), embedding, SPEC, TARGET)

    make.audible = audible  # type: ignore[attr-defined]
    return make


def test_what_the_proxy_gets_wrong_about_the_parent_plays_no_part(foresee, parent: Trial) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(3)
    children = [Variation(SPEC).mutate(parent.vector, rng) for _ in range(12)]
    right, wrong = (foresee(error).order(parent, children) for error in (0.0, 25.0))
    assert sorted(right) == list(range(12))
    np.testing.assert_array_equal(right, wrong)


def test_of_many_children_the_one_foreseen_nearest_is_taken(foresee, parent: Trial) -> None:  # type: ignore[no-untyped-def]
    taken, trials = [], Trials()
    trials.add(parent)
    for foresight in (foresee(), None):
        rng = np.random.default_rng(1)
        ways = Ways(SPEC, profile(TARGET), Variation(SPEC), rng, foresight=foresight)
        children = [ways.children("mutate", trials) for _ in range(10)]
        assert [whose for [(whose, _)] in children] == [parent] * 10
        taken += [child for [(_, child)] in children]
    order = foresee().order(parent, taken)
    assert sum(place < 10 for place in order[:10]) >= 8
