"""The plugin's link and the real backend, with a fake workshop: they understand each other."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lossy_relay import LossyRelay
from plugin_files import PluginFiles
from plugin_talk import PATIENCE_S, Talk, find_talk
from protocol_rows import Rows, expected_tables

from backend.audio.files import write_wav
from backend.discovery import Discovery, is_running, read_discovery
from backend.osc import protocol as say
from backend.records import AudioRegion, Instance
from backend.userdata import DATA_VARIABLE

pytestmark = pytest.mark.plugin

BACKEND = Path(__file__).resolve().parents[1] / "support" / "plugin_backend.py"


@dataclass
class Desk:
    """A user's folder, where plugins start the backend that they share."""

    folder: Path
    tool: Path
    sound: AudioRegion

    def talk(self, backend: str = "", **more: str) -> Talk:
        command = backend or f'"{sys.executable}" "{BACKEND}"'
        known = {DATA_VARIABLE: str(self.folder), "SYNTHMATCH_BACKEND": command}
        return Talk(self.tool, known | more)

    def put(self, link: dict[str, str], name: str) -> str:
        path = Path(link["folder"]) / f"{name}.wav"
        write_wav(path, self.sound)
        return str(path)

    def backend(self) -> Discovery:
        found = read_discovery(self.folder)
        assert found is not None
        return found

    def signal(self, number: int) -> None:
        os.kill(self.backend().pid, number)


def until(holds: Callable[[], object]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s, "it never came to that"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def tool(plugin_files: PluginFiles) -> Path:
    return find_talk(plugin_files)


@pytest.fixture
def desk(tmp_path: Path, tool: Path, tiny_audio: AudioRegion) -> Iterator[Desk]:
    desk = Desk(tmp_path / "dä ta 音", tool, tiny_audio)
    yield desk
    found = read_discovery(desk.folder)
    if found is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGCONT)
            os.kill(found.pid, signal.SIGTERM)
    until(lambda: not is_running(desk.folder))


def test_the_compiled_codec_is_the_protocol(tool: Path) -> None:
    done = subprocess.run([tool, "describe"], capture_output=True, text=True, check=True)
    tables: dict[str, Rows] = {}
    for line in done.stdout.splitlines():
        address, *row = line.split("\t")
        tables.setdefault(address, []).extend([(row[0], row[1], row[2])] if row else [])
    assert tables == expected_tables()


def test_a_match_from_the_first_click_to_the_kept_preset(desk: Desk, tmp_path: Path) -> None:
    with desk.talk() as talk:
        link = talk.open()
        assert (link["link"], link["problem"]) == ("connected", "")
        assert Path(link["folder"]) == desk.folder / "audio"
        assert talk.ask(say.ListInstances()).instances == (
            Instance(53280, "Init Saw", answers=True),
        )
        assert talk.ask(say.ChooseInstance(53280)) == say.Chosen(53280)
        path = desk.put(link, "größe 1")
        job = talk.ask(say.StartMatch(path, count=3, seed=5, locks=("osc", "lfos"))).job
        candidates = [talk.event(say.CandidateReady) for _ in range(3)]
        assert [candidate.rank for candidate in candidates] == [1, 2, 3]
        assert all(Path(candidate.preset_path).is_file() for candidate in candidates)
        assert Path(candidates[0].render_path).is_file()
        assert all(candidate.tells for candidate in candidates)
        matched = talk.event(say.Matched)
        assert (matched.job, matched.count, matched.final) == (job, 3, True)
        written = talk.ask(say.WriteCandidate(job, candidates[1].candidate))
        assert (written.report.state, written.report.port) == ("verified", 53280)
        assert talk.ask(say.Undo()).report.state == "verified"
        kept = tmp_path / "für später.fxp"
        assert talk.ask(say.KeepCandidate(job, candidates[0].candidate, str(kept))).path == str(
            kept
        )
        assert kept.read_bytes() == Path(candidates[0].preset_path).read_bytes()
        assert talk.ask(say.Heartbeat()).state in ("loading", "ready")
        assert talk.ask(say.Status()).pid == desk.backend().pid


