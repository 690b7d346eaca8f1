"""Climbs lead to where the spectral proxy foresees settings nearer, and move only what they may."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_renderers import tone
from trials import trial_of

from backend.audio.region import fit_window, load_region
from backend.matching import climber as climber_module
from backend.matching.climber import CLIMBS_KEPT, LONGEST_CLIMB, TOGETHER, Climber, _Adam
from backend.matching.distance import TargetDistance
from backend.matching.known_sounds import KnownSounds
from backend.matching.likeness import profile
from backend.matching.trials import Trial
from backend.matching.variation import Variation
from backend.matching.ways import Ways
from backend.records import AudioRegion, Note, Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.patch_file import patch_body
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob
from backend.synth.spec import NOTE_WIDTH, load_spec

SPEC = load_spec("surge_simple")
GOLDEN = Path(__file__).resolve().parents[2] / "data" / "golden"
NOTE = Note(62, 0.4, 2.5)
TARGET = tone(NOTE)
FREE = Variation(SPEC).continuous


@pytest.fixture(scope="module")
def climber() -> Climber:
    climber = KnownSounds(SPEC).climber(TARGET)
    assert climber is not None
    return climber


@pytest.fixture
def parent() -> Trial:
    trial: Trial = trial_of(4, 0.5, Note(50, 0.7, 2.0))
    return trial


def settings(count: int) -> list[Vector]:
    return [SPEC.encode(draw_parameters(SPEC, number)) for number in range(count)]


def foreseen(climber: Climber, vectors: list[Vector]) -> list[float]:
    with torch.no_grad():
        settings, view = torch.from_numpy(np.stack(vectors)), climber._goal.whole
        distances: list[float] = climber._distances(settings, 0.0, view).tolist()
    return distances


def test_moments_are_where_the_sound_is(climber: Climber) -> None:
    """A tone from 0.4 to 2.5 s: most moments are in it, and together they stand for all frames."""
    view = climber._goal.whole
    heard = (view.times_s > 0.38) & (view.times_s < 2.52)
    assert heard.float().mean() > 0.75
    assert float(view.stands_for.sum()) == pytest.approx(401.0)
    assert (view.stands_for > 0.0).all() and (view.frames.diff() > 0).all()
    assert len(climber._goal.few.frames) <= len(view.frames) // 3


def test_the_models_categories_are_whole_before_they_climb() -> None:
    """Where one is a little beyond -1, a source would have a power below 0."""
    spec = load_spec("surge_full")
    climber = KnownSounds(spec).climber(TARGET)
    assert climber is not None
    soft = [spec.encode(draw_parameters(spec, number)) * np.float32(1.04) for number in range(2)]
    [climbed] = climber.proposals(soft, np.zeros(spec.width, dtype=bool))
    again = [spec.encode(spec.decode(vector)) for vector in climbed]
    np.testing.assert_allclose(np.stack(climbed)[:, :-3], np.stack(again)[:, :-3], atol=1e-6)


def test_proposals_climb_from_the_most_promising_and_come_in_parts(
    climber: Climber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(climber_module, "PROPOSAL_STEPS", 12)
    starts = settings(12)
    parts = list(climber.proposals(starts, FREE))
    assert [len(part) for part in parts] == [TOGETHER, 12 - TOGETHER]
    climbed = [vector for part in parts for vector in part]
    before, after = foreseen(climber, starts), foreseen(climber, climbed)
    assert np.mean(after[:TOGETHER]) < 0.95 * np.mean(sorted(before)[:TOGETHER])
    assert np.mean(after[TOGETHER:]) < 0.95 * np.mean(sorted(before)[TOGETHER:])
    assert all(after[place] <= after[place + 1] for place in range(TOGETHER - 1))
    pitches = {float(vector[-NOTE_WIDTH]) for vector in starts}
    assert {float(vector[-NOTE_WIDTH]) for vector in climbed} <= pitches
    assert min(map(np.min, climbed)) >= -1.0 and max(map(np.max, climbed)) <= 1.0
    assert list(climber.proposals([], FREE)) == []


def test_what_is_locked_stays(climber: Climber, parent: Trial) -> None:
    free = FREE.copy()
    free[:40] = False
    [part] = climber.proposals(settings(3), free)
    rested = Equivalents(SPEC).at_rest(np.stack(settings(3)))
    starts = {vector[:40].tobytes() for vector in rested}
    assert {vector[:40].tobytes() for vector in part} <= starts
    for _, climbed in climber.climb([parent], free, np.random.default_rng(0)):
        np.testing.assert_array_equal(climbed[:40], parent.vector[:40])


def test_rendered_settings_climb_together_no_further_than_allowed(
    climber: Climber, parent: Trial
) -> None:
    parents = [parent, trial_of(7, 0.6, Note(55, 0.3, 1.5))]
    climbed = climber.climb(parents, FREE, np.random.default_rng(0))
    assert [one for one, _ in climbed] == [one for one in parents for _ in range(CLIMBS_KEPT)]
    for parent in parents:
        moved = np.abs(
            np.stack([vector for one, vector in climbed if one is parent]) - parent.vector
        )
        assert 0.01 < moved.max() <= LONGEST_CLIMB + 1e-6
        assert not moved[:, -NOTE_WIDTH].any()


def test_those_that_climb_together_come_where_each_would_alone(
    climber: Climber, parent: Trial
) -> None:
    other = trial_of(7, 0.6, Note(55, 0.3, 1.5))
    limits = torch.full((2, SPEC.width), -1.0), torch.full((2, SPEC.width), 1.0)
    start = torch.from_numpy(np.stack([parent.vector, other.vector]))
    beside = torch.stack([climber._beside(parent), climber._beside(other)])
    together, least = climber._descend(start, beside, limits, 4, 0.02)
    for place in range(2):
        one = slice(place, place + 1)
        edges = limits[0][one], limits[1][one]
        alone, its_least = climber._descend(start[one], beside[one], edges, 4, 0.02)
        assert torch.allclose(together[one], alone, atol=2e-3)
        assert torch.allclose(least[one], its_least, atol=2e-3)
    assert (together[0] - together[1]).abs().max() > 0.1


def test_a_climb_that_is_broken_off_stays_where_it_came_to(climber: Climber, parent: Trial) -> None:
    climbed = climber.climb([parent], FREE, np.random.default_rng(0), lambda: True)
    for _, vector in climbed:
        np.testing.assert_array_equal(vector, parent.vector)


def test_a_parent_is_taken_to_sound_as_it_was_heard(
    climber: Climber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the proxy thinks of it, a render of the target itself is at its goal."""
    monkeypatch.setattr(climber_module, "MOST_BESIDE_DB", 300.0)
    drawn = draw_parameters(SPEC, 0)
    spec_vector = SPEC.encode(replace(drawn, note=NOTE))
    render = AudioRegion(TARGET, 44_100, "same")
    perfect = Trial(spec_vector, SPEC.decode(spec_vector), "x", 0, 0.0, render)
    with torch.no_grad():
        settings, view = climber._rested(spec_vector[None]), climber._goal.whole
        there, without = (
            float(climber._distances(settings, beside, view)[0])
            for beside in (climber._beside(perfect), 0.0)
        )
    assert there < 0.02 * without


