"""The link as the service uses it, on the fake Surge XT and on the real one."""

from __future__ import annotations

import itertools
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from surge_rig import Hosted, Rig, drawn_patch, free_ports, hosted, name_shown

from backend.errors import LinkError, OutputError, PatchError
from backend.osc.codec import write_message
from backend.osc.patch_state import canonical, patch_state
from backend.osc.readback import differences
from backend.osc.surge import SurgeLink
from backend.osc.surge_undo import USER_FOLDER, shown_name
from backend.osc.wire import SurgeSocket
from backend.records import Instance
from backend.synth.finder import find_surge
from backend.synth.patch_file import Patch, parse_fxp, read_fxp

CUTOFF = "/param/a/filter/1/cutoff"
ON_BOTH = ["fake", pytest.param("real", marks=pytest.mark.surge)]
#: Written one after the other on the real one, too.
WRITES = 20


@pytest.fixture(scope="module", params=ON_BOTH)
def surge(request: pytest.FixtureRequest) -> Path | None:
    """The real plugin's path, or None for the fake."""
    return find_surge() if request.param == "real" else None


@pytest.fixture(scope="module")
def running(surge: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    started = hosted(surge, tmp_path_factory.mktemp("home"), *free_ports(2))
    yield started
    started.close()


@pytest.fixture
def link(running: Hosted, tmp_path: Path) -> Iterator[SurgeLink]:
    opened = _link(running, tmp_path)
    yield opened
    opened.close()


def _link(running: Hosted, folder: Path) -> SurgeLink:
    return SurgeLink(
        folder / "data", probe_ports=(running.port,), answer_ports=(running.answer_port,)
    )


def _prepare(running: Hosted, folder: Path, name: str, cutoff: float | None = None) -> Patch:
    """Have a patch of the user's in a Surge XT, moved by hand if so asked; return what it holds."""
    file = running.user_patches / "Mine" / f"{name}.fxp"
    with Rig(running) as rig:
        if not file.exists():
            rig.load(drawn_patch(folder, 1000 + len(name)))
            rig.send("/patch/save_user", f"/Mine/{name}")
            rig.send("/q/patch")
            assert rig.hear("/patch") is not None
        rig.send("/patch/load_user", f"/Mine/{name}")
        assert rig.hear("/patch/load") is not None
        if cutoff is not None:
            rig.send(CUTOFF, cutoff)
            assert rig.becomes(CUTOFF, cutoff)
        return parse_fxp(rig.saved(folder / "held.fxp"), "held")


def _held(running: Hosted, folder: Path) -> Patch:
    with Rig(running) as rig:
        return parse_fxp(rig.saved(folder / "held.fxp"), "held")


def _free(link: SurgeLink) -> None:
    """Let a rig listen where the link did."""
    link.close()


def test_an_instance_is_found_with_its_patch(
    link: SurgeLink, running: Hosted, tmp_path: Path
) -> None:
    file = drawn_patch(tmp_path, 30)
    link.write(running.port, file)
    assert link.instances() == (
        Instance(running.port, str(file.with_suffix("")), answers=True, shared=False),
    )


def test_every_write_is_verified(link: SurgeLink, running: Hosted, tmp_path: Path) -> None:
    for index in range(WRITES):
        report = link.write(running.port, drawn_patch(tmp_path, 2000 + index))
        assert (report.state, report.method, report.differing) == ("verified", "patch", ())
        assert report.port == running.port and report.seconds > 0
    _free(link)
    with Rig(running) as rig:
        wanted = patch_state(read_fxp(drawn_patch(tmp_path, 2000 + WRITES - 1)))
        assert differences(wanted, rig.all()) == ()


@pytest.mark.parametrize("stem", ["plain", "with a.dot.in it"])
def test_another_patch_than_the_one_written_is_noticed(
    link: SurgeLink, running: Hosted, tmp_path: Path, stem: str
) -> None:
    ours, users = (drawn_patch(tmp_path, n, name) for n, name in ((7, stem), (8, "users")))
    link.instances()
    assert not link.replaced(running.port)  # nothing was written yet
    assert link.write(running.port, ours).state == "verified"
    assert [link.replaced(running.port) for _ in range(4)] == [False] * 4
    with SurgeSocket(running.port) as surge:
        surge.send(write_message("/patch/load", (str(users.with_suffix("")),)))
    until_s = time.monotonic() + 30
    while not link.replaced(running.port):
        assert time.monotonic() < until_s
    assert link.write(running.port, ours).state == "verified"
    assert not link.replaced(running.port)


def test_a_stream_arrives_whole(link: SurgeLink, running: Hosted, tmp_path: Path) -> None:
    link.write(running.port, drawn_patch(tmp_path, 31))
    for index in (32, 33, 34):
        file = drawn_patch(tmp_path, index)
        report = link.stream(running.port, file)
        assert (report.state, report.method, report.differing) == ("verified", "stream", ())
    _free(link)
    held = _held(running, tmp_path)
    assert patch_state(held).natives.keys() >= patch_state(read_fxp(file)).natives.keys()
    with Rig(running) as rig:
        assert differences(patch_state(read_fxp(file)), rig.all()) == ()


def test_blanks_and_other_scripts_in_the_path(
    link: SurgeLink, running: Hosted, tmp_path: Path
) -> None:
    folder = tmp_path / "Größe  音 2.1"
    folder.mkdir()
    report = link.write(running.port, drawn_patch(folder, 35, "pad über 1.5"))
    assert report.state == "verified"


def test_an_unsaved_patch_comes_back_with_its_name(running: Hosted, tmp_path: Path) -> None:
    before = _prepare(running, tmp_path, "Soft Lead", cutoff=0.25)
    assert name_shown(running, tmp_path) == "Soft Lead"
    link = _link(running, tmp_path)
    snapshot = link.snapshot(running.port)
    assert (snapshot.name, snapshot.port) == ("Soft Lead", running.port)
    assert link.write(running.port, drawn_patch(tmp_path, 36)).state == "verified"
    report = link.undo(running.port)
    link.close()
    assert (report.state, report.remark) == ("verified", "")
    assert canonical(_held(running, tmp_path)) == canonical(before)
    assert name_shown(running, tmp_path) == "Soft Lead"
    assert [*(running.user_patches / USER_FOLDER).glob("*/Soft Lead.fxp")] != []


@pytest.mark.parametrize("name", ["Hard Bass", "Lead 2.1"])
def test_a_saved_patch_is_the_users_own_again(running: Hosted, tmp_path: Path, name: str) -> None:
    before = _prepare(running, tmp_path, name)
    kept = {*running.user_patches.rglob("*.fxp")}
    link = _link(running, tmp_path)
    for _ in range(2):  # the second time the path has been asked for more often
        link.snapshot(running.port)
        link.write(running.port, drawn_patch(tmp_path, 37))
        assert link.undo(running.port).state == "verified"
    (there,) = link.instances()
    assert Path(there.patch).parent == running.user_patches / "Mine"
    link.close()
    assert canonical(_held(running, tmp_path)) == canonical(before)
    assert name_shown(running, tmp_path) == name
    assert {*running.user_patches.rglob("*.fxp")} == kept


def test_a_patch_that_another_version_wrote_is_the_users_own_again(
    running: Hosted, tmp_path: Path
) -> None:
    file = drawn_patch(running.user_patches, 1500, "Old One")  # in our words, not Surge's
    _prepare(running, tmp_path, "Any")
    with Rig(running) as rig:
        rig.send("/patch/save_user", "/Mine/Scanned")
        rig.load(file)
    before = _held(running, tmp_path)
    link = _link(running, tmp_path)
    link.snapshot(running.port)
    link.write(running.port, drawn_patch(tmp_path, 38))
    assert link.undo(running.port).state == "verified"
    link.close()
    assert canonical(_held(running, tmp_path)) == canonical(before)
    assert name_shown(running, tmp_path) == "Old One"


def test_undo_walks_back(running: Hosted, tmp_path: Path) -> None:
    held = []
    for cutoff in (0.1, 0.2, 0.3):
        held.append(_prepare(running, tmp_path, "Walk", cutoff))
        link = _link(running, tmp_path)
        link.snapshot(running.port)
        link.write(running.port, drawn_patch(tmp_path, 39))
        link.close()
    for before in reversed(held):
        link = _link(running, tmp_path)
        assert link.undo(running.port).state == "verified"
        link.close()
        assert canonical(_held(running, tmp_path)) == canonical(before)
    link = _link(running, tmp_path)
    with pytest.raises(LinkError, match="nothing to undo"):
        link.undo(running.port)
    link.close()


def test_a_killed_writer_leaves_a_patch_that_comes_back(running: Hosted, tmp_path: Path) -> None:
    before = _prepare(running, tmp_path, "Precious", cutoff=0.75)
    file = drawn_patch(tmp_path, 40)
    code = (
        "import sys; from pathlib import Path; from backend.osc.surge import SurgeLink\n"
        "folder, file, port, answers = sys.argv[1:]\n"
        "link = SurgeLink(Path(folder), probe_ports=(), answer_ports=(int(answers),))\n"
        "link.snapshot(int(port)); print('kept', flush=True)\n"
        "while True: link.write(int(port), Path(file))\n"
    )
    arguments = [tmp_path / "data", file, running.port, running.answer_port]
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    ) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "kept\n"
        writer.kill()
    link = _link(running, tmp_path)
    assert link.undo(running.port).state == "verified"
    link.close()
    assert canonical(_held(running, tmp_path)) == canonical(before)
    names = [path.name for path in (tmp_path / "data" / "undo").iterdir()]
    assert all(re.fullmatch(r"\d+-\d+\.(fxp|json)", name) for name in names)


