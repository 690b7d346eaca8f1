"""Keeps the live backend busy for a long while, and watches its memory.

A backend of its own in a temporary folder is asked for a match at a steady pace; every match is
written into a hosted Surge XT where one is found, and taken back. The run fails on any error, and
if memory at the end is more than 5% above that after the first matches.

    python -m benchmarks.soak_live examples/plucked_string.flac --minutes 30 --every 5
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from pathlib import Path

from backend.audio.region import load_region
from backend.bench_live import run_match
from backend.errors import SurgeNotFoundError
from backend.osc import protocol as say
from backend.osc.client import Client
from backend.records import AudioRegion
from backend.synth.finder import find_surge
from benchmarks.bench_link import host_module

#: Matches after which caches and pools are taken to be full.
SETTLED = 5
GROWTH = 1.05
#: Out port that Surge XT up to 1.3.4 uses; the link listens there.
ANSWER_PORT = 53281
SURGE_S = 30.0


def soak(
    client: Client, region: AudioRegion, port: int | None, minutes: float, every_s: float
) -> int:
    """Match, write and undo at a pace; print memory; return the exit status."""
    if port is not None:
        client.ask(say.ChooseInstance(port), say.Chosen, SURGE_S)
    begun_s = time.monotonic()
    settled_mb, memory_mb, matches = 0.0, 0.0, 0
    while time.monotonic() - begun_s < 60 * minutes:
        next_s = time.monotonic() + every_s
        done = run_match(client, region, 8, matches, port is not None)
        if port is not None:
            client.ask(say.Undo(), say.Written, SURGE_S)
        matches += 1
        memory_mb = client.ask(say.Status(), say.ServiceState).memory_mb
        settled_mb = memory_mb if matches == SETTLED else settled_mb
        if matches % 10 == 0:
            said = f"{matches} matches, {memory_mb:.1f} MB, the last in {done.matched:.2f} s"
            print(said, flush=True)
        time.sleep(max(0.0, next_s - time.monotonic()))
    grown = memory_mb / settled_mb if settled_mb else float("nan")
    print(f"{matches} matches; memory {settled_mb:.1f} to {memory_mb:.1f} MB, times {grown:.3f}")
    return 0 if grown <= GROWTH else 1


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sound", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two matches")
    given = parser.parse_args()
    region = load_region(given.sound)
    folder = Path(tempfile.mkdtemp(prefix="synthmatch-soak-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        port = None
        with contextlib.suppress(SurgeNotFoundError):
            surge = find_surge(None)
            (folder / "home").mkdir()
            host = host_module().SurgeHost(surge, folder / "home", 53280, ANSWER_PORT)
            stack.callback(host.kill)
            port = host.port
        client = stack.enter_context(Client.connect(folder / "data", "soak", start=True))
        try:
            return soak(client, region, port, given.minutes, given.every)
        finally:
            client.ask(say.StopService(), say.Stopping)


if __name__ == "__main__":
    sys.exit(main())
