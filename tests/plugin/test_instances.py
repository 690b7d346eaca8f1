"""Many instances: in one host, in several, one after the other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from plugin_files import PluginFiles
from plugin_studio import Studio, tone, until

pytestmark = pytest.mark.plugin

LIMIT_S = 300.0
#: Loads after which the allocator keeps what it needs.
SETTLED = 60
MOST_BYTES = 12_000_000
#: Of a core, best of many: what a busy machine adds is no cost of ours.
MOST_LOAD_CPU_S = 0.05

#: Loads, plays, saves and unloads; prints what the process then holds after each.
LOAD_AND_UNLOAD = """
import gc, json, os, sys, time
import numpy as np
from pedalboard import VST3Plugin

def memory_kb():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

rows = []
sound = np.random.default_rng(0).uniform(-1, 1, (2, 4096)).astype(np.float32)
for _ in range(int(sys.argv[2])):
    begun = time.process_time()
    plugin = VST3Plugin(sys.argv[1])
    seconds = time.process_time() - begun
    plugin.process(sound, 48_000, 512)
    plugin.raw_state = plugin.raw_state
    del plugin
    gc.collect()
    held = [len(os.listdir(f"/proc/self/{what}")) for what in ("task", "fd")]
    rows.append([memory_kb(), *held, seconds])
print(json.dumps(rows))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_200_loads_leave_nothing_behind_and_take_little(plugin_path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOAD_AND_UNLOAD, str(plugin_path), "200"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    memory_kb, threads, files, seconds = zip(*json.loads(done.stdout), strict=True)
    assert memory_kb[-1] - memory_kb[SETTLED] < 2_000, memory_kb[::20]
    assert threads[-1] == threads[SETTLED] and files[-1] == files[SETTLED]
    assert min(seconds) < MOST_LOAD_CPU_S


def test_binaries_are_small(plugin_files: PluginFiles) -> None:
    sizes = {path.name: path.stat().st_size for path in plugin_files.binaries()}
    assert len(sizes) >= 1
    assert {name: size for name, size in sizes.items() if size >= MOST_BYTES} == {}


def test_twenty_instances_play_in_one_host(studio: Studio) -> None:
    names = [f"track {number}" for number in range(20)]
    with studio.host() as host:
        for name in names:
            host.load(name)
        host.play(tone())
        for name in names[::2]:
            host.unload(name)
        host.click(names[1], "match")
        until(lambda: studio.holds(1), "the one that was clicked has matched")
        assert host.blocks()[1] == 0
        assert [host.get(name, "candidate") for name in names[3::2]] == [0] * 9
    assert len(studio.matches()) == 1


def test_two_tracks_match_their_own_sounds(studio: Studio) -> None:
    with studio.host() as host:
        for name, pitch_hz in (("bass", 110), ("lead", 440)):
            host.load(name)
            host.set(name, "capture", True)
            host.play(tone(pitch_hz))
            host.set(name, "capture", False)
        host.click("bass", "match")
        until(lambda: studio.holds(1), "the bass is matched")
        until(lambda: host.get("bass", "candidate") == 1, "its parameter follows")
        host.click("lead", "match")
        until(lambda: studio.has_written(2, 1), "the lead is matched")
        until(lambda: host.get("lead", "candidate") == 1, "its parameter follows")
        host.set("bass", "candidate", 4)
        until(lambda: studio.has_written(1, 4), "the bass has its own candidates")
        assert studio.holds(4, match=0)
        assert host.get("lead", "candidate") == 1
        assert host.blocks()[1] == 0


def test_two_hosts_share_one_backend(studio: Studio) -> None:
    with studio.host("one") as one, studio.host("other") as other:
        for host in (one, other):
            host.load("track")
            host.play(tone())
        one.click("track", "match")
        other.click("track", "match")
        until(lambda: len(studio.matches()) == 2, "both are matched")
        for host in (one, other):
            until(lambda host=host: host.get("track", "candidate") == 1, "the parameter follows")
        backend = studio.backend()
        one.unload("track")
        made = len(studio.matches())
        other.click("track", "match")
        until(lambda: len(studio.matches()) > made, "one more is made")
        assert studio.backend() == backend
        assert one.blocks()[1] == other.blocks()[1] == 0


def test_instances_come_and_go_while_one_matches(studio: Studio) -> None:
    with studio.host() as host:
        host.load("track")
        host.play(tone())
        studio.hold_matches(True)
        host.click("track", "match")
        until(studio.backend, "the backend is there")
        for _ in range(5):
            host.load("passing")
            host.play(tone(330, 0.1))
            host.click("passing", "match")
            host.unload("passing")
        studio.hold_matches(False)
        until(lambda: host.get("track", "candidate") == 1, "the match is made")
        assert host.blocks()[1] == 0
