from __future__ import annotations

import threading

import numpy as np

from backend.errors import RenderError
from backend.records import AudioRegion, Note
from backend.synth.render_course import ATTEMPTS, FORGOTTEN, Course
from backend.synth.renderer import RenderJob

SOUND = AudioRegion(np.zeros((2, 1), dtype=np.float32), 44_100, "sound")


class Kept:
    """A course of so many jobs, and what it delivered."""

    def __init__(self, jobs: int, ahead: int) -> None:
        self.waiting = iter(RenderJob(b"", Note(60, 0, 1), f"job {n}") for n in range(jobs))
        self.results: list[tuple[int, object]] = []
        self.course = Course(lambda: next(self.waiting, None), self.take, ahead)

    def take(self, number: int, result: AudioRegion | RenderError) -> None:
        self.results.append((number, result))


def test_jobs_are_made_ahead_and_no_more_than_asked_for() -> None:
    course = Kept(5, ahead=2).course
    assert course.next() is None
    assert [course.step() for _ in range(3)] == [True, True, False]
    assert course.next() == 0
    assert [course.step(), course.step()] == [True, False]
    assert [course.next(), course.next(), course.next()] == [1, 2, None]


def test_a_job_for_a_free_renderer_comes_before_what_is_to_be_delivered() -> None:
    kept = Kept(3, ahead=2)
    course = kept.course
    course.step()
    assert course.next() == 0
    course.finish(0, SOUND)
    course.step()
    assert kept.results == [] and course.next() == 1
    course.step()
    course.step()
    assert kept.results == [(0, SOUND)]


def test_it_is_over_when_all_has_been_delivered() -> None:
    kept = Kept(1, ahead=2)
    course = kept.course
    course.step()
    assert course.next() == 0
    course.step()
    assert not course.over()
    course.finish(0, SOUND)
    assert not course.over()
    course.step()
    assert course.over() and kept.results == [(0, SOUND)]


def test_a_failed_job_is_tried_again_first_and_then_given_up_by_name() -> None:
    kept = Kept(3, ahead=2)
    course = kept.course
    course.step()
    course.step()
    for _ in range(ATTEMPTS):
        assert course.next() == 0
        course.fail(0, "it fell over")
    course.fail(FORGOTTEN, "nobody asks")
    course.finish(FORGOTTEN, SOUND)
    assert course.next() == 1
    while course.step():
        pass
    [(number, error)] = kept.results
    assert number == 0 and "job 0: it fell over" in str(error)


def test_waiting_ends_when_something_comes_back() -> None:
    course = Kept(1, ahead=1).course
    course.step()
    assert course.next() == 0
    course.step()
    course.wait(0.01)  # nothing is due
    other = threading.Thread(target=course.finish, args=(0, SOUND))
    other.start()
    course.wait(120)
    other.join(120)
    assert course.step() and course.over()
