from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from fake_link import FakeLink
from fake_workshop import REMARK, FakeWorkshop

from backend import service_matches, service_rounds
from backend.audio.files import write_wav
from backend.errors import AudioError, CancelledError, ServiceError
from backend.jobs import Job
from backend.matching.similarity import similarity
from backend.osc.protocol import (
    CandidateReady,
    Event,
    JobCancelled,
    JobFailed,
    Matched,
    Progress,
)
from backend.pipeline import MatchRequest, MatchResult
from backend.records import AudioRegion, Note
from backend.service_matches import OUR_FAULT, Matches
from backend.service_rounds import Found
from backend.synth.patch_file import read_fxp
from backend.synth.patch_lock import PatchLock
from backend.synth.preset_json import parse_preset_json


class Place:
    """The folders of matches and sounds, and what was told to whom."""

    def __init__(self, folder: Path, sound: AudioRegion) -> None:
        self.folder, self.sounds = folder / "matches", folder / "audio"
        self.folder.mkdir()
        self.sounds.mkdir()
        self.sound = sound
        self.told: list[tuple[str, Event]] = []
        self.workshop = FakeWorkshop()
        self.matches = self.reopen()

    def reopen(self) -> Matches:
        self.matches = Matches(
            self.folder, self.sounds, lambda client, event: self.told.append((client, event))
        )
        return self.matches

    def job(self, name: str = "tone", count: int = 2, **more: float) -> Job:
        path = self.sounds / f"{name}.wav"
        write_wav(path, self.sound)
        return Job(self.matches.new_number(), "mia", path, count=count, **more)

    def run(self, job: Job) -> Found | Exception:
        """Make a match and tell it, as the queue does."""
        outcome: Found | Exception
        try:
            outcome = self.matches.make(job, self.workshop)
        except Exception as error:
            outcome = error
        self.matches.ended(job, outcome)
        return outcome

    def events(self, kind: type[Event]) -> list[Event]:
        assert all(client == "mia" for client, _ in self.told)
        return [event for _, event in self.told if isinstance(event, kind)]


@pytest.fixture
def place(tmp_path: Path, tiny_audio: AudioRegion) -> Place:
    return Place(tmp_path, tiny_audio)


def test_a_match_is_told_candidate_by_candidate(place: Place) -> None:
    job = place.job(count=3, seed=5)
    place.run(job)
    assert [type(event) for _, event in place.told if not isinstance(event, Progress)] == [
        *(CandidateReady, CandidateReady, CandidateReady, Matched)
    ]
    first, second, third = place.events(CandidateReady)
    assert isinstance(first, CandidateReady) and isinstance(second, CandidateReady)
    assert (first.job, first.rank, first.distance) == (job.number, 1, 0.25)
    assert [event.candidate for event in (first, second)] == [1, 2]
    assert first.similarity == pytest.approx(similarity(0.25)) and second.similarity == -1
    assert (second.rank, second.distance, second.render_path) == (2, -1.0, "")
    assert Path(first.render_path).is_file() and first.tells
    read_fxp(Path(first.preset_path))
    written = parse_preset_json(Path(first.preset_path).with_suffix(".json").read_text())
    assert written.note == first.note
    [matched] = place.events(Matched)
    assert matched == Matched(job.number, 1, 3, True, REMARK)


def test_what_was_asked_for_is_what_is_matched(place: Place) -> None:
    job = place.job(count=4, seed=9)
    lock = PatchLock(FakeLink().patch(1), ("osc",))
    job.spec_name, job.budget_s, job.lock = "surge_simple", 3.0, lock
    place.run(job)
    [request] = place.workshop.requests
    assert (request.count, request.seed, request.spec_name) == (4, 9, "surge_simple")
    assert (request.region.name, request.picture) == ("tone", False)
    assert request.budget_s == 3.0 and request.lock is lock
    for matched in place.events(Matched):
        assert isinstance(matched, Matched) and matched.remark == REMARK
    assert request.folder.parent == place.folder


def test_the_start_in_the_sound_counts(place: Place) -> None:
    job = place.job()
    job.start_s = 0.25
    place.run(job)
    [request] = place.workshop.requests
    assert request.region.duration_s == pytest.approx(0.25, abs=0.001)


def test_the_stages_are_told_in_order(place: Place) -> None:
    place.run(place.job())
    stages = [event.stage for event in place.events(Progress) if isinstance(event, Progress)]
    assert stages == ["load", "propose", "write"]


def test_progress_that_is_none_is_not_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_matches, "PROGRESS_EVERY_S", 0.0)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 50

    job = place.job("long")
    job.cancelled = cancelled  # type: ignore[method-assign]
    place.run(job)
    renders = [e for e in place.events(Progress) if isinstance(e, Progress) and e.stage == "render"]
    assert asked > 50 and len({round(e.remaining_s) for e in renders}) == len(renders) < 10


def test_progress_within_a_stage_does_not_flood_the_client(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_matches, "PROGRESS_EVERY_S", 3600.0)

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 50

    asked = 0
    job = place.job("long")
    job.cancelled = cancelled  # type: ignore[method-assign]
    assert isinstance(place.run(job), CancelledError)
    assert asked > 50
    assert len(place.events(Progress)) == 3  # load, propose, render


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("fail", "render", "could be rendered"), ("bug", "fault", "synthmatch report")],
)
def test_a_match_that_fails_leaves_no_files(place: Place, name: str, code: str, said: str) -> None:
    job = place.job(name)
    place.run(job)
    [event] = place.events(JobFailed)
    assert isinstance(event, JobFailed)
    assert (event.job, event.code) == (job.number, code) and said in event.message
    assert list(place.folder.iterdir()) == []


