from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from fake_renderers import FakePool, tone

from backend.errors import RenderError
from backend.matching.rank import rank
from backend.records import Audio, AudioRegion, Candidate, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import parse_body
from backend.synth.renderer import RenderJob
from backend.synth.spec import load_spec

#: The model's own order; the target is a tone of the third.
PITCHES = (40, 72, 60, 61, 90)
NEAREST_FIRST = [60, 61]


@pytest.fixture(scope="module")
def candidates() -> list[Candidate]:
    spec = load_spec("surge_simple")
    found = []
    for order, pitch in enumerate(PITCHES):
        parameters = draw_parameters(spec, order)
        found.append(Candidate(replace(parameters, note=Note(pitch, 0.1, 1.0)), order))
    return found


@pytest.fixture
def target() -> AudioRegion:
    return AudioRegion(tone(Note(60, 0.1, 1.0), 2.0), 44_100, "my sound")


def pitches(matches: Sequence[object]) -> list[int]:
    return [match.candidate.parameters.note.pitch for match in matches]  # type: ignore[attr-defined]


def test_the_nearest_sound_comes_first(target: AudioRegion, candidates: list[Candidate]) -> None:
    matches = rank(target, candidates, FakePool())  # type: ignore[arg-type]
    assert [match.rank for match in matches] == [1, 2, 3, 4, 5]
    assert pitches(matches)[:2] == NEAREST_FIRST and sorted(pitches(matches)) == sorted(PITCHES)
    distances = [match.score.distance for match in matches if match.score]
    assert len(distances) == 5 and distances == sorted(distances)
    assert distances[0] == pytest.approx(0.0, abs=1e-3) and distances[1] > 0.01


def test_each_match_has_its_own_candidate_sound_and_score(
    target: AudioRegion, candidates: list[Candidate]
) -> None:
    for match in rank(target, candidates, FakePool()):  # type: ignore[arg-type]
        assert match.render is not None and match.score is not None
        assert match.candidate is candidates[match.candidate.order]
        np.testing.assert_array_equal(match.render.audio, tone(match.candidate.parameters.note))
        assert match.render.name == f"candidate {match.candidate.order + 1}"


def test_each_candidate_s_patch_is_played_with_its_note(
    target: AudioRegion, candidates: list[Candidate]
) -> None:
    pool = FakePool()
    rank(target, candidates, pool)  # type: ignore[arg-type]
    assert [job.note for job in pool.jobs] == [c.parameters.note for c in candidates]
    spec = load_spec("surge_simple")
    for job, candidate in zip(pool.jobs, candidates, strict=True):
        patch = parse_body(job.body, "x")
        assert patch.name == "my sound"
        read = spec.from_natives(patch.natives, job.note)
        assert dict(read.values) == pytest.approx(dict(candidate.parameters.values), abs=1e-6)


def test_what_could_not_be_rendered_comes_last_in_the_model_s_order(
    target: AudioRegion, candidates: list[Candidate]
) -> None:
    def sound(job: RenderJob) -> Audio:
        if job.note.pitch in (40, 60):
            raise RenderError(f"no sound from {job.name}")
        return tone(job.note)

    matches = rank(target, candidates, FakePool(sound))  # type: ignore[arg-type]
    assert pitches(matches)[0] == 61 and pitches(matches)[3:] == [40, 60]
    assert [match.score is None for match in matches] == [False, False, False, True, True]
    assert [match.render is None for match in matches] == [False, False, False, True, True]
    assert [match.rank for match in matches] == [1, 2, 3, 4, 5]


def test_if_nothing_could_be_rendered_the_first_reason_is_told(
    target: AudioRegion, candidates: list[Candidate]
) -> None:
    def sound(job: RenderJob) -> Audio:
        raise RenderError(f"no sound from {job.name}")

    with pytest.raises(RenderError, match="no sound from candidate 1"):
        rank(target, candidates, FakePool(sound))  # type: ignore[arg-type]


def test_silent_candidates_come_after_those_that_sound(
    target: AudioRegion, candidates: list[Candidate]
) -> None:
    def sound(job: RenderJob) -> Audio:
        return tone(job.note) * (job.note.pitch != 72)

    matches = rank(target, candidates, FakePool(sound))  # type: ignore[arg-type]
    assert pitches(matches)[0] == 60
    silent = matches[pitches(matches).index(72)]
    assert silent.score is not None and np.isfinite(silent.score.distance)
    assert silent.rank > pitches(matches).index(61) + 1


def test_equal_sounds_keep_the_model_s_order(
    target: AudioRegion, candidates: list[Candidate]
) -> None:
    same = tone(Note(65, 0.1, 1.0))
    matches = rank(target, candidates, FakePool(lambda job: same))  # type: ignore[arg-type]
    assert pitches(matches) == list(PITCHES)


def test_without_surge_the_model_s_order_stays(
    target: AudioRegion, candidates: list[Candidate]
) -> None:
    matches = rank(target, candidates, None)
    assert pitches(matches) == list(PITCHES)
    assert [match.rank for match in matches] == [1, 2, 3, 4, 5]
    assert all(match.render is None and match.score is None for match in matches)


def test_progress_is_passed_on(target: AudioRegion, candidates: list[Candidate]) -> None:
    told: list[int] = []
    rank(target, candidates, FakePool(), told.append)  # type: ignore[arg-type]
    assert told == [1, 2, 3, 4, 5]
