"""Ardour, a host of its own make: its scanner, and a whole match in a session that plays."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_studio import Studio, holds, until

from backend.audio.region import load_region
from benchmarks import ardour
from benchmarks import ardour_session as session
from benchmarks.record_ardour import record

SOUND = Path(__file__).parents[1] / "data" / "golden" / "full-001.flac"

#: The parameter Candidate goes from 0 to 16.
THIRD = 3 / 16

pytestmark = [
    pytest.mark.plugin,
    pytest.mark.skipif(not ardour.is_installed(), reason="Ardour 7 is not installed"),
]


def test_ardour_s_scanner_takes_the_plugin_and_lists_its_parameters(
    tmp_path: Path, plugin_path: Path
) -> None:
    with ardour.Ardour(tmp_path, {}) as running:
        assert len(running.scan(plugin_path)) == 32


def test_clicks_while_ardour_plays_and_a_session_that_comes_back(
    studio: Studio, tmp_path: Path, plugin_path: Path
) -> None:
    """The backend is real, with a fake workshop, and so is the link to a fake Surge XT."""
    before, sound = studio.held(), load_region(SOUND, start_s=0.0)
    with ardour.Ardour(tmp_path / "ardour", studio.variables) as running:
        plugins = session.Plugins(running.scan(plugin_path))
        session.make_session(running, tmp_path / "session", sound, plugins)
        session.open_session(running, tmp_path / "session")
        match, candidate, undo = (
            session.parameter_index(running, name) for name in ("Match", "Candidate", "Undo")
        )
        session.roll(running, 3.0)
        session.set_parameter(running, match, 1.0)
        until(lambda: studio.holds(1), "the nearest candidate is in Surge XT")
        assert running.do("Session:transport_rolling()") == "true"
        assert holds(studio.matched_sound(0), sound.audio[:, 88_200:110_250])
        session.set_parameter(running, candidate, THIRD)
        until(lambda: studio.holds(3), "the third candidate is in Surge XT")
        session.stop(running)
        session.save_session(running)
        session.close_session(running)

        session.open_session(running, tmp_path / "session")
        shown = f"ARDOUR.LuaAPI.get_processor_param(effect, {candidate})"
        running.wait(shown, lambda value: float(value) == pytest.approx(THIRD))
        session.set_parameter(running, match, 1.0)
        until(lambda: studio.has_written(2, 1), "the sound of the session is matched again")
        session.set_parameter(running, undo, 1.0)
        until(lambda: studio.holds(3, match=0), "what was there before this match is back")
        session.close_session(running)
    assert studio.held() != before


@pytest.mark.surge
def test_a_match_clicked_while_ardour_plays_brings_surge_nearer_to_the_sound(
    tmp_path: Path, plugin_path: Path, surge_path: Path
) -> None:
    run = record(SOUND, plugin_path, surge_path, tmp_path)
    seconds = list(run.seconds.values())
    assert len(seconds) == 4 and seconds == sorted(seconds)
    assert run.before is not None and run.after is not None
    assert run.after.distance < run.before.distance
