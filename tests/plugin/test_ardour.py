"""Ardour, a host of its own make: its scanner, and a whole match in a session that plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import ardour
from benchmarks.record_ardour import record

SOUND = Path(__file__).parents[1] / "data" / "golden" / "full-001.flac"

pytestmark = [
    pytest.mark.plugin,
    pytest.mark.skipif(not ardour.is_installed(), reason="Ardour 7 is not installed"),
]


def test_ardour_s_scanner_takes_the_plugin_and_lists_its_parameters(
    tmp_path: Path, plugin_path: Path
) -> None:
    with ardour.Ardour(tmp_path, {}) as running:
        assert len(running.scan(plugin_path)) == 32


@pytest.mark.surge
def test_a_match_clicked_while_ardour_plays_brings_surge_nearer_to_the_sound(
    tmp_path: Path, plugin_path: Path, surge_path: Path
) -> None:
    run = record(SOUND, plugin_path, surge_path, tmp_path)
    seconds = list(run.seconds.values())
    assert len(seconds) == 4 and seconds == sorted(seconds)
    assert run.before is not None and run.after is not None
    assert run.after.distance < 0.8 * run.before.distance