def test_a_surge_that_dies_while_written_gets_its_patch_back_when_it_runs_again(
    surge: Path | None, tmp_path: Path
) -> None:
    ports = free_ports(2)
    dying = hosted(surge, tmp_path / "home", *ports)
    before = _prepare(dying, tmp_path, "Fragile", cutoff=0.6)
    link = _link(dying, tmp_path)
    link.snapshot(dying.port)
    killer = threading.Timer(0.5, dying.kill)
    killer.start()
    with pytest.raises(LinkError, match=str(dying.port)):
        for index in itertools.count(50):
            link.write(dying.port, drawn_patch(tmp_path, index))
    killer.join()
    link.close()
    alive = hosted(surge, tmp_path / "home", *ports)
    try:
        link = _link(alive, tmp_path)
        assert link.undo(alive.port).state == "verified"
        link.close()
        assert canonical(_held(alive, tmp_path)) == canonical(before)
    finally:
        alive.close()


def test_with_audio_stopped_a_write_waits_and_says_so(running: Hosted, tmp_path: Path) -> None:
    _prepare(running, tmp_path, "Paused", cutoff=0.4)
    link = _link(running, tmp_path)
    file = drawn_patch(tmp_path, 41)
    running.stop_audio()
    try:
        assert link.snapshot(running.port).name == "Paused"
        report = link.write(running.port, file)
        assert report.state == "queued" and "host" in report.remark
    finally:
        running.resume_audio()
    assert link.write(running.port, file).state == "verified"
    link.close()


