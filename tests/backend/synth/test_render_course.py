"""A course hands renderers their next job before the caller does anything else."""

from __future__ import annotations

import numpy as np

from backend.errors import RenderError
from backend.records import AudioRegion, Note
from backend.synth.render_course import ATTEMPTS, FORGOTTEN, Course
from backend.synth.renderer import RenderJob

SOUND = AudioRegion(np.zeros((2, 4), dtype=np.float32), 44_100, "sound")


def course_of(count: int) -> tuple[Course, list[int]]:
    jobs = iter([RenderJob(b"", Note(60, 0.0, 1.0), f"job {n}") for n in range(count)])
    taken: list[int] = []
    return Course(lambda: next(jobs, None), lambda number, result: taken.append(number)), taken


def test_one_step_takes_one_result_and_then_one_job_is_made_ahead() -> None:
    course, taken = course_of(4)
    assert [course.next(), course.next()] == [0, 1]
    assert course.pending()  # to make a job ahead
    course.step()
    assert not course.pending() and len(course.jobs) == 2
    course.finish(1, SOUND)
    course.finish(0, SOUND)
    assert course.next() == 2  # before the results are taken
    course.step()
    assert taken == [1]
    course.step()
    assert taken == [1, 0] and course.pending()
    course.step()
    assert course.next() == 3 and course.pending()
    course.step()
    assert course.next() is None and not course.pending() and not course.over()
    for number in (2, 3):
        course.finish(number, SOUND)
        course.step()
    assert course.over() and taken == [1, 0, 2, 3]


def test_a_job_that_fails_is_tried_again_before_others_and_then_given_up() -> None:
    errors: list[RenderError] = []
    jobs = iter([RenderJob(b"", Note(60, 0.0, 1.0), f"job {n}") for n in range(2)])
    course = Course(
        lambda: next(jobs, None),
        lambda number, result: errors.append(result) if isinstance(result, RenderError) else None,
    )
    assert course.next() == 0
    for _ in range(ATTEMPTS - 1):
        course.fail(0, "it died")
        assert course.next() == 0
    course.fail(0, "it died")
    course.fail(FORGOTTEN, "of another batch")
    course.finish(FORGOTTEN, SOUND)
    course.step()
    [error] = errors
    assert "job 0" in str(error) and "it died" in str(error)
    assert course.next() == 1
