"""The backend is killed, hangs, is old or missing: the track plays on, and a later Match works."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from plugin_host import PluginHost
from plugin_studio import Studio, tone, until

from backend.discovery import read_discovery

pytestmark = [
    pytest.mark.plugin,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]


#: A click that came to nothing asks in the window for another; the tests wait longer each time.
FIRST_WAIT_S = 4.0


@pytest.fixture
def host(studio: Studio) -> Iterator[PluginHost]:
    """A host with one instance, which has heard a tone."""
    with studio.host() as host:
        host.load("track")
        host.play(tone())
        yield host


def match_works(studio: Studio, host: PluginHost) -> None:
    """Click on Match, once more where that fails, until the nearest candidate is in Surge XT."""
    made = len(studio.matches())
    wait_s, due_s = FIRST_WAIT_S, time.monotonic()

    def works() -> bool:
        nonlocal wait_s, due_s
        if time.monotonic() >= due_s:
            host.click("track", "match")
            due_s, wait_s = time.monotonic() + wait_s, 2 * wait_s
        return len(studio.matches()) > made and studio.holds(1)

    until(works, "a new candidate is in Surge XT")
    assert host.blocks()[1] == 0


def wait_until_held(studio: Studio, host: PluginHost) -> None:
    """Click on Match, and wait until the backend has the match in work."""
    studio.hold_matches(True)
    host.click("track", "match")
    until((studio.data / "begun").exists, "the match is begun")


def test_killed_in_the_middle_of_a_match(studio: Studio, host: PluginHost) -> None:
    wait_until_held(studio, host)
    first = studio.backend()
    studio.end_backend(signal.SIGKILL)
    host.play(tone(330))
    assert host.blocks()[1] == 0
    studio.hold_matches(False)
    match_works(studio, host)
    assert studio.backend() not in (None, first)


def test_killed_between_two_matches(studio: Studio, host: PluginHost) -> None:
    match_works(studio, host)
    studio.end_backend(signal.SIGKILL)
    match_works(studio, host)


def test_killed_and_then_a_candidate_is_wanted(studio: Studio, host: PluginHost) -> None:
    match_works(studio, host)
    studio.end_backend(signal.SIGKILL)
    host.set("track", "candidate", 2)
    host.click("track", "undo")
    host.play(tone(330))
    match_works(studio, host)
    host.set("track", "candidate", 2)
    until(lambda: studio.holds(2), "the second candidate is in Surge XT")
    assert host.blocks()[1] == 0


def test_hung_in_the_middle_of_a_match(studio: Studio, host: PluginHost) -> None:
    wait_until_held(studio, host)
    hung = studio.backend()
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    host.play(tone(330, 2.0))
    host.click("track", "undo")
    host.set("track", "candidate", 1)
    assert host.blocks()[1] == 0
    studio.hold_matches(False)
    os.kill(hung, signal.SIGCONT)
    match_works(studio, host)


def test_hung_and_then_killed(studio: Studio, host: PluginHost) -> None:
    match_works(studio, host)
    hung = studio.backend()
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    host.click("track", "match")
    host.play(tone(330))
    studio.end_backend(signal.SIGKILL)
    match_works(studio, host)
    assert studio.backend() != hung


def test_a_host_may_leave_while_the_backend_hangs(studio: Studio) -> None:
    with studio.host() as host:
        host.load("track")
        host.play(tone())
        wait_until_held(studio, host)
        hung = studio.backend()
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        host.unload("track")
        host.load("track")
        host.play(tone())
        assert host.blocks()[1] == 0
    os.kill(hung, signal.SIGCONT)


def test_a_host_that_crashes_leaves_a_backend_that_goes_on(studio: Studio) -> None:
    crashing = studio.host("crashing")
    crashing.load("track")
    crashing.play(tone())
    wait_until_held(studio, crashing)
    crashing.kill()
    studio.hold_matches(False)
    with studio.host() as host:
        host.load("track")
        host.play(tone())
        match_works(studio, host)


def test_an_old_backend_is_left_alone_and_its_end_is_noticed(studio: Studio) -> None:
    studio.variables["PLUGIN_BACKEND"] = "old"
    with studio.host("old") as host:
        host.load("track")
        host.play(tone())
        host.click("track", "match")
        until(studio.backend, "the old backend is there")
        host.play(tone(330))
        assert host.blocks()[1] == 0
    old = read_discovery(studio.data)
    assert old is not None and not studio.matches()
    del studio.variables["PLUGIN_BACKEND"]
    with studio.host("new") as host:
        host.load("track")
        host.play(tone())
        host.click("track", "match")
        host.play(tone(330))
        assert read_discovery(studio.data) == old
        studio.end_backend()
        match_works(studio, host)


@pytest.mark.parametrize(
    "command",
    ["/no/such/program", f"{sys.executable} -c exit(3)", "true"],
    ids=["missing", "broken", "silent"],
)
def test_no_backend_can_be_started(tmp_path: Path, plugin_path: Path, command: str) -> None:
    variables = {"SYNTHMATCH_BACKEND": command}
    with Studio(tmp_path, plugin_path, variables=variables) as studio, studio.host() as host:
        host.load("track")
        host.play(tone())
        for _ in range(3):
            host.click("track", "match")
            host.play(tone(330))
        assert host.blocks()[1] == 0
        assert studio.backend() is None


def test_no_surge_runs_at_first(studio: Studio) -> None:
    before = studio.held()
    studio.surge.stop_audio()
    with studio.host() as host:
        host.load("track")
        host.play(tone())
        host.click("track", "match")
        until(studio.matches, "a match is made")
        host.play(tone())
        assert studio.held() == before
        studio.surge.resume_audio()
        until(lambda: studio.holds(1), "the nearest candidate is in Surge XT")
        assert host.blocks()[1] == 0
