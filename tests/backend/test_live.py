from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_sound import FakeOutput

from backend.audio.files import write_wav
from backend.audio.player import Player
from backend.audio.region import load_region
from backend.audition import Audition
from backend.errors import CancelledError, DeviceError, OutputError, ServiceError
from backend.live import LiveSession
from backend.live_match import Wish
from backend.live_words import FINAL, NEWER, Said
from backend.osc import protocol as say
from backend.osc.client import FORGOTTEN
from backend.records import AudioRegion, Instance, Note, WriteReport

VERIFIED = WriteReport("verified", "patch", 53280, 0.084)
JOB = 7
LAST = say.Matched(JOB, 1, 3, True, "a remark")


class FakeClient:
    """A backend that has three candidates and takes every write; answers can be exchanged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[say.Request] = []
        self.heard: AudioRegion | None = None
        self.answers: dict[type, say.Answer | Exception] = {
            say.ListInstances: say.Instances((Instance(53280, "Init Saw", answers=True),)),
            say.ChooseInstance: say.Chosen(53280),
            say.StartMatch: say.Queued(JOB, 2),
            say.CancelJob: say.Cancelled(JOB),
            say.WriteCandidate: say.Written.of(VERIFIED),
            say.Undo: say.Written.of(VERIFIED),
        }
        self.events: deque[say.Event | BaseException] = deque()

    def ask(self, request: say.Request, kind: type[Any], timeout_s: float) -> Any:
        self.asked.append(request)
        if isinstance(request, say.StartMatch):
            self.heard = load_region(request.path, start_s=request.start_s)
        answer = self.answers.get(type(request))
        if isinstance(request, say.KeepCandidate) and answer is None:
            Path(request.path).write_bytes(b"preset")
            answer = say.Kept(request.path)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, kind)
        return answer

    def next_event(self, timeout_s: float) -> say.Event | None:
        if not self.events:
            assert timeout_s == 0, "would wait for ever"
            return None
        event = self.events.popleft()
        if isinstance(event, BaseException):
            raise event
        return event


def number_of(rank: int) -> int:
    """Return the number of the candidate in a rank, which is another."""
    return 20 - rank


def ready(rank: int, *, render: Path | None = None, job: int = JOB) -> say.CandidateReady:
    place, far = (job, number_of(rank), rank), (0.1 * rank, -1.0)
    note = Note(57, 0.05, 0.4)
    path = str(render) if render else ""
    return say.CandidateReady(*place, note, *far, f"{rank}.fxp", path, ("bright",))


@pytest.fixture
def client(tmp_path: Path) -> FakeClient:
    folder = tmp_path / "to the backend"
    folder.mkdir()
    client = FakeClient(folder)
    client.events.extend([*(ready(rank) for rank in (1, 2, 3)), LAST])
    return client


@pytest.fixture
def output() -> FakeOutput:
    return FakeOutput()


@pytest.fixture
def make_session(
    client: FakeClient, tiny_audio: AudioRegion, tmp_path: Path, output: FakeOutput
) -> Callable[..., LiveSession]:
    def make(open_player: Callable[[], Player] = lambda: Player(output)) -> LiveSession:
        return LiveSession(
            client,
            tiny_audio,
            folder=client.folder,
            keep_in=tmp_path,
            stem="tiny",
            audition=Audition(tiny_audio, open_player),
        )

    return make


@pytest.fixture
def session(make_session: Callable[..., LiveSession]) -> LiveSession:
    return make_session()


@pytest.fixture
def matched(session: LiveSession) -> LiveSession:
    session.start(Wish(3, 0, "surge_full"))
    wait(session)
    return session


def wait(session: LiveSession) -> str:
    return session.wait(lambda event: None, lambda news: None)


def news(session: LiveSession) -> list[Said]:
    return session.news(lambda event: None)


def written(client: FakeClient) -> list[int]:
    return [number_of(ask.candidate) for ask in client.asked if isinstance(ask, say.WriteCandidate)]


def test_the_region_is_handed_over_sample_by_sample_and_taken_away_after(
    session: LiveSession, client: FakeClient, tiny_audio: AudioRegion
) -> None:
    assert session.start(Wish(3, 5, "surge_simple")) == 2
    [request] = client.asked
    assert isinstance(request, say.StartMatch)
    assert (request.count, request.seed, request.spec) == (3, 5, "surge_simple")
    assert Path(request.path).parent == client.folder and Path(request.path).stem == "tiny"
    assert client.heard is not None and client.heard.remarks == ()
    assert (client.heard.audio == tiny_audio.audio).all()
    wait(session)
    assert list(client.folder.iterdir()) == []


def test_a_sound_of_the_same_name_that_is_there_already_is_left_alone(
    session: LiveSession, client: FakeClient
) -> None:
    other = client.folder / "tiny.wav"
    other.write_bytes(b"of another client")
    session.start(Wish(3, 0, "surge_full"))
    wait(session)
    assert other.read_bytes() == b"of another client"


def test_a_folder_that_is_gone_is_one_line(session: LiveSession, client: FakeClient) -> None:
    client.folder.rmdir()
    with pytest.raises(OutputError, match="cannot be handed over"):
        session.start(Wish(3, 0, "surge_full"))


def test_wait_tells_progress_and_news_and_collects_in_order_of_rank(
    session: LiveSession, client: FakeClient
) -> None:
    client.events = deque(
        [
            say.Progress(JOB, "render", 0.5, 2.0),
            say.Progress(JOB - 1, "render", 0.9, 2.0),
            say.ServiceNews("the GPU is full"),
            ready(2),
            ready(9, job=JOB - 1),
            ready(1),
            say.Matched(JOB - 1, 1, 9, True, "another"),
            say.Matched(JOB, 1, 2, True, "a remark"),
        ]
    )
    session.start(Wish(2, 0, "surge_full"))
    told: list[Any] = []
    assert session.wait(told.append, told.append) == "a remark"
    assert told == [say.Progress(JOB, "render", 0.5, 2.0), "the GPU is full"]
    assert [candidate.rank for candidate in session.candidates] == [1, 2]


@pytest.mark.parametrize(
    ("event", "error", "said"),
    [
        (say.JobFailed(JOB, "render", "no sound came"), ServiceError, "no sound came"),
        (say.JobCancelled(JOB), CancelledError, "given up"),
        (FORGOTTEN, CancelledError, "given up"),
        (ServiceError("the backend is gone"), ServiceError, "gone"),
    ],
)
def test_a_match_that_comes_to_nothing_says_why(
    session: LiveSession,
    client: FakeClient,
    event: say.Event | Exception,
    error: type[Exception],
    said: str,
) -> None:
    client.events = deque([event])
    session.start(Wish(3, 0, "surge_full"))
    with pytest.raises(error, match=said):
        wait(session)
    assert list(client.folder.iterdir()) == []


def test_an_interruption_gives_the_match_up(session: LiveSession, client: FakeClient) -> None:
    client.events = deque([KeyboardInterrupt()])
    session.start(Wish(3, 0, "surge_full"))
    with pytest.raises(KeyboardInterrupt):
        wait(session)
    assert client.asked[-1] == say.CancelJob(JOB)


def test_next_and_previous_go_round(matched: LiveSession, client: FakeClient) -> None:
    assert written(client) == []  # nothing is written before a key is pressed
    for command in ("next", "next", "next", "next", "previous", "previous"):
        matched.do(command)
    assert written(client) == [1, 2, 3, 1, 3, 2]
    assert matched.current == 2


def test_previous_begins_with_the_last(matched: LiveSession, client: FakeClient) -> None:
    matched.do("previous")
    assert written(client) == [3]


def test_a_rank_is_written_and_reported(matched: LiveSession) -> None:
    said = matched.do("2")
    assert (said.text, said.fault) == ("2 of 3 is in Surge XT: verified, 84 ms", False)


@pytest.mark.parametrize(
    ("report", "said", "fault"),
    [
        (replace(VERIFIED, attempts=3), "verified, 84 ms, sent 3 times", False),
        (replace(VERIFIED, state="unverified", remark="OSC Out is off."), "OSC Out is off.", False),
        (replace(VERIFIED, state="queued"), "1 of 3 waits for Surge XT: queued", False),
        (replace(VERIFIED, state="differs", differing=("a", "b")), "differs in 2 settings", True),
    ],
)
def test_what_became_of_a_write_is_told(
    matched: LiveSession, client: FakeClient, report: WriteReport, said: str, fault: bool
) -> None:
    client.answers[say.WriteCandidate] = say.Written.of(report)
    found = matched.do("next")
    assert said in found.text
    assert found.fault is fault


@pytest.mark.parametrize("command", ["4", "0", "99999999999999999999", "dance", ""])
def test_what_is_no_command_or_candidate_says_what_is(
    matched: LiveSession, client: FakeClient, command: str
) -> None:
    said = matched.do(command)
    assert said.fault and ("1 to 3" in said.text or "n next" in said.text)
    assert written(client) == []


def test_a_refusal_is_a_line_and_the_place_stays(matched: LiveSession, client: FakeClient) -> None:
    matched.do("2")
    client.answers[say.WriteCandidate] = ServiceError("no running Surge XT listens")
    assert matched.do("next").text == "no running Surge XT listens"
    assert matched.do("next").fault
    assert matched.current == 2


def test_undo_brings_the_patch_back_and_next_begins_anew(
    matched: LiveSession, client: FakeClient
) -> None:
    matched.do("3")
    assert matched.do("undo").text == "your own patch is in Surge XT: verified, 84 ms"
    matched.do("next")
    assert written(client) == [3, 1]


def test_keep_saves_what_was_written_last_under_a_free_name(
    matched: LiveSession, client: FakeClient, tmp_path: Path
) -> None:
    (tmp_path / "tiny-2.json").write_bytes(b"mine")
    matched.do("2")
    assert "tiny-2-2.fxp" in matched.do("keep").text
    matched.do("keep")
    kept = [ask for ask in client.asked if isinstance(ask, say.KeepCandidate)]
    assert [(number_of(ask.candidate), Path(ask.path).name) for ask in kept] == [
        (2, "tiny-2-2.fxp"),
        (2, "tiny-2-3.fxp"),
    ]


def test_before_any_write_keep_means_the_best(matched: LiveSession) -> None:
    assert matched.do("keep").text.startswith("1 is kept")


def test_before_the_match_is_there_nothing_can_be_done(session: LiveSession) -> None:
    for command in ("next", "previous", "1", "keep", "switch"):
        assert session.do(command).fault


def test_listening_follows_the_commands(
    matched: LiveSession,
    client: FakeClient,
    output: FakeOutput,
    tiny_audio: AudioRegion,
    tmp_path: Path,
) -> None:
    render = tmp_path / "render.wav"
    write_wav(render, tiny_audio)
    client.events.extend([*(ready(rank, render=render) for rank in (1, 2)), LAST])
    matched.start(Wish(2, 1, "surge_full"))
    wait(matched)
    assert matched.do("target").text == "you hear the target"
    assert output.take(3000).any()
    assert matched.do("switch").text == "you hear 1"
    assert matched.do("switch").text == "you hear the target"
    assert matched.do("switch").text == "you hear 1"
    matched.do("2")
    assert matched.do("switch").text == "you hear 2"  # not back to the target
    assert matched.do("candidate").text == "you hear 2"
    assert matched.do("stop").text == "you hear nothing"
    output.take(1000)
    assert not output.take(1000).any()
    matched.close()
    assert output.closed


def test_a_candidate_without_sound_says_so(matched: LiveSession) -> None:
    said = matched.do("switch")
    assert said.fault and "play it in your DAW" in said.text


def test_a_render_that_is_gone_says_so(
    session: LiveSession, client: FakeClient, tmp_path: Path
) -> None:
    client.events = deque([ready(1, render=tmp_path / "gone.wav"), LAST])
    session.start(Wish(1, 0, "surge_full"))
    wait(session)
    assert session.do("switch").fault


def test_without_a_device_all_but_listening_works(
    make_session: Callable[..., LiveSession], client: FakeClient
) -> None:
    def missing() -> Player:
        raise DeviceError("there is no audio device for output")

    session = make_session(missing)
    session.start(Wish(3, 0, "surge_full"))
    wait(session)
    said = session.do("target")
    assert said.fault and said.text == "there is no audio device for output"
    assert not session.do("stop").fault
    assert not session.do("next").fault
    session.close()


def test_news_are_told_and_a_forgotten_choice_is_made_again(
    matched: LiveSession, client: FakeClient
) -> None:
    matched.choose(53285)
    client.events.extend([say.Progress(JOB, "write", 1.0, 0.0), FORGOTTEN, say.ServiceNews("b")])
    assert [said.text for said in news(matched)] == [FORGOTTEN.message, "b"]
    assert client.asked[-2:] == [say.ChooseInstance(53285)] * 2
    assert news(matched) == []


def test_better_candidates_take_the_place_of_earlier_ones_until_they_are_final(
    session: LiveSession, client: FakeClient
) -> None:
    client.events = deque([ready(1), ready(2), say.Matched(JOB, 1, 2, False, "")])
    session.start(Wish(2, 0, "surge_full", 10.0))
    [request] = client.asked
    assert isinstance(request, say.StartMatch) and request.budget_s == 10.0
    assert wait(session) == "" and not session.is_final
    client.events.extend([say.Progress(JOB, "refine", 0.5, 5.0), replace(ready(1), candidate=30)])
    told: list[say.Progress] = []
    assert session.news(told.append) == [] and len(told) == 1
    assert [each.candidate for each in session.candidates] == [19, 18]  # the round is not whole
    client.events.extend([replace(ready(2), candidate=19), say.Matched(JOB, 2, 2, False, "warm")])
    assert [said.text for said in news(session)] == [f"{NEWER} warm"]
    assert [each.candidate for each in session.candidates] == [30, 19] and not session.is_final
    client.events.append(say.Matched(JOB, 2, 2, True, ""))
    assert [said.text for said in news(session)] == [FINAL] and session.is_final
    assert [each.candidate for each in session.candidates] == [30, 19]


def test_what_is_in_surge_keeps_its_mark_when_its_rank_changes(
    session: LiveSession, client: FakeClient
) -> None:
    client.events = deque([ready(1), ready(2), say.Matched(JOB, 1, 2, False, "")])
    session.start(Wish(2, 0, "surge_full", 10.0))
    wait(session)
    session.do("1")
    assert session.current == 1
    there, other = ready(1), replace(ready(1), candidate=30)
    client.events.extend([other, replace(there, rank=2), say.Matched(JOB, 2, 2, True, "")])
    news(session)
    assert session.current == 2
    assert session.do("next").text.startswith("1 of 2")


def test_it_can_wait_for_the_last_round(session: LiveSession, client: FakeClient) -> None:
    client.events = deque([ready(1), say.Matched(JOB, 1, 1, False, ""), ready(1), ready(2)])
    client.events.append(say.Matched(JOB, 2, 2, True, "done"))
    session.start(Wish(2, 0, "surge_full", 10.0))
    said = session.wait(lambda event: None, lambda news: None, final=True)
    assert said == "done" and session.is_final and len(session.candidates) == 2


@pytest.mark.parametrize("event", [FORGOTTEN, say.JobFailed(JOB, "render", "no sound came")])
def test_candidates_stay_when_nothing_better_comes_of_it(
    session: LiveSession, client: FakeClient, event: say.Event
) -> None:
    client.events = deque([ready(1), say.Matched(JOB, 1, 1, False, "")])
    session.start(Wish(2, 0, "surge_full", 10.0))
    wait(session)
    client.events.append(event)
    [said] = news(session)
    assert said.text in (FORGOTTEN.message, "no sound came")
    assert session.is_final and len(session.candidates) == 1
    assert not session.do("1").fault


def test_candidates_stay_until_a_newer_match_has_some(
    matched: LiveSession, client: FakeClient
) -> None:
    client.answers[say.StartMatch] = say.Queued(JOB + 1, 0)
    matched.start(Wish(3, 1, "surge_full"))
    assert len(matched.candidates) == 3 and not matched.is_final
    matched.do("1")
    assert client.asked[-1] == say.WriteCandidate(JOB, number_of(1))
    client.events.extend([ready(1, job=JOB + 1), replace(LAST, job=JOB + 1)])
    wait(matched)
    assert [each.job for each in matched.candidates] == [JOB + 1] and matched.current == 0


def test_more_like_the_selected_one_takes_the_place_of_the_list_when_it_comes(
    matched: LiveSession, client: FakeClient
) -> None:
    matched.do("2")
    client.answers[say.StartMatch] = say.Queued(JOB + 1, 0)
    assert matched.do("more").text == "more like 2 is looked for, changing 30%"
    request = client.asked[-1]
    assert isinstance(request, say.StartMatch)
    assert (request.count, request.seed, request.spec) == (3, 1, "surge_full")
    assert request.like == say.LikePreset("2.fxp", ready(2).note, 0.3)
    assert matched.current == 2 and not matched.is_final  # until there are others
    client.events.extend([ready(1, job=JOB + 1), say.Matched(JOB + 1, 1, 1, True, "")])
    assert [said.text for said in news(matched)] == [f"{NEWER} {FINAL}"]
    assert [each.job for each in matched.candidates] == [JOB + 1]
    assert list(client.folder.iterdir()) == []
    matched.do("more")
    assert client.asked[-1] == replace(
        request,
        path=str(client.folder / "tiny.wav"),
        seed=2,
        like=replace(request.like, path="1.fxp"),
    )


def test_how_much_may_change_goes_from_nothing_to_all(
    matched: LiveSession, client: FakeClient
) -> None:
    assert matched.do("wider").text == "more like this: changing 40%"
    amounts = []
    for command in ("wider", "nearer"):
        for _ in range(11):
            matched.do(command)
        matched.do("more")
        request = client.asked[-1]
        assert isinstance(request, say.StartMatch)
        amounts.append(request.like.amount)
    assert amounts == [1.0, 0.0]


def test_more_that_is_refused_leaves_all_as_it_was(
    matched: LiveSession, client: FakeClient
) -> None:
    client.answers[say.StartMatch] = ServiceError("16 matches wait already")
    said = matched.do("more")
    assert said.fault and said.text == "16 matches wait already"
    assert len(matched.candidates) == 3 and matched.is_final
    assert not matched.do("1").fault
