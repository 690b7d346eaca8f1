"""Renderers without Surge XT, and the sound they make.

Worker processes import this module by name, which is why it does not live in a test file; the
folder is on the import path by ``tests/conftest.py``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from backend.errors import RenderError
from backend.records import Audio, AudioRegion, Note
from backend.synth.renderer import SAMPLE_RATE_HZ, RenderJob

#: Length of what a FakeRenderer plays, whatever the job says: sending sound takes time.
SHORT_S = 0.1


def tone(note: Note, duration_s: float = 4.0) -> Audio:
    """A decaying tone of the note's pitch while it is held, ``(2, samples)``, peak near 0.4."""
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    held = (time_s >= note.on_s) & (time_s < note.off_s)
    pitch_hz = 440 * 2 ** ((note.pitch - 69) / 12)
    wave = np.sin(2 * np.pi * pitch_hz * time_s) + 0.5 * np.sin(4 * np.pi * pitch_hz * time_s)
    left = np.where(held, 0.3 * np.exp(-(time_s - note.on_s)) * wave, 0)
    return np.stack([left, 0.5 * left]).astype(np.float32)


@dataclass(frozen=True)
class FakeRenderer:
    """Does what the first word of a job's name says, and writes down whatever happens.

    Args:
        log: file that gets a line ``word pid`` for each start and each job.
    """

    log: Path

    def __post_init__(self) -> None:
        write_line(self.log, "start")

    def render(self, job: RenderJob) -> AudioRegion:
        word = job.name.split()[0]
        again = word in words(self.log)
        write_line(self.log, word)
        if word == "crash" or (word == "crash-once" and not again):
            os._exit(9)
        if word == "refuse" or (word == "refuse-once" and not again):
            raise RenderError("the patch is unusable")
        if word == "stumble":
            raise ValueError("a fault of ours")
        if word == "hang":
            time.sleep(600)
        if word == "slow":
            time.sleep(0.5)
        return AudioRegion(tone(job.note, SHORT_S), SAMPLE_RATE_HZ, job.name)


@dataclass(frozen=True)
class DatasetRenderer:
    """Plays ``index n`` as a tone that only depends on n and the note's pitch.

    Every fifth index is silent, the one after it clipped, and every seventh is refused.

    Args:
        log: file that gets a line ``index-n pid`` for each job.
        hang_at: index at which to hang.
        crash_at: index at which to crash.
    """

    log: Path
    hang_at: int = -1
    crash_at: int = -1

    def render(self, job: RenderJob) -> AudioRegion:
        index = int(job.name.removeprefix("index "))
        write_line(self.log, f"index-{index}")
        if index == self.crash_at:
            os._exit(9)
        if index == self.hang_at:
            time.sleep(600)
        if index % 7 == 3:
            raise RenderError(f"no sound from {job.name}")
        audio = tone(Note(job.note.pitch, 0.01 * (index % 100), 2.0), job.duration_s)
        gain = {0: 0.0, 1: 10.0}.get(index % 5, 1.0)
        return AudioRegion(audio * np.float32(gain), SAMPLE_RATE_HZ, job.name)


def never_starts(log: Path) -> FakeRenderer:
    """Refuse to start, as Surge does where its file is broken."""
    write_line(log, "start")
    raise RenderError("cannot load Surge XT")


def dies_at_start(log: Path) -> FakeRenderer:
    """Crash while loading."""
    write_line(log, "start")
    os._exit(7)


def hangs_at_start(log: Path) -> FakeRenderer:
    """Load for ever."""
    write_line(log, "start")
    time.sleep(600)
    raise AssertionError


def starts_once(log: Path) -> FakeRenderer:
    """Start the first time only, also where two come at once."""
    try:
        log.with_name("claimed").touch(exist_ok=False)
    except FileExistsError:
        return never_starts(log)
    return FakeRenderer(log)


def starts_at_second_try(log: Path) -> FakeRenderer:
    """Refuse the first time only."""
    if not words(log):
        return never_starts(log)
    return FakeRenderer(log)


def write_line(log: Path, word: str) -> None:
    """Append ``word pid``; one short write, so that processes do not mix."""
    with log.open("a") as file:
        file.write(f"{word} {os.getpid()}\n")


def words(log: Path) -> list[str]:
    """Return the first words of all lines."""
    return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []


@dataclass
class FakePool:
    """Stands for a RenderPool, in the process of the test.

    Args:
        sound: what a job sounds like; may raise RenderError.
        jobs: all jobs so far.
    """

    sound: Callable[[RenderJob], Audio] = lambda job: tone(job.note, job.duration_s)
    jobs: list[RenderJob] = field(default_factory=list)

    def stream(
        self,
        supply: Callable[[], RenderJob | None],
        take: Callable[[int, AudioRegion | RenderError], None],
        tick: Callable[[], None] | None = None,
    ) -> None:
        for number, job in enumerate(iter(supply, None)):
            self.jobs.append(job)
            try:
                take(number, AudioRegion(self.sound(job), SAMPLE_RATE_HZ, job.name))
            except RenderError as error:
                take(number, error)
            if tick:
                tick()

    def render(
        self, jobs: Sequence[RenderJob], on_done: Callable[[int], None] | None = None
    ) -> list[AudioRegion | RenderError]:
        results: list[AudioRegion | RenderError] = []
        waiting = iter(jobs)

        def keep(number: int, result: AudioRegion | RenderError) -> None:
            results.append(result)
            if on_done:
                on_done(len(results))

        self.stream(lambda: next(waiting, None), keep)
        return results

    def warm_up(self) -> None:
        pass

    def __enter__(self) -> FakePool:
        return self

    def __exit__(self, *details: object) -> None:
        pass
