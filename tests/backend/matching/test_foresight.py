"""Foresight follows the proxy's differences, beside what the parent was heard to be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_renderers import tone
from torch import Tensor
from trials import trial_of

from backend.matching.foresight import CLIMBS, LONGEST_CLIMB, Foresight, _Adam
from backend.matching.index_file import read_index
from backend.matching.likeness import profile
from backend.matching.trials import Trial, Trials
from backend.matching.variation import Variation
from backend.matching.ways import Ways
from backend.records import Note
from backend.synth.spec import NOTE_WIDTH, load_spec
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


def test_climbs_are_foreseen_nearer_and_move_only_what_they_may(foresee, parent: Trial) -> None:  # type: ignore[no-untyped-def]
    foresight, free = foresee(), CONTINUOUS.copy()
    free[np.flatnonzero(foresee.audible)[:3]] = False
    climbed = foresight.climb(parent, free, np.random.default_rng(0))
    assert len(climbed) == CLIMBS
    moved = np.abs(np.stack(climbed) - parent.vector)
    assert moved.max() <= LONGEST_CLIMB + 1e-6
    assert not moved[:, ~free].any() and not moved[:, -NOTE_WIDTH:].any()
    assert (moved[:, foresee.audible & free].max(axis=1) > 0.01).all()
    order = foresight.order(parent, [parent.vector, *climbed]).tolist()
    assert order.index(0) == CLIMBS  # the parent is foreseen to be the furthest


def test_what_the_proxy_gets_wrong_about_the_parent_plays_no_part(foresee, parent: Trial) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(3)
    children = [Variation(SPEC).mutate(parent.vector, rng) for _ in range(12)]
    right, wrong = (foresee(error).order(parent, children) for error in (0.0, 25.0))
    assert sorted(right) == list(range(12))
    np.testing.assert_array_equal(right, wrong)


def test_of_many_children_the_one_foreseen_nearest_is_taken(foresee, parent: Trial) -> None:  # type: ignore[no-untyped-def]
    taken = []
    for foresight in (foresee(), None):
        rng = np.random.default_rng(1)
        ways = Ways(SPEC, profile(TARGET), Variation(SPEC), rng, foresight=foresight)
        children = [ways.children("mutate", parent, Trials()) for _ in range(10)]
        assert [len(one) for one in children] == [1] * 10
        taken += [child for [child] in children]
    order = foresee().order(parent, taken)
    assert sum(place < 10 for place in order[:10]) >= 8


def test_its_steps_are_those_of_adam() -> None:
    start, goal = torch.linspace(-1, 1, 12), torch.linspace(0.5, -2, 12)
    theirs, ours = start.clone().requires_grad_(), start.clone()
    optimiser, step = torch.optim.Adam([theirs], 0.02), _Adam(ours, 0.02)
    for _ in range(20):
        optimiser.zero_grad()
        (theirs - goal).pow(4).sum().backward()
        optimiser.step()
        ours = ours - step(4 * (ours - goal).pow(3))
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_climb_does_not_import_the_compiler() -> None:
    script = """
import sys
from types import SimpleNamespace
import numpy as np
from backend.matching.known_sounds import KnownSounds
from backend.records import AudioRegion
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
spec = load_spec("surge_simple")
sound = np.full((2, 176_400), 0.1, np.float32)
foresight = KnownSounds(spec).foresee(sound)
vector = spec.encode(draw_parameters(spec, 3))
parent = type("Parent", (SimpleNamespace,), {"__hash__": object.__hash__})(
    vector=vector, render=AudioRegion(sound, 44_100, "x")
)
found = foresight.climb(parent, np.ones(spec.width, bool), np.random.default_rng(0))
assert any((one != vector).any() for one in found)
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
