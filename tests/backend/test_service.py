"""The wiring, with a fake server, workshop and link: every request, and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from fake_link import FakeLink
from fake_workshop import FakeWorkshop

from backend import service as service_module
from backend.audio.files import write_wav
from backend.discovery import Presence, read_discovery
from backend.errors import DeviceError, SynthmatchError
from backend.osc import protocol as say
from backend.osc.fields import Lock
from backend.records import AudioRegion, Note
from backend.service import Service
from backend.service_presets import QuietScan
from backend.service_rounds import Found
from backend.synth.patch_file import read_fxp
from backend.synth.spec import load_spec
from backend.userdata import UserData, open_user_data

LIMIT_S = 60.0


@dataclass
class FakeServer:
    """Hands requests over as the real one does, and holds what was answered and told."""

    token: str
    handle: Callable[[str, say.Request, Callable[[say.Answer], None]], None]
    on_gone: Callable[[str], None]
    port: int = 41_234
    there: list[str] = field(default_factory=list)
    events: list[tuple[str, say.Event]] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)
    closed: bool = False

    def emit(self, client: str, event: say.Event) -> None:
        with self.heard:
            self.events.append((client, event))
            self.heard.notify_all()

    def clients(self) -> tuple[str, ...]:
        return tuple(self.there)

    def close(self) -> None:
        self.closed = True

    def ask(self, request: say.Request, client: str = "mia") -> say.Answer:
        answers: list[say.Answer] = []
        answered = threading.Event()

        def reply(answer: say.Answer) -> None:
            answers.append(answer)
            answered.set()

        try:
            self.handle(client, request, reply)
        except SynthmatchError as error:
            reply(say.Refused.of(error))
        assert answered.wait(LIMIT_S)
        [answer] = answers
        return answer

    def refusal(self, request: say.Request) -> str:
        answer = self.ask(request)
        assert isinstance(answer, say.Refused), answer
        return f"{answer.code}: {answer.message}"

    def event(self, kind: type[say.Event], client: str = "mia") -> say.Event:
        """Wait for the next event of a kind for a client."""

        def found() -> tuple[str, say.Event] | None:
            for pair in self.events:
                if pair[0] == client and isinstance(pair[1], kind):
                    return pair
            return None

        with self.heard:
            assert self.heard.wait_for(found, LIMIT_S), self.events
            pair = found()
            assert pair is not None
            self.events.remove(pair)
            return pair[1]


@dataclass
class House:
    """A service and everything around it."""

    data: UserData
    service: Service
    server: FakeServer
    workshop: FakeWorkshop
    link: FakeLink
    sound: AudioRegion
    clock: list[float]

    def put(self, name: str) -> str:
        path = self.data.audio / f"{name}.wav"
        write_wav(path, self.sound)
        return str(path)

    def start(self, name: str = "tone", client: str = "mia", count: int = 2) -> int:
        answer = self.server.ask(say.StartMatch(self.put(name), count=count), client)
        assert isinstance(answer, say.Queued), answer
        return answer.job

    def match(self, client: str = "mia", count: int = 2) -> int:
        job = self.start("tone", client, count)
        self.server.event(say.Matched, client)
        return job


Make = Callable[[Callable[[str], None]], FakeWorkshop]


@pytest.fixture
def open_house(
    tmp_path: Path, tiny_audio: AudioRegion, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def make(
        workshop: FakeWorkshop | None = None,
        make_workshop: Make | None = None,
        quiet_scan: QuietScan | None = None,
    ) -> House:
        workshop = workshop or FakeWorkshop()
        servers: list[FakeServer] = []

        def make_server(*words: object, **more: object) -> FakeServer:
            servers.append(FakeServer(*words, **more))  # type: ignore[arg-type]
            return servers[0]

        def usual(use_device: Callable[[str], None]) -> FakeWorkshop:
            use_device("cpu")
            return workshop

        monkeypatch.setattr(service_module, "Server", make_server)
        data = open_user_data(tmp_path / "dä ta")
        link, clock = FakeLink(53280), [1000.0]
        service = Service(
            data,
            Presence(data.folder),
            make_workshop or usual,
            link,
            quiet_scan=quiet_scan,
            idle_s=60.0,
            clock=lambda: clock[0],
        )
        houses.append(House(data, service, servers[0], workshop, link, tiny_audio, clock))
        return houses[0]

    yield make
    for house in houses:
        house.workshop.let_go.set()
        house.service.close()
        house.service._presence.leave()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


def until(condition: Callable[[], object]) -> None:
    waiting = threading.Event()
    for _ in range(int(LIMIT_S / 0.01)):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it never came to that")


# Being there


def test_a_client_is_welcome_and_told_where_sounds_go(house: House) -> None:
    answer = house.server.ask(say.Hello(say.PROTOCOL_VERSION, "a client"))
    assert isinstance(answer, say.Welcome)
    assert Path(answer.folder) == house.data.audio and Path(answer.folder).is_dir()


def test_it_talks_while_the_model_loads(open_house: Callable[..., House]) -> None:
    imported, loaded = threading.Event(), threading.Event()

    class Slow(FakeWorkshop):
        def warm_up(self, progress: Callable[[str, float], None]) -> None:
            progress("load", 0.5)
            assert loaded.wait(LIMIT_S)

    slow = Slow()

    def make(use_device: Callable[[str], None]) -> FakeWorkshop:
        assert imported.wait(LIMIT_S)
        use_device("cuda")
        return slow

    house = open_house(slow, make)
    ask = house.server.ask
    assert ask(say.Heartbeat()) == say.Alive("loading", 0.0)
    job = house.start()
    imported.set()
    until(lambda: ask(say.Heartbeat()) == say.Alive("loading", 0.75))
    state = ask(say.Status())
    assert isinstance(state, say.ServiceState)
    assert (state.state, state.device, state.jobs_waiting) == ("loading", "cuda", 1)
    loaded.set()
    matched = house.server.event(say.Matched)
    assert isinstance(matched, say.Matched) and matched.job == job
    assert ask(say.Heartbeat()) == say.Alive("ready", 1.0)


def test_a_model_that_cannot_be_loaded_is_told_and_each_match_says_why(
    open_house: Callable[..., House],
) -> None:
    asked = threading.Event()

    def make(use_device: Callable[[str], None]) -> FakeWorkshop:
        asked.wait(LIMIT_S)
        raise DeviceError("there is no device 'cuda'")

    house = open_house(None, make)
    house.server.there = ["mia"]
    asked.set()
    assert house.server.event(say.ServiceNews) == say.ServiceNews("there is no device 'cuda'")
    until(lambda: house.server.ask(say.Heartbeat()) == say.Alive("failed", 0.0))
    job = house.start()
    failed = house.server.event(say.JobFailed)
    assert failed == say.JobFailed(job, "device", "there is no device 'cuda'")


def test_a_later_match_may_work_although_warming_up_failed(
    open_house: Callable[..., House],
) -> None:
    class Cold(FakeWorkshop):
        def warm_up(self, progress: Callable[[str, float], None]) -> None:
            raise OSError("for now")

    house = open_house(Cold())
    until(lambda: house.server.ask(say.Heartbeat()) == say.Alive("failed", 0.5))
    house.match()
    assert house.server.ask(say.Heartbeat()) == say.Alive("ready", 1.0)


def test_status_tells_how_it_is(house: House) -> None:
    house.server.there = ["mia", "tom"]
    house.clock[0] += 90.0
    state = house.server.ask(say.Status())
    assert isinstance(state, say.ServiceState)
    assert (state.clients, state.jobs_waiting, state.uptime_s) == (2, 0, 90.0)
    assert state.pid > 0 and state.version


def test_what_is_no_question_is_refused(house: House) -> None:
    assert "Ack" in house.server.refusal(say.Ack(1))


# Matches


def test_a_match_from_request_to_candidates(house: House) -> None:
    job = house.start(count=3)
    candidates = [house.server.event(say.CandidateReady) for _ in range(3)]
    assert [c.rank for c in candidates if isinstance(c, say.CandidateReady)] == [1, 2, 3]
    matched = house.server.event(say.Matched)
    assert isinstance(matched, say.Matched) and (matched.job, matched.count) == (job, 3)


def test_the_first_onset_is_the_default_start(house: House) -> None:
    path = house.put("tone")
    house.server.ask(say.StartMatch(path, start_s=0.25, count=1, seed=4, spec="surge_simple"))
    house.server.event(say.Matched)
    [request] = house.workshop.requests
    assert request.region.duration_s == pytest.approx(0.25, abs=0.001)
    assert (request.seed, request.spec_name) == (4, "surge_simple")
    assert request.budget_s == 0.0 and request.lock is None
    assert "-1 for the first onset" in house.server.refusal(say.StartMatch(path, start_s=-0.5))


def test_budget_and_the_locked_sections_of_the_chosen_surge_go_with_the_match(
    house: House,
) -> None:
    house.link.ports = [53280, 53290]
    house.server.ask(say.ChooseInstance(53290))
    house.server.ask(say.StartMatch(house.put("tone"), budget_s=10.0, locks=("lfos", "osc")))
    house.server.event(say.Matched)
    [request] = house.workshop.requests
    assert request.budget_s == 10.0 and request.lock is not None
    assert request.lock.sections == ("lfos", "osc")
    assert request.lock.patch.natives == house.link.patch(53290).natives


@pytest.mark.parametrize("locks", [(), ("filter",)])
def test_more_like_a_candidate_is_asked_for_by_its_preset(
    house: House, locks: tuple[Lock, ...]
) -> None:
    house.start()
    first = house.server.event(say.CandidateReady)
    house.server.event(say.Matched)
    assert isinstance(first, say.CandidateReady)
    like = say.LikePreset(first.preset_path, first.note, 0.25)
    house.server.ask(say.StartMatch(house.put("tone"), locks=locks, like=like))
    house.server.event(say.Matched)
    before, request = house.workshop.requests
    assert before.like is None and request.like is not None
    assert request.like.amount == 0.25
    spec = load_spec("surge_full")
    written = spec.from_natives(read_fxp(Path(first.preset_path)).natives, first.note)
    np.testing.assert_allclose(spec.encode(request.like.setting), spec.encode(written), atol=2e-5)
    far = say.LikePreset("/elsewhere.fxp", first.note, 0.25)
    assert house.server.refusal(say.StartMatch(house.put("tone"), like=far)).startswith("patch: ")


def test_locks_without_a_running_surge_are_refused_with_the_next_step(house: House) -> None:
    house.link.ports = []
    request = say.StartMatch(house.put("tone"), locks=("osc",))
    assert "switch on OSC In" in house.server.refusal(request)
    assert house.workshop.requests == []


def tell_a_round(house: House) -> say.Matched:
    """Let a match that is being made tell what it has so far."""
    assert house.workshop.began.wait(LIMIT_S)
    job = house.service._jobs._running
    assert job is not None
    far = (Note(60, 0.0, 1.0), -1.0, -1.0)
    ready = say.CandidateReady(job.number, 1, 1, *far, "so-far-1.fxp", "", ())
    house.service._matches.rounds.tell(job, Found((ready,), "so far"))
    matched = house.server.event(say.Matched)
    assert matched == say.Matched(job.number, 1, 1, False, "so far")
    return matched


def test_the_first_write_settles_a_match(house: House) -> None:
    job = house.start("long")
    first = tell_a_round(house)
    assert "no candidate 2" in house.server.refusal(say.WriteCandidate(job, 2))
    assert house.service._jobs._running is not None
    assert isinstance(house.server.ask(say.WriteCandidate(job, 1)), say.Written)
    assert house.server.event(say.Matched) == replace(first, final=True)
    assert house.link.done[-1] == "write 53280 so-far-1.fxp"
    assert isinstance(house.server.ask(say.WriteCandidate(job, 1)), say.Written)


@pytest.mark.parametrize("how", ["cancel", "newer"])
def test_a_match_that_has_told_a_round_is_settled_not_cancelled(house: House, how: str) -> None:
    job = house.start("long")
    first = tell_a_round(house)
    if how == "cancel":
        assert house.server.ask(say.CancelJob(job)) == say.Cancelled(job)
    else:
        house.start("tone")
    assert house.server.event(say.Matched) == replace(first, final=True)
    assert not [event for _, event in house.server.events if isinstance(event, say.JobCancelled)]


def test_the_newest_match_of_a_client_counts(house: House) -> None:
    first = house.start("long")
    assert house.workshop.began.wait(LIMIT_S)
    second = house.start("tone")
    assert house.server.event(say.JobCancelled) == say.JobCancelled(first)
    matched = house.server.event(say.Matched)
    assert isinstance(matched, say.Matched) and matched.job == second


def test_a_match_can_be_cancelled(house: House) -> None:
    job = house.start("long")
    assert house.server.ask(say.CancelJob(job)) == say.Cancelled(job)
    assert house.server.event(say.JobCancelled) == say.JobCancelled(job)
    assert "nothing to cancel" in house.server.refusal(say.CancelJob(job))


def test_a_client_that_is_gone_takes_its_match_and_choice_along(house: House) -> None:
    house.start("long", "tom")
    assert house.workshop.began.wait(LIMIT_S)
    house.server.ask(say.ChooseInstance(53280), "tom")
    house.server.on_gone("tom")
    house.server.event(say.JobCancelled, "tom")
    house.server.ask(say.ListInstances())  # behind the forgetting
    assert house.service._desk._chosen == {}


def test_a_bug_in_a_match_does_not_end_the_service(house: House) -> None:
    job = house.start("bug")
    failed = house.server.event(say.JobFailed)
    assert isinstance(failed, say.JobFailed) and (failed.job, failed.code) == (job, "fault")
    house.match()


# Paths


@pytest.mark.parametrize("name", ["größe 音.wav", "a b/c d.wav"])
def test_sounds_of_any_name_inside_the_folder_are_taken(house: House, name: str) -> None:
    path = house.data.audio / name
    path.parent.mkdir(exist_ok=True)
    write_wav(path, house.sound)
    assert isinstance(house.server.ask(say.StartMatch(str(path), count=1)), say.Queued)
    house.server.event(say.Matched)


def test_sounds_elsewhere_are_refused(house: House, tmp_path: Path) -> None:
    outside = tmp_path / "secret.wav"
    write_wav(outside, house.sound)
    (house.data.audio / "link.wav").symlink_to(outside)
    (house.data.audio / "folder").symlink_to(tmp_path)
    (house.data.audio / "circle").symlink_to(house.data.audio / "circle")
    for path in (
        outside,
        house.data.audio / "link.wav",
        house.data.audio / "folder" / "secret.wav",
        house.data.audio / ".." / ".." / "secret.wav",
        Path("secret.wav"),
        Path(""),
        f"{house.data.audio}x/secret.wav",
        f"{house.data.audio}/a\0b.wav",
    ):
        said = house.server.refusal(say.StartMatch(str(path)))
        assert said.startswith("audio: ") and str(house.data.audio.resolve()) in said
    assert house.workshop.requests == []


def test_a_sound_that_is_not_there_fails_its_match_only(house: House) -> None:
    house.server.ask(say.StartMatch(str(house.data.audio / "missing.wav")))
    failed = house.server.event(say.JobFailed)
    assert isinstance(failed, say.JobFailed) and failed.code == "audio"
    house.match()


# Surge XT


def test_writing_undoing_and_choosing_reach_surge(house: House) -> None:
    ask = house.server.ask
    instances = ask(say.ListInstances())
    assert isinstance(instances, say.Instances)
    assert [instance.port for instance in instances.instances] == [53280]
    assert ask(say.ChooseInstance(53280)) == say.Chosen(53280)
    job = house.match()
    written = ask(say.WriteCandidate(job, 2))
    assert isinstance(written, say.Written) and written.report.state == "verified"
    assert isinstance(ask(say.Undo()), say.Written)
    assert house.link.done == ["snapshot 53280", "write 53280 tone-2.fxp", "undo 53280"]


def test_faults_of_surge_are_answers(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.link.ports = []
    assert house.server.refusal(say.Undo()).startswith("link: no running Surge XT")
    assert "no longer" in house.server.refusal(say.WriteCandidate(999, 1))

    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(house.link, "instances", broken)
    assert house.server.refusal(say.ListInstances()).startswith("fault: ")
    monkeypatch.undo()
    assert house.server.ask(say.ListInstances()) == say.Instances(())


def test_talk_goes_on_while_surge_is_slow(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()

    def slow() -> tuple[()]:
        goes_on.wait(LIMIT_S)
        return ()

    monkeypatch.setattr(house.link, "instances", slow)
    late: list[say.Answer] = []
    house.server.handle("mia", say.ListInstances(), late.append)
    assert isinstance(house.server.ask(say.Heartbeat()), say.Alive)
    house.match()
    assert late == []
    goes_on.set()
    until(lambda: late)


def test_a_candidate_is_kept_where_the_user_wants_it(house: House, tmp_path: Path) -> None:
    job = house.match()
    target = tmp_path / "mein Klang.fxp"
    assert house.server.ask(say.KeepCandidate(job, 1, str(target))) == say.Kept(str(target))
    assert target.is_file() and target.with_suffix(".json").is_file()
    assert "is there already" in house.server.refusal(say.KeepCandidate(job, 1, str(target)))


# Leaving


def run(house: House) -> threading.Thread:
    there = threading.Event()
    thread = threading.Thread(target=house.service.run, args=(there.set,))
    thread.start()
    assert there.wait(LIMIT_S)
    return thread


def test_it_is_found_while_it_runs_and_leaves_when_stopped(house: House) -> None:
    thread = run(house)
    found = read_discovery(house.data.folder)
    assert found is not None
    assert (found.port, found.token) == (house.server.port, house.server.token)
    assert found.protocol == say.PROTOCOL_VERSION
    assert house.server.ask(say.StopService()) == say.Stopping()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert house.service.close() is True
    assert read_discovery(house.data.folder) is None
    assert house.workshop.closed and house.link.closed and house.server.closed


def test_it_leaves_when_nobody_was_there_for_long(house: House) -> None:
    until(lambda: house.server.ask(say.Heartbeat()) == say.Alive("ready", 1.0))
    house.server.there = ["mia"]
    thread = run(house)
    house.clock[0] += 1000.0  # somebody is there
    until(lambda: house.service._busy_s == house.clock[0])
    assert thread.is_alive()
    house.server.there = []
    house.clock[0] += 59.0
    thread.join(3 * service_module.TICK_S)
    assert thread.is_alive()
    house.clock[0] += 2.0
    thread.join(LIMIT_S)
    assert not thread.is_alive()


def test_it_does_not_leave_in_the_middle_of_a_match(house: House) -> None:
    house.start("long")
    assert house.workshop.began.wait(LIMIT_S)
    thread = run(house)
    house.clock[0] += 1000.0
    until(lambda: house.service._busy_s == house.clock[0])
    assert thread.is_alive()
    house.workshop.let_go.set()
    house.server.event(say.Matched)
    until(lambda: house.service._jobs.idle())
    house.clock[0] += 61.0
    thread.join(LIMIT_S)
    assert not thread.is_alive()


def test_closing_cancels_what_runs(house: House) -> None:
    job = house.start("long")
    assert house.workshop.began.wait(LIMIT_S)
    assert house.service.close() is True
    assert house.server.event(say.JobCancelled) == say.JobCancelled(job)
    assert list(house.data.matches.iterdir()) == []


class WatchedScan(QuietScan):
    """Writes down for how long it was told to be quiet."""

    def __init__(self) -> None:
        super().__init__(lambda ended: None)
        self.told: list[float] = []
        self.closed = False

    def consider(self, quiet_s: float) -> None:
        self.told.append(quiet_s)

    def close(self, wait_s: float = 1.0) -> bool:
        self.closed = True
        return True


def test_presets_are_played_only_while_no_match_is_made(open_house: Callable[..., House]) -> None:
    scan = WatchedScan()
    house = open_house(quiet_scan=scan)
    thread = run(house)
    house.clock[0] += 40.0
    until(lambda: scan.told and scan.told[-1] == 40.0)
    house.start("long")
    until(lambda: scan.told[-1] == 0.0)
    house.clock[0] += 1000.0
    told = len(scan.told)
    until(lambda: len(scan.told) > told + 1)
    assert scan.told[-1] == 0.0
    house.workshop.let_go.set()
    house.server.event(say.Matched)
    until(lambda: house.service._jobs.idle())
    house.clock[0] += 10.0
    until(lambda: scan.told[-1] == 10.0)
    house.server.ask(say.StopService())
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert house.service.close() and scan.closed
