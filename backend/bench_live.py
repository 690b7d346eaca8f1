"""Measure the live backend as a musician waits for it, beside a fresh process of the command line.

    python -m backend.bench_live SOUND [--port PORT] [--rounds 5] [--count 8]

A backend of its own is started in a temporary folder: its start, the load of the model behind it,
and the first match are the cold figures; the matches that follow are the warm ones. With a Surge XT
that listens on ``--port``, candidates are written into it and verified, and its patch is put back
at the end. CPU time is that of the backend and its renderers, on Linux alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from backend.audio.files import write_wav
from backend.audio.region import load_region
from backend.errors import ServiceError, SynthmatchError
from backend.osc import protocol as say
from backend.osc.client import Client
from backend.records import AudioRegion

LOAD_S, MATCH_S, SURGE_S = 120.0, 300.0, 30.0
POLL_S = 0.02


@dataclass(frozen=True)
class Round:
    """Seconds of one match, each from the request on; NaN where nothing was written.

    Args:
        matched: all candidates are ready.
        first_verified: the best one is in Surge XT and read back.
        all_verified: each of them has been.
        cpu: CPU seconds of the backend and its renderers; NaN where they cannot be read.
    """

    matched: float
    first_verified: float
    all_verified: float
    cpu: float


def run_match(client: Client, region: AudioRegion, count: int, seed: int, write: bool) -> Round:
    """Match once, and write every candidate.

    Raises:
        ServiceError: the backend refuses, the match fails, or a write is not verified.
    """
    sound = Path(client.welcome.folder) / f"bench-{seed}.wav"
    write_wav(sound, region)
    pid = client.ask(say.Status(), say.ServiceState).pid
    cpu_s, begun_s = cpu_seconds(pid), time.perf_counter()
    job = client.ask(say.StartMatch(str(sound), 0.0, count, seed), say.Queued).job
    candidates = []
    while not isinstance(event := client.next_event(MATCH_S), say.Matched):
        if isinstance(event, say.CandidateReady):
            candidates.append(event.candidate)
        if event is None or isinstance(event, say.JobFailed | say.JobCancelled):
            raise ServiceError(f"the match came to nothing: {event}")
    matched_s = time.perf_counter() - begun_s
    writes = []
    for candidate in candidates if write else ():
        report = client.ask(say.WriteCandidate(job, candidate), say.Written, SURGE_S).report
        if report.state != "verified":
            raise ServiceError(f"candidate {candidate} is {report.state}: {report.remark}")
        writes.append(time.perf_counter() - begun_s)
    sound.unlink()
    first, last = (writes[0], writes[-1]) if writes else (float("nan"), float("nan"))
    return Round(matched_s, first, last, cpu_seconds(pid) - cpu_s)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and its children have used; NaN where that is unknown."""
    total = 0.0
    try:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            fields = stat.read_text().rpartition(")")[2].split()
            if pid in (int(stat.parent.name), int(fields[1])):
                total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return float("nan")
    return total or float("nan")


def command_line_match(sound: Path, count: int, folder: Path) -> float:
    """Return the seconds of ``synthmatch match`` in a process of its own.

    Raises:
        ServiceError: it failed.
    """
    begun_s = time.perf_counter()
    command = [sys.executable, "-m", "backend", "match", str(sound), "-n", str(count)]
    done = subprocess.run([*command, "-o", str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise ServiceError(f"synthmatch match failed: {done.stderr.strip()}")
    return time.perf_counter() - begun_s


def bench(sound: Path, port: int | None, rounds: int, count: int) -> dict[str, object]:
    """Measure, and return the figures by name.

    Raises:
        SynthmatchError: something on the way failed; the backend that was started is ended.
    """
    region = load_region(sound)
    folder = Path(tempfile.mkdtemp(prefix="synthmatch-bench-"))
    begun_s = time.perf_counter()
    try:
        with Client.connect(folder, "bench", start=True) as client:
            talking_s = time.perf_counter() - begun_s
            _until(lambda: client.ask(say.Heartbeat(), say.Alive).state != "loading")
            loaded_s = time.perf_counter() - begun_s
            if port is not None:
                client.ask(say.ChooseInstance(port), say.Chosen, SURGE_S)
            done = [
                run_match(client, region, count, seed, port is not None)
                for seed in range(rounds + 1)
            ]
            if port is not None:
                client.ask(say.Undo(), say.Written, SURGE_S)
            memory_mb = client.ask(say.Status(), say.ServiceState).memory_mb
            client.ask(say.StopService(), say.Stopping)
        fresh = [command_line_match(sound, count, folder / f"cli-{n}") for n in range(2)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    warm = {
        name: statistics.median(getattr(one, name) for one in done[1:]) for name in asdict(done[0])
    }
    return {
        "ready to talk, s": talking_s,
        "model loaded, s": loaded_s,
        **{f"first match: {name}, s": value for name, value in asdict(done[0]).items()},
        **{f"warm match: {name}, s": value for name, value in warm.items()},
        "command line, fresh process, s": min(fresh),
        "fresh process / warm": min(fresh) / warm["matched"],
        "backend memory, MB": memory_mb,
    }


def _until(done: Callable[[], bool]) -> None:
    until_s = time.monotonic() + LOAD_S
    while not done():
        if time.monotonic() > until_s:
            raise ServiceError(f"the model was not loaded after {LOAD_S:.0f} s; see its log")
        time.sleep(POLL_S)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sound", type=Path)
    parser.add_argument("--port", type=int, help="OSC In port of a running Surge XT")
    parser.add_argument("--rounds", type=int, default=5, help="warm matches")
    parser.add_argument("--count", type=int, default=8, help="candidates of a match")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args(argv)
    try:
        figures = bench(a.sound, a.port, max(1, a.rounds), a.count)
    except SynthmatchError as error:
        parser.exit(2, f"bench_live: {error}\n")
    if a.json:
        print(json.dumps(figures))
        return 0
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    for name, value in figures.items():
        print(f"{name:<34} {value:8.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
