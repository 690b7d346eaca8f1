"""What a project saves, and what may come back in its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from plugin_host import PluginHost
from plugin_studio import Studio, tone, until

from backend.synth.plugin_state import body_from_state, state_from_body

pytestmark = pytest.mark.plugin

#: JUCE keeps its own data behind a plugin's, and finds it by this word at the end.
PRIVATE = b"JUCEPrivateData"


@pytest.fixture
def saved(studio: Studio) -> bytes:
    """The state of an instance with a captured sound, candidates and a selection."""
    with studio.host("before") as host:
        host.load("track")
        host.set("track", "look_back_s", 7.5)
        host.set("track", "capture", True)
        host.play(tone())
        host.set("track", "capture", False)
        host.click("track", "match")
        until(lambda: studio.holds(1), "the nearest candidate is in Surge XT")
        host.set("track", "candidate", 3)
        until(lambda: studio.holds(3), "the third candidate is in Surge XT")
        return host.state("track")


@pytest.fixture
def host(studio: Studio) -> Iterator[PluginHost]:
    with studio.host("after") as host:
        yield host


def test_a_project_opens_as_it_was_saved(studio: Studio, saved: bytes, host: PluginHost) -> None:
    loads = studio.held()
    host.load("track", saved)
    host.play(tone(330))
    assert host.get("track", "look_back_s") == pytest.approx(7.5)
    until(lambda: host.get("track", "candidate") == 3, "the selection is shown")
    assert studio.held() == loads, "opening a project wrote into Surge XT"
    host.set("track", "candidate", 5)
    until(lambda: studio.holds(5), "its candidates can be written")
    host.click("track", "match")
    until(lambda: len(studio.matches()) == 2 and studio.holds(1), "its sound can be matched again")
    assert host.blocks()[1] == 0


def test_saved_again_it_is_the_same(saved: bytes, host: PluginHost) -> None:
    host.load("track", saved)
    host.play(tone(330, 0.1))
    until(lambda: host.get("track", "candidate") == 3, "the state is taken up")
    assert host.state("track") == saved


def test_candidates_live_on_without_the_backends_folder(
    studio: Studio, saved: bytes, host: PluginHost
) -> None:
    studio.end_backend()
    for match in studio.matches():
        for file in match.iterdir():
            file.unlink()
        match.rmdir()
    host.load("track", saved)
    host.play(tone(330))
    host.click("track", "match")
    until(lambda: studio.matches() and studio.holds(1), "the saved sound is matched")


def damaged(body: bytes) -> Iterator[bytes]:
    """Return pieces of a state, states with other bytes in them, and what was never a state."""
    rng = np.random.default_rng(0)
    for length in (*range(0, 64, 7), *np.linspace(64, len(body) - 1, 12).astype(int)):
        yield body[:length]
    for _ in range(40):
        changed = bytearray(body)
        for at in rng.integers(0, len(body), rng.integers(1, 9)):
            changed[at] = rng.integers(256)
        yield bytes(changed)
    for _ in range(20):
        at, size = sorted(rng.integers(0, 200, 2))
        yield body[:at] + rng.bytes(100) + body[size:]
    yield rng.bytes(100_000)
    yield bytes(1000)
    yield body + body
    yield b"\xff" * 64


def test_a_damaged_state_does_no_harm(studio: Studio, saved: bytes, host: PluginHost) -> None:
    """The component's bytes are damaged, not JUCE's wrapper: it is we who read them."""
    body, _, private = body_from_state(saved).partition(bytes(8) + PRIVATE)
    host.load("track")
    host.play(tone())
    for piece in damaged(body):
        for whole in (piece, piece + private):
            host.restore("track", state_from_body(whole))
            host.set("track", "look_back_s", 5.0)
    host.restore("track", saved)
    until(lambda: host.get("track", "candidate") == 3, "the whole state is still taken up")
    assert host.blocks()[1] == 0
    host.click("track", "match")
    until(lambda: len(studio.matches()) == 2 and studio.holds(1), "its sound can be matched")


def test_a_state_that_is_no_state_at_all(host: PluginHost) -> None:
    host.load("track")
    for content in (b"", b"\0", b"VC2!", b"VC2!\xff\xff\xff\xff", b"<xml/>" * 50, bytes(10_000)):
        host.restore("track", content)
    host.play(tone())
    assert host.blocks()[1] == 0


def test_states_come_while_it_matches(studio: Studio, saved: bytes, host: PluginHost) -> None:
    host.load("track", saved)
    host.play(tone())
    studio.hold_matches(True)
    host.click("track", "match")
    for _ in range(5):
        host.restore("track", saved)
        host.play(tone(330, 0.1))
    studio.hold_matches(False)
    host.click("track", "match")
    until(lambda: len(studio.matches()) > 1 and studio.holds(1), "a match is made after all")
    assert host.blocks()[1] == 0
