"""The resident backend as a process of its own: found, asked, stopped, killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from fake_backend import RENDERERS
from surge_host import SurgeHost
from surge_rig import free_ports
from tiny_model import save_tiny_weights

from backend.audio.files import write_wav
from backend.discovery import DISCOVERY_NAME, LOCK_NAME, is_running, read_discovery
from backend.errors import ServiceError
from backend.launcher import start_service
from backend.osc import protocol as say
from backend.osc.client import Client
from backend.records import AudioRegion
from backend.synth.finder import SURGE_VARIABLE
from backend.synth.patch_file import parse_body, read_fxp
from backend.userdata import DATA_VARIABLE

PROGRAM = Path(__file__).resolve().parents[1] / "support" / "fake_backend.py"
LIMIT_S = 120.0
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

Event = TypeVar("Event", bound=say.Event)


def until(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end_s, "it never came to that"
        time.sleep(0.02)


def group_members(group: int) -> list[int]:
    """Return the processes of a group that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of_group = path.read_text().rsplit(")", 1)[1].split()[:3]
            if int(of_group) == group and state != "Z":
                found.append(int(path.parent.name))
    return found


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):  # one that has ended may still wait to be collected
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    if Path("/proc/self").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Backends:
    """Starts backends of one user's folder, and ends those that are left."""

    folder: Path
    sound: AudioRegion
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *words: object) -> list[str]:
        return [sys.executable, str(PROGRAM), *map(str, words)]

    def environment(self, fake: str = "") -> dict[str, str]:
        more = {DATA_VARIABLE: str(self.folder), "FAKE_BACKEND": fake}
        return os.environ | {SURGE_VARIABLE: str(Path("no") / "surge")} | more

    def serve(self, *words: object, fake: str = "", **more: str) -> subprocess.Popen[str]:
        """Start one in a session of its own, and do not wait."""
        process = subprocess.Popen(
            self.command("serve", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(fake) | more,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def up(self, *words: object, fake: str = "", **more: str) -> subprocess.Popen[str]:
        """Start one, and wait until it talks."""
        process = self.serve(*words, fake=fake, **more)
        until(lambda: read_discovery(self.folder) or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        return process

    def run(self, *words: object, fake: str = "") -> subprocess.CompletedProcess[str]:
        """Run another command to its end."""
        return subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            env=self.environment(fake),
            cwd=self.folder.parent,
            timeout=LIMIT_S,
        )

    def client(self) -> Client:
        return Client.connect(self.folder, "a test")

    def put(self, client: Client, name: str) -> str:
        path = Path(client.welcome.folder) / f"{name}.wav"
        write_wav(path, self.sound)
        return str(path)

    def renderers(self) -> list[int]:
        log = self.folder / RENDERERS
        lines = log.read_text().splitlines() if log.exists() else []
        return [int(line.split()[1]) for line in lines]

    def end(self, process: subprocess.Popen[str]) -> tuple[int, str, str]:
        """Wait for the end of a process; return its status and what it printed."""
        printed, complained = process.communicate(timeout=LIMIT_S)
        return process.returncode, printed, complained

    def ended_well(self, process: subprocess.Popen[str]) -> bool:
        """Wait for the end of a process; return whether it said only that it was there."""
        status, printed, complained = self.end(process)
        return (status, complained) == (0, "") and printed == (
            f"the backend (process {process.pid}) is there; synthmatch stop or ctrl-C ends it\n"
        )

    def is_clean(self) -> bool:
        """Whether nothing is left of any backend but its folder."""
        gone = not (self.folder / DISCOVERY_NAME).exists() and not is_running(self.folder)
        return gone and not any(map(is_alive, self.renderers()))


@pytest.fixture
def backends(tmp_path: Path, tiny_audio: AudioRegion) -> Iterator[Backends]:
    backends = Backends(tmp_path / "mein Ordner 音", tiny_audio)
    yield backends
    for process in backends.processes:
        process.kill()
        process.communicate()
    found = read_discovery(backends.folder)
    if found is not None:
        os.kill(found.pid, signal.SIGTERM)
    until(backends.is_clean if not backends.processes else lambda: True)


def next_event(client: Client, kind: type[Event]) -> Event:
    """Wait for an event of a kind; others are passed over."""
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        event = client.next_event(1.0)
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__} came")


def begin_long_match(backends: Backends, client: Client) -> int:
    """Start a match that does not end, and wait until it is on its way."""
    queued = client.ask(say.StartMatch(backends.put(client, "long")), say.Queued)
    while next_event(client, say.Progress).stage != "render":
        pass
    return queued.job


# The whole way


def test_a_match_is_found_written_undone_and_kept(backends: Backends, tmp_path: Path) -> None:
    process = backends.up()
    with backends.client() as client:
        queued = client.ask(say.StartMatch(backends.put(client, "größe 1"), count=3), say.Queued)
        candidates = [next_event(client, say.CandidateReady) for _ in range(3)]
        assert next_event(client, say.Matched).job == queued.job
        assert [candidate.rank for candidate in candidates] == [1, 2, 3]
        assert len({candidate.candidate for candidate in candidates}) == 3
        assert all(read_fxp(Path(candidate.preset_path)) for candidate in candidates)
        assert client.ask(say.ListInstances(), say.Instances).instances[0].port == 53280
        client.ask(say.ChooseInstance(53280), say.Chosen)
        written = client.ask(say.WriteCandidate(queued.job, 2), say.Written)
        assert (written.report.state, written.report.port) == ("verified", 53280)
        client.ask(say.Undo(), say.Written)
        kept = tmp_path / "für später.fxp"
        client.ask(say.KeepCandidate(queued.job, 1, str(kept)), say.Kept)
        assert kept.read_bytes() == Path(candidates[0].preset_path).read_bytes()
        with pytest.raises(ServiceError, match="is not inside"):
            client.ask(say.StartMatch(str(tmp_path / "elsewhere.wav")), say.Queued)
        client.ask(say.StopService(), say.Stopping)
    assert backends.ended_well(process)
    assert backends.is_clean()


def test_a_real_model_matches_without_surge(backends: Backends, tmp_path: Path) -> None:
    save_tiny_weights(tmp_path, "surge_full")
    backends.up(fake="tiny", FAKE_WEIGHTS=str(tmp_path))
    with backends.client() as client:
        jobs = [
            client.ask(say.StartMatch(backends.put(client, name), count=2), say.Queued).job
            for name in ("one", "two")
        ]
        while next_event(client, say.Matched).job != jobs[-1]:
            pass
        assert client.ask(say.Heartbeat(), say.Alive) == say.Alive("ready", 1.0)
        assert client.ask(say.Status(), say.ServiceState).device in ("cpu", "cuda", "mps")


def test_it_talks_before_torch_is_imported() -> None:
    code = (
        "import sys, backend.service_commands, backend.service, backend.osc.client\n"
        "heavy = ('torch', 'matplotlib', 'pedalboard', 'rich')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.surge
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_whole_way_on_a_real_surge_and_killed_while_it_renders(
    backends: Backends, tmp_path: Path, surge_path: Path
) -> None:
    save_tiny_weights(tmp_path, "surge_full")
    (tmp_path / "home").mkdir()
    port, answer_port = free_ports(2)
    more = {"FAKE_WEIGHTS": str(tmp_path), "FAKE_LINK_PORTS": f"{port} {answer_port}"}
    with SurgeHost(surge_path, tmp_path / "home", port, answer_port) as surge:
        before = surge.state(tmp_path / "before")
        process = backends.up(fake="tiny real-link", **more, **{SURGE_VARIABLE: str(surge_path)})
        with backends.client() as client:
            [instance] = client.ask(say.ListInstances(), say.Instances).instances
            assert (instance.port, instance.answers) == (port, True)
            path = backends.put(client, "tone")
            job = client.ask(say.StartMatch(path, count=3), say.Queued).job
            candidates = [next_event(client, say.CandidateReady) for _ in range(3)]
            distances = [candidate.distance for candidate in candidates]
            assert distances == sorted(distances) and distances[0] >= 0
            assert all(Path(candidate.render_path).is_file() for candidate in candidates)
            for each in candidates:
                request = say.WriteCandidate(job, each.candidate)
                written = client.ask(request, say.Written, LIMIT_S)
                assert (written.report.state, written.differing_count) == ("verified", 0)
            assert len(list((backends.folder / "undo").glob("*.fxp"))) == 1
            undone = client.ask(say.Undo(), say.Written, LIMIT_S)
            assert undone.report.state == "verified"
            after = surge.state(tmp_path / "after")
            assert natives_of(after) == natives_of(before)
            client.ask(say.StartMatch(path, count=64), say.Queued)
            while next_event(client, say.Progress).stage != "render":
                pass
            assert len(group_members(process.pid)) >= 3  # it, and its renderers
            process.kill()
            process.wait(LIMIT_S)
            until(lambda: group_members(process.pid) == [])


def natives_of(body: bytes) -> object:
    return parse_body(body, "state").natives


# The commands


def test_status_and_stop(backends: Backends) -> None:
    process = backends.up()
    done = backends.run("status")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"process   {process.pid}" in done.stdout and "clients   0\n" in done.stdout
    done = backends.run("stop")
    assert done.stdout == f"the backend (process {process.pid}) has ended\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert backends.ended_well(process)
    assert backends.is_clean()
    done = backends.run("stop")
    assert (done.returncode, done.stdout) == (0, "no backend is running\n")


@POSIX
def test_stop_ends_one_that_does_not_answer(
    backends: Backends, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from backend import service_commands

    process = backends.up()
    token = json.loads((backends.folder / DISCOVERY_NAME).read_text())
    (backends.folder / DISCOVERY_NAME).write_text(json.dumps(token | {"token": "ab" * 16}))
    monkeypatch.setenv(DATA_VARIABLE, str(backends.folder))
    monkeypatch.setattr("backend.osc.client.ANSWER_S", 0.5)
    monkeypatch.setattr(Client, "__init__", _impatient(Client.__init__))
    assert service_commands.stop(service_commands.argparse.Namespace()) == 0
    assert backends.end(process)[0] == 0
    assert backends.is_clean()


def _impatient(really: Callable[..., None]) -> Callable[..., None]:
    def start(client: Client, port: int, token: str, name: str) -> None:
        really(client, port, token, name, timeout_s=0.5)

    return start


def test_the_report_of_a_session_holds_neither_token_nor_sound(backends: Backends) -> None:
    backends.up()
    with backends.client() as client:
        client.ask(say.StartMatch(backends.put(client, "bug"), count=1), say.Queued)
        assert next_event(client, say.JobFailed).code == "fault"
        client.ask(say.StartMatch(backends.put(client, "tone"), count=1), say.Queued)
        next_event(client, say.Matched)
    found = read_discovery(backends.folder)
    assert found is not None
    done = backends.run("report", "-o", "bundle.zip")
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(backends.folder.parent / "bundle.zip") as bundle:
        names = bundle.namelist()
        texts = {name: bundle.read(name).decode() for name in names}
    assert {name.rsplit(".", 1)[1] for name in names} == {"txt", "log"}
    assert "ZeroDivisionError" in texts["logs/backend.log"]
    assert not any(found.token in text for text in texts.values())
    assert any(path.suffix == ".wav" for path in backends.folder.rglob("*"))  # there were some


def test_it_leaves_when_nobody_comes(backends: Backends) -> None:
    process = backends.serve("--idle-minutes", 0.01)
    assert backends.ended_well(process)
    assert backends.is_clean()
    assert "no client" in (backends.folder / "logs" / "backend.log").read_text()


def test_a_client_starts_it_where_none_runs(
    backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BACKEND", "")
    started = start_service(backends.folder, command=backends.command("serve"))
    with Client.connect(backends.folder, "a test", start=True) as client:
        assert client.ask(say.Status(), say.ServiceState).pid == started.pid
        client.ask(say.StopService(), say.Stopping)
    until(backends.is_clean)


# Faults


def test_of_two_started_at_once_exactly_one_lives(backends: Backends) -> None:
    both = [backends.serve(), backends.serve()]
    until(lambda: any(process.poll() is not None for process in both))
    [lost] = [process for process in both if process.poll() is not None]
    [lives] = [process for process in both if process is not lost]
    status, printed, complained = backends.end(lost)
    assert (status, printed, complained.count("\n")) == (2, "", 1)
    assert f"running already (process {lives.pid})" in complained
    with backends.client() as client:
        assert client.ask(say.Status(), say.ServiceState).pid == lives.pid


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_in_the_middle_of_a_match(
    backends: Backends, number: signal.Signals
) -> None:
    process = backends.up()
    with backends.client() as client:
        job = begin_long_match(backends, client)
        until(backends.renderers)
        process.send_signal(number)
        assert next_event(client, say.JobCancelled).job == job
    assert backends.ended_well(process)
    assert backends.is_clean()
    assert list((backends.folder / "matches").iterdir()) == []


@POSIX
def test_killed_while_matching_leaves_no_orphan_and_the_next_start_is_clean(
    backends: Backends,
) -> None:
    process = backends.up()
    with backends.client() as client:
        job = begin_long_match(backends, client)
        until(backends.renderers)
        process.kill()
        process.wait(LIMIT_S)
        until(lambda: not any(map(is_alive, backends.renderers())))
        assert read_discovery(backends.folder) is None
        backends.up()
        for kept in (backends.folder / "matches").iterdir():  # a first round may have been told
            presets, described = ({p.stem for p in kept.glob(end)} for end in ("*.fxp", "*.json"))
            assert presets == described != set(), [*kept.iterdir()]
            assert not any(path.is_dir() for path in kept.iterdir())
    with backends.client() as client:
        queued = client.ask(say.StartMatch(backends.put(client, "tone"), count=1), say.Queued)
        assert next_event(client, say.Matched).job == queued.job >= job


@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 10_000, b'{"pid": 1}'])
def test_a_stale_or_damaged_discovery_file_is_no_obstacle(
    backends: Backends, content: bytes
) -> None:
    backends.folder.mkdir()
    (backends.folder / DISCOVERY_NAME).write_bytes(content)
    (backends.folder / LOCK_NAME).write_bytes(content)
    process = backends.up()
    with backends.client() as client:
        assert client.ask(say.Status(), say.ServiceState).pid == process.pid


def test_a_folder_that_cannot_be_written_is_one_line(backends: Backends) -> None:
    backends.folder.write_text("a file in the way")
    status, printed, complained = backends.end(backends.serve())
    assert (status, printed, complained.count("\n")) == (2, "", 1)
    assert DATA_VARIABLE in complained


@POSIX
def test_a_full_disk_at_the_start_is_one_line(backends: Backends) -> None:
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (999, 999)); "
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *backends.command("serve")[1:]],
        capture_output=True,
        text=True,
        env=backends.environment(),
        timeout=LIMIT_S,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "make room" in done.stderr and str(backends.folder) in done.stderr