def test_a_preset_that_is_none_is_refused(link: SurgeLink, running: Hosted, tmp_path: Path) -> None:
    file = tmp_path / "broken.fxp"
    file.write_bytes(b"CcnK")
    with pytest.raises(PatchError):
        link.write(running.port, file)


def test_with_osc_out_off_it_is_said_how_to_switch_it_on(
    surge: Path | None, tmp_path: Path
) -> None:
    port, answer_port = free_ports(2)
    with_home = tmp_path / "home"
    started = hosted(surge, with_home, port, 0)
    link = SurgeLink(tmp_path / "data", probe_ports=(port,), answer_ports=(answer_port,))
    try:
        assert link.instances() == (Instance(port, "", answers=False, shared=False),)
        snapshot = link.snapshot(port)
        assert read_fxp(snapshot.file).natives
        report = link.write(port, drawn_patch(tmp_path, 42))
        assert report.state == "unverified"
        assert "OSC Out" in report.remark and str(answer_port) in report.remark
        assert link.undo(port).state == "unverified"
    finally:
        link.close()
        started.close()


def test_nobody_is_one_plain_error(tmp_path: Path) -> None:
    port, answer_port = free_ports(2)
    link = SurgeLink(tmp_path, probe_ports=(port,), answer_ports=(answer_port,))
    assert link.instances() == ()
    for call in (link.snapshot, lambda p: link.write(p, drawn_patch(tmp_path, 1))):
        with pytest.raises(LinkError, match=str(port)):
            call(port)
    link.close()


def test_taken_answer_ports_are_said_and_not_taken_for_a_surge(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        link = SurgeLink(tmp_path, probe_ports=(taken,), answer_ports=(taken,))
        assert str(taken) in link.remark
        assert link.instances() == ()
        link.close()


def test_a_full_disk_is_said_before_anything_changes(
    link: SurgeLink, running: Hosted, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(OutputError):
        link.snapshot(running.port)


def test_both_ports_of_the_versions_are_heard(tmp_path: Path) -> None:
    port, older, newer = free_ports(3)
    for answer_port in (older, newer):
        started = hosted(None, tmp_path / "home", port, answer_port)
        link = SurgeLink(tmp_path, probe_ports=(older, port), answer_ports=(older, newer))
        try:
            assert link.instances() == (Instance(port, "", answers=True, shared=False),)
            assert link.write(port, drawn_patch(tmp_path, 43)).state == "verified"
        finally:
            link.close()
            started.close()


def test_a_shared_port_is_seen(tmp_path: Path) -> None:
    if not Path("/proc/net/udp").exists():
        pytest.skip("only Linux tells who listens")
    port, answer_port = free_ports(2)
    first = hosted(None, tmp_path / "first", port, answer_port)
    second = hosted(None, tmp_path / "second", port, answer_port)
    link = SurgeLink(tmp_path, probe_ports=(port,), answer_ports=(answer_port,))
    try:
        assert link.instances() == (Instance(port, "", answers=True, shared=True),)
    finally:
        link.close()
        first.close()
        second.close()


def test_two_instances_are_told_apart(tmp_path: Path) -> None:
    first_port, second_port, answer_port = free_ports(3)
    first = hosted(None, tmp_path / "first", first_port, answer_port)
    second = hosted(None, tmp_path / "second", second_port, answer_port)
    ports = (first_port, second_port)
    link = SurgeLink(tmp_path, probe_ports=ports, answer_ports=(answer_port,))
    try:
        files = {port: drawn_patch(tmp_path, port) for port in ports}
        link.instances()
        for port in ports:
            assert link.write(port, files[port]).state == "verified"
        found = {instance.port: instance.patch for instance in link.instances()}
        assert found == {port: str(file.with_suffix("")) for port, file in files.items()}
    finally:
        link.close()
        first.close()
        second.close()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Init", "Init"),
        ("", "Untitled"),
        ("/home/me/a b/pad-1.fxp", "pad-1"),
        ("C:\\out\\pad-1.fxp", "pad-1"),
        ("Bass 1/2", "Bass 1/2"),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert shown_name(name) == shown