def test_where_a_parent_is_silent_it_is_taken_to_be(
    climber: Climber, parent: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(climber_module, "MOST_BESIDE_DB", 300.0)
    audio = parent.render.audio.copy()
    audio[:, 44_100:] = 0.0
    cut = replace(parent, render=replace(parent.render, audio=audio))
    view = climber._goal.whole
    with torch.no_grad():
        without = climber._foreseen(climber._rested(cut.vector[None]), view)[0]
        moved = without + climber._beside(cut)
    late = view.times_s > 1.1
    assert without.amax() - without[late].amax() < 60.0
    assert moved.amax() - moved[late].amax() > 80.0


def test_the_search_climbs_where_it_is_given_a_climber(climber: Climber, parent: Trial) -> None:
    rng = np.random.default_rng(1)
    ways = Ways(SPEC, profile(TARGET), Variation(SPEC), rng, climber=climber)
    without = Ways(SPEC, profile(TARGET), Variation(SPEC), rng)
    assert "climb" in {ways.choose() for _ in range(200)}
    assert "climb" not in {without.choose() for _ in range(200)}


def test_its_steps_are_those_of_adam() -> None:
    start, goal = torch.linspace(-1, 1, 12), torch.linspace(0.5, -2, 12)
    theirs, ours = start.clone().requires_grad_(), start.clone()
    optimiser, step = torch.optim.Adam([theirs], 0.02), _Adam(ours)
    for _ in range(20):
        optimiser.zero_grad()
        (theirs - goal).pow(4).sum().backward()
        optimiser.step()
        ours = ours - 0.02 * step(4 * (ours - goal).pow(3))
    assert torch.allclose(ours, theirs, atol=1e-5)


SCRIPT = """
import sys
import numpy as np
from backend.matching.known_sounds import KnownSounds
from backend.matching.variation import Variation
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
spec = load_spec("surge_simple")
climber = KnownSounds(spec).climber(np.full((2, 176_400), 0.1, np.float32))
vector = spec.encode(draw_parameters(spec, 3))
[climbed] = climber.proposals([vector], Variation(spec).continuous)
assert (climbed[0] != vector).any()
sys.exit("torch._dynamo" in sys.modules)
"""


def test_a_climb_does_not_import_the_compiler() -> None:
    assert subprocess.run([sys.executable, "-c", SCRIPT], check=False).returncode == 0


@pytest.mark.surge
def test_climbed_settings_sound_nearer_than_where_they_began(
    surge_path: Path,
) -> None:
    """Settings of other sounds climb to golden sounds, by the shipped proxy, heard on Surge XT."""
    known = KnownSounds(SPEC)
    with RenderPool.of_surge(surge_path, 2) as pool:

        def nearest(vectors: list[Vector], target: TargetDistance) -> float:
            sets = [SPEC.decode(vector) for vector in vectors]
            renders = pool.render([RenderJob(patch_body(s, "x"), s.note, "x") for s in sets])
            heard = [one.audio for one in renders if isinstance(one, AudioRegion)]
            return min(target.measure(audio).total for audio in heard)

        began, climbed = [], []
        for name in ("simple-000", "simple-001", "simple-002"):
            sound = fit_window(load_region(GOLDEN / f"{name}.flac", start_s=0.0))
            climber = known.climber(sound)
            assert climber is not None
            starts = known.near(AudioRegion(sound, 44_100, name), 64, 0, 0).renders
            target = TargetDistance(sound)
            part = next(climber.proposals(starts, FREE))
            began.append(nearest(starts[:TOGETHER], target))
            climbed.append(nearest(part, target))
    assert np.mean(climbed) < 0.9 * np.mean(began), (began, climbed)