def test_a_sound_that_cannot_be_read_is_told(place: Place) -> None:
    job = place.job()
    job.sound.write_bytes(b"no sound")
    assert isinstance(place.run(job), AudioError)
    [event] = place.events(JobFailed)
    assert isinstance(event, JobFailed) and event.code == "audio"


def test_a_cancelled_match_leaves_no_files(place: Place) -> None:
    job = place.job("long")
    thread = threading.Thread(target=place.run, args=(job,))
    thread.start()
    assert place.workshop.began.wait(60)
    job._taken_back.set()
    thread.join(60)
    assert place.events(JobCancelled) == [JobCancelled(job.number)]
    assert list(place.folder.iterdir()) == []


def test_what_is_found_in_the_meantime_is_told_as_a_round(place: Place) -> None:
    job = place.job("better", count=3, budget_s=10)
    place.run(job)
    told = [event for _, event in place.told if isinstance(event, CandidateReady | Matched)]
    first, second = told[3], told[7]
    assert isinstance(first, Matched) and (first.round, first.final) == (1, False)
    assert isinstance(second, Matched) and (second.round, second.final) == (2, True)
    numbers = [event.candidate for event in told if isinstance(event, CandidateReady)]
    assert numbers == [1, 2, 3, 4, 1, 2]
    files = {event.preset_path for event in told if isinstance(event, CandidateReady)}
    assert len(files) == 4 and all(Path(path).is_file() for path in files)


def test_a_match_cancelled_after_its_end_leaves_no_files(place: Place) -> None:
    job = place.job()
    place.matches.make(job, place.workshop)
    place.matches.ended(job, CancelledError("too late"))
    assert list(place.folder.iterdir()) == []
    with pytest.raises(ServiceError):
        place.matches.rounds.preset(job.number, 1)


@pytest.mark.parametrize(
    ("fault", "remark"),
    [
        (CancelledError("taken back"), "so far"),
        (AudioError("it broke."), "so far it broke."),
        (ZeroDivisionError("a bug"), f"so far {OUR_FAULT}"),
    ],
)
def test_what_was_told_outlives_the_end_of_its_improvement(
    place: Place, monkeypatch: pytest.MonkeyPatch, fault: Exception, remark: str
) -> None:
    job = place.job()

    def improve(request: MatchRequest, *_: object) -> MatchResult:
        request.folder.mkdir()
        (request.folder / "1.fxp").touch()
        far = (Note(60, 0.0, 1.0), -1.0, -1.0)
        ready = CandidateReady(job.number, 1, 1, *far, "1.fxp", "", ())
        place.matches.rounds.tell(job, Found((ready,), "so far"))
        raise fault

    monkeypatch.setattr(place.workshop, "match", improve)
    place.run(job)
    assert [event for _, event in place.told][1:] == [
        Matched(job.number, 1, 1, False, "so far"),
        Matched(job.number, 1, 1, True, remark),
    ]
    assert len(list(place.folder.rglob("1.fxp"))) == 1
    assert place.matches.rounds.preset(job.number, 1).name == "1.fxp"


def test_only_the_last_matches_are_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (service_matches, service_rounds):
        monkeypatch.setattr(module, "KEPT_MATCHES", 3)
    jobs = [place.job(count=1) for _ in range(5)]
    for job in jobs:
        place.run(job)
    assert len(list(place.folder.iterdir())) == 3
    for job in jobs[:2]:
        with pytest.raises(ServiceError, match="the last 3"):
            place.matches.rounds.preset(job.number, 1)
    assert all(place.matches.rounds.preset(job.number, 1).is_file() for job in jobs[2:])
    assert len(place.matches.rounds._told) == 3


def test_old_sounds_are_removed_and_new_ones_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_matches, "KEPT_SOUNDS", 3)
    for number in range(5):
        path = place.sounds / f"{number}.wav"
        path.write_bytes(b"sound")
        os.utime(path, (1000 + number, 1000 + number))
    (place.sounds / "folder").mkdir()
    place.reopen()
    assert {path.name for path in place.sounds.iterdir()} == {"folder", "2.wav", "3.wav", "4.wav"}


def test_a_new_start_keeps_finished_matches_and_never_uses_their_numbers_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = place.job(), place.job()
    for job in (first, second):
        place.run(job)
    whole = sorted((place.folder / "000001").iterdir())
    killed = place.folder / "000007"
    for part in (killed / ".part-x", place.folder / "000001" / ".part-y", place.folder / "mine"):
        part.mkdir(parents=True)
    (place.folder / "000001" / "tone-9.json").write_text("of a preset that was not moved any more")
    place.reopen()
    assert sorted((place.folder / "000001").iterdir()) == whole and len(whole) > 2
    assert sorted(path.name for path in place.folder.iterdir()) == ["000001", "000002", "mine"]
    assert place.matches.new_number() == 8
    monkeypatch.setattr(service_matches, "KEPT_MATCHES", 1)
    place.reopen()
    assert sorted(path.name for path in place.folder.iterdir()) == ["000002", "mine"]
