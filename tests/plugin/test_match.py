"""From the sound on the track to the preset in Surge XT, by the plugin's parameters alone."""

from __future__ import annotations

import numpy as np
import pytest
from plugin_studio import Studio, holds, tone, until

pytestmark = pytest.mark.plugin


def test_capture_match_cycle_and_undo(studio: Studio) -> None:
    before, sound = studio.held(), tone()
    with studio.host() as host:
        host.load("track")
        host.set("track", "capture", True)
        host.play(sound)
        host.set("track", "capture", False)
        assert studio.backend() is None
        host.click("track", "match")
        until(lambda: studio.holds(1), "the nearest candidate is in Surge XT")
        until(lambda: host.get("track", "candidate") == 1, "the parameter follows")
        assert holds(studio.matched_sound(0), sound)
        for rank in (3, 8, 2):
            host.set("track", "candidate", rank)
            until(lambda rank=rank: studio.holds(rank), f"candidate {rank} is in Surge XT")
        host.click("track", "undo")
        until(lambda: studio.held() == before, "the musician's own patch is back")
        played, changed = host.blocks()
        assert played > 100 and changed == 0
    assert len(studio.matches()) == 1


def test_match_takes_the_last_seconds_where_nothing_was_captured(studio: Studio) -> None:
    first, last = tone(220, 1.0), tone(330, 1.0)
    with studio.host() as host:
        host.load("track")
        host.set("track", "look_back_s", 1.0)
        host.play(first)
        host.play(last)
        host.click("track", "match")
        until(lambda: studio.holds(1), "the nearest candidate is in Surge XT")
        matched = studio.matched_sound(0)
        assert matched.shape[1] == 44_100
        assert holds(matched, last[:, 4_410:30_000])
        assert not holds(matched, first[:, :30_000])
        assert host.blocks()[1] == 0


def test_match_again_finds_others_for_the_same_sound(studio: Studio) -> None:
    with studio.host() as host:
        host.load("track")
        host.play(tone())
        for count in (1, 2):
            host.click("track", "match")
            until(lambda count=count: studio.has_written(count, 1), "its nearest is in Surge XT")
    one, other = (studio.matched_sound(match) for match in (0, 1))
    assert np.array_equal(one, other)


def test_silence_is_not_matched_and_the_next_sound_is(studio: Studio) -> None:
    with studio.host() as host:
        host.load("track")
        host.play(np.zeros((2, 22_050), np.float32))
        host.click("track", "match")
        host.play(tone())
        assert studio.backend() is None
        host.click("track", "match")
        until(lambda: studio.holds(1), "the nearest candidate is in Surge XT")
    assert len(studio.matches()) == 1


def test_without_a_click_nothing_is_looked_for_started_or_written(studio: Studio) -> None:
    with studio.host() as host:
        host.load("track")
        host.play(tone())
        host.set("track", "capture", True)
        host.play(tone())
        host.set("track", "capture", False)
        host.load("copy", host.state("track"))
        host.play(tone(330))
        sockets = host.tell("sockets")
        host.unload("track")
    assert sockets == 0
    assert not studio.data.exists()


def test_a_switch_that_was_on_when_the_project_opens_does_nothing(studio: Studio) -> None:
    with studio.host() as host:
        host.load("track")
        host.set("track", "match", True)
        host.play(tone())
        assert studio.backend() is None
        host.set("track", "match", False)
        host.set("track", "match", True)
        until(lambda: studio.holds(1), "the nearest candidate is in Surge XT")