@POSIX
def test_a_disk_that_gets_full_fails_the_match_and_the_backend_goes_on(
    backends: Backends,
) -> None:
    process = backends.up(fake="full")
    with backends.client() as client:
        path = backends.put(client, "tone")
        for _ in range(2):
            job = client.ask(say.StartMatch(path, count=1), say.Queued).job
            failed = next_event(client, say.JobFailed)
            assert (failed.job, failed.code) == (job, "output")
        assert client.ask(say.Status(), say.ServiceState).pid == process.pid
    assert list((backends.folder / "matches").iterdir()) == []
    assert backends.run("stop").returncode == 0
    assert backends.ended_well(process)


def test_two_users_have_ports_of_their_own(backends: Backends, tmp_path: Path) -> None:
    other = Backends(tmp_path / "another", backends.sound)
    backends.up()
    process = other.up()
    ports = {found.port for at in (backends, other) if (found := read_discovery(at.folder))}
    assert len(ports) == 2
    assert other.run("stop").returncode == 0
    assert other.end(process)[0] == 0


def test_many_clients_at_once_do_no_harm(backends: Backends) -> None:
    backends.up()
    left = backends.client()
    begin_long_match(backends, left)
    failed: list[object] = []

    def visit(number: int) -> None:
        try:
            with backends.client() as client:
                client.ask(say.Status(), say.ServiceState)
                path = backends.put(client, f"tone {number}")
                client.ask(say.StartMatch(path, count=1), say.Queued)
                client.ask(say.ListInstances(), say.Instances)
        except Exception as error:
            failed.append(error)

    visits = [threading.Thread(target=visit, args=(number,)) for number in range(6)]
    for thread in visits:
        thread.start()
    for thread in visits:
        thread.join(LIMIT_S)
    assert failed == []
    left.close()
    with backends.client() as client:
        client.ask(say.StartMatch(backends.put(client, "tone"), count=1), say.Queued)
        next_event(client, say.Matched)


#: A client that asks for a match without end, and says so.
CLIENT = """
import sys, time
from pathlib import Path
from backend.osc import protocol as say
from backend.osc.client import Client
client = Client.connect(Path(sys.argv[1]), "a test")
client.ask(say.StartMatch(sys.argv[2]), say.Queued)
print("asked", flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_the_match_of_a_killed_client_is_given_up(backends: Backends) -> None:
    backends.up()
    with backends.client() as client:
        path = backends.put(client, "long")
    words = [sys.executable, "-c", CLIENT, str(backends.folder), path]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "asked\n"
        process.kill()
    with backends.client() as client:
        until(lambda: client.ask(say.Status(), say.ServiceState).clients == 1)
        job = client.ask(say.StartMatch(backends.put(client, "tone"), count=1), say.Queued)
        assert next_event(client, say.Matched).job == job.job
    assert "match 1: JobCancelled" in (backends.folder / "logs" / "backend.log").read_text()