def test_refusals_failures_and_cancels_come_as_they_are(desk: Desk, tmp_path: Path) -> None:
    with desk.talk() as talk:
        link = talk.open()
        refused = talk.ask(say.StartMatch(str(tmp_path / "elsewhere.wav")))
        assert isinstance(refused, say.Refused) and refused.code == "audio"
        assert "is not inside" in refused.message
        assert talk.ask(say.CancelJob(4711)).code == "service"
        talk.ask(say.StartMatch(desk.put(link, "fail")))
        assert talk.event(say.JobFailed).code == "render"
        job = talk.ask(say.StartMatch(desk.put(link, "long"))).job
        while talk.event(say.Progress).stage != "render":
            pass
        assert talk.ask(say.CancelJob(job)) == say.Cancelled(job)
        assert talk.event(say.JobCancelled).job == job


def test_a_bad_way_changes_nothing(desk: Desk) -> None:
    with desk.talk() as first:
        link = first.open()
        found = desk.backend()
        relay = LossyRelay(found.port, seed=3)
        with relay, desk.talk() as talk:
            assert talk.open(f"{relay.port} {found.token}")["link"] == "connected"
            for n in range(5):
                job = talk.ask(say.StartMatch(desk.put(link, f"tone {n}"), count=2, seed=n)).job
                ranks = [talk.event(say.CandidateReady).rank for _ in range(2)]
                assert ranks == [1, 2]
                assert talk.event(say.Matched).job == job
            assert relay.lost > 0


def test_it_outlives_who_started_it_and_is_shared(desk: Desk) -> None:
    with desk.talk() as first:
        first.open()
        backend = desk.backend()
        assert os.getsid(backend.pid) != os.getsid(0)
    with desk.talk() as second, desk.talk() as third:
        assert second.open()["link"] == third.open()["link"] == "connected"
        assert desk.backend() == backend
        assert second.ask(say.Status()).clients == 2
        assert third.ask(say.CancelJob(1)).code == "service"
    with desk.talk() as last:
        last.open()
        assert last.ask(say.Status()).clients == 1  # they have said goodbye


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_backend_that_ends_is_told_and_another_is_started(desk: Desk, how: str) -> None:
    with desk.talk() as talk:
        talk.open()
        before = desk.backend()
        if how == "killed":
            desk.signal(signal.SIGKILL)
        else:
            assert talk.ask(say.StopService()) == say.Stopping()
        failed = talk.link("failed")
        assert failed["problem"] == "The backend has ended."
        assert "Match" in failed["nextStep"]
        until(lambda: not is_running(desk.folder))
        link = talk.open()
        assert link["link"] == "connected"
        assert desk.backend() != before
        job = talk.ask(say.StartMatch(desk.put(link, "tone"), count=1)).job
        assert talk.event(say.Matched).job == job


def test_a_backend_that_stands_still_is_waited_for(desk: Desk) -> None:
    with desk.talk() as talk:
        talk.open()
        desk.signal(signal.SIGSTOP)
        number = talk.begin(say.ListInstances())
        desk.signal(signal.SIGCONT)
        assert len(talk.answer(number).instances) == 1


def test_another_version_is_told_with_both_numbers(desk: Desk) -> None:
    with desk.talk(PLUGIN_BACKEND="old") as talk:
        failed = talk.open()
        assert failed["link"] == "failed"
        ours, theirs = say.PROTOCOL_VERSION, say.PROTOCOL_VERSION - 1
        assert f"version {theirs} of the protocol" in failed["problem"]
        assert f"this plugin version {ours}" in failed["problem"]
        assert "synthmatch stop" in failed["nextStep"]


def test_a_backend_that_cannot_start_says_why(desk: Desk) -> None:
    code = "import sys; sys.exit('synthmatch: the disk is full')"
    with desk.talk(f'"{sys.executable}" -c "{code}"') as talk:
        failed = talk.open()
        assert failed["problem"] == "The backend does not start: the disk is full"
        assert str(desk.folder / "logs") in failed["nextStep"]


def test_it_is_found_by_what_the_last_run_noted(desk: Desk) -> None:
    """The real backend, which has been told to the plugin by nothing but a command that was run."""
    environment = os.environ | {DATA_VARIABLE: str(desk.folder)}
    subprocess.run(
        [sys.executable, "-m", "backend", "match", "no such sound.wav"],
        env=environment,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    with desk.talk(" ", PATH="/usr/bin:/bin") as talk:
        link = talk.open()
        assert (link["link"], link["problem"]) == ("connected", "")
        assert talk.ask(say.StopService()) == say.Stopping()
