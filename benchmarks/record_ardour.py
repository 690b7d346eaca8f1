"""One recorded run: Ardour, the plugin, the backend and Surge XT, from the click to the new patch.

    python -m benchmarks.record_ardour examples/plucked_string.flac --plugin Synthmatch.vst3

A session without a window has the plugin on the track of the sound and Surge XT, with OSC on, on a
track of its own. Ardour plays; *Match* is clicked by its parameter while the playhead rolls.
Printed are the seconds from the click to each stage, and how far from the sound the patch of Surge
XT was before and after, both played with the note of the best candidate.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from backend.audio.region import WINDOW_SAMPLES, fit_window, load_region
from backend.errors import RenderError, ServiceError, SynthmatchError
from backend.matching.metrics import TargetMetrics
from backend.osc.client import Client
from backend.osc.protocol import StopService
from backend.records import AudioRegion, Note, Score
from backend.synth.finder import find_surge
from backend.synth.patch_file import parse_body
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import SAMPLE_RATE_HZ, RenderJob
from backend.userdata import DATA_VARIABLE
from benchmarks import ardour_session as session
from benchmarks.ardour import Ardour
from benchmarks.bench_link import host_module

PATIENCE_S = 180.0
#: OSC In and Out, where Surge XT has them by itself and the backend looks.
PORTS = (53280, 53281)
WRITTEN = "the region is written"
POLL_S = 0.02


@dataclass
class Run:
    """What was seen: seconds from the click by stage, and the scores of the patches."""

    seconds: dict[str, float] = field(default_factory=dict)
    before: Score | None = None
    after: Score | None = None


def record(sound: Path, plugin: Path, surge: Path, folder: Path, backend: str = "") -> Run:
    """Make the run.

    Args:
        sound: a sound file; its first 4 s from the onset are on the track.
        plugin: ``Synthmatch.vst3``.
        surge: the Surge XT VST3.
        folder: an empty one, for all that is made.
        backend: the command that starts the backend; this Python's where empty.

    Raises:
        SynthmatchError: a part does not do its share; the message says which.
    """
    data, run = folder / "data", Run()
    variables = {
        DATA_VARIABLE: str(data),
        "SYNTHMATCH_BACKEND": backend or f'"{sys.executable}" -X utf8 -m backend',
        "SYNTHMATCH_SURGE": str(surge),
    }
    target = AudioRegion(fit_window(load_region(sound)), SAMPLE_RATE_HZ, sound.stem)
    with Ardour(folder / "home", variables) as ardour:
        plugins = session.Plugins(ardour.scan(plugin), ardour.scan(surge))
        file = session.make_session(ardour, folder / "session", target, plugins)
        old = _surge_state(file)
        with_osc = host_module().with_osc(old[session.COMPONENT], *PORTS)
        session.replace_state(file, old, with_osc)
        session.open_session(ardour, folder / "session")
        match = session.parameter_index(ardour, "Match")
        session.roll(ardour, WINDOW_SAMPLES / SAMPLE_RATE_HZ)
        began_s = time.monotonic()
        session.set_parameter(ardour, match, 1.0)
        for stage, is_there in _stages(data).items():
            _wait(stage, is_there, data)
            run.seconds[stage] = time.monotonic() - began_s
            if stage == WRITTEN:  # the plugin takes it away after the match
                [captured] = (data / "audio").glob("*.wav")
                matched = fit_window(load_region(captured))
        session.stop(ardour)
        session.save_session(ardour)
        new = _surge_state(file)
        session.close_session(ardour)
    with Client.connect(data, "recorded run") as client:
        client.request(StopService())
    note = _best_note(data)
    bodies = [parse_body(state[session.COMPONENT], "held").body for state in (old, new)]
    jobs = [
        RenderJob(body, note, name) for body, name in zip(bodies, ("before", "after"), strict=True)
    ]
    with RenderPool.of_surge(surge, 1) as pool:
        renders = pool.render(jobs)
    metrics = TargetMetrics(matched)
    scores = []
    for render in renders:
        if isinstance(render, RenderError):
            raise render
        scores.append(metrics.score(render.audio))
    run.before, run.after = scores
    return run


def _surge_state(file: Path) -> dict[bytes, bytes]:
    """Return the state of the Surge XT in a session file."""
    for state in session.plugin_states(file):
        if state.get(session.COMPONENT, b"").startswith(b"sub3"):
            return state
    raise ServiceError(f"{file} holds no Surge XT.")


def _stages(data: Path) -> dict[str, Callable[[], bool]]:
    """Return what shows that each stage is reached, in their order."""
    log = data / "logs" / "backend.log"

    def logged(pattern: str) -> Callable[[], bool]:
        return lambda: log.exists() and bool(re.search(pattern, log.read_text("utf-8", "replace")))

    return {
        "the backend talks": lambda: (data / "backend.json").exists(),
        WRITTEN: lambda: any((data / "audio").glob("*.wav")),
        "first candidates": logged(r"match \d+: round 1 "),
        "a candidate is in Surge XT, read back": logged(r"candidate \d+: verified"),
    }


def _wait(stage: str, is_there: Callable[[], bool], data: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_there():
        if time.monotonic() > until_s:
            log = data / "logs" / "backend.log"
            lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
            raise ServiceError(
                f"{PATIENCE_S:.0f} s after the click there is not yet: {stage}. The backend's log "
                + ("ends with\n" + "\n".join(lines[-8:]) if lines else "is empty")
            )
        time.sleep(POLL_S)


def _best_note(data: Path) -> Note:
    """Return the note of the candidate that was written, from the backend's log."""
    text = (data / "logs" / "backend.log").read_text("utf-8", "replace")
    found = re.findall(r"match (\d+), candidate (\d+): verified", text)
    match, candidate = found[-1]
    [file] = (data / "matches" / f"{int(match):06d}").glob(f"*-{candidate}.json")
    note = json.loads(file.read_text("utf-8"))["note"]
    return Note(note["pitch"], note["on_s"], note["off_s"])


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sound", type=Path)
    parser.add_argument("--plugin", type=Path, required=True, help="Synthmatch.vst3")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            surge = find_surge(a.surge)
            run = record(a.sound.resolve(), a.plugin.resolve(), surge, Path(folder))
    except SynthmatchError as error:
        parser.exit(2, f"record_ardour: {error}\n")
    print(f"{a.sound.name}, {platform.machine()}")
    for stage, seconds in run.seconds.items():
        print(f"{seconds:7.2f} s  {stage}")
    for name, score in (("before", run.before), ("after", run.after)):
        assert score is not None
        print(
            f"{name}: distance {score.distance:.3f}, MSS {score.mss_db:.1f} dB, wMFCC "
            f"{score.wmfcc:.2f}, SOT {score.sot:.3f}, RMS {score.rms:.3f}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
