from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fake_renderers
import numpy as np
import pytest
from fake_renderers import SHORT_S, FakeRenderer, tone, words
from still_patches import still_body

from backend.errors import RenderError
from backend.priority import NICER_BY
from backend.records import AudioRegion, Note
from backend.synth import render_pool
from backend.synth.draw_parameters import draw_parameters
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob, SurgeRenderer
from backend.synth.spec import load_spec


def job(name: str, pitch: int = 60) -> RenderJob:
    return RenderJob(b"", Note(pitch, 0.0, 0.1), name, SHORT_S)


def workers_alive() -> list[int]:
    """Process ids of the renderers of this process."""
    children = multiprocessing.active_children()
    return [child.pid for child in children if child.name == "synthmatch-renderer" and child.pid]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


#: Word of each job in one batch; its pitch is 60 + place.
WORDS = (
    *("slow", "tone", "crash", "tone", "refuse", "hang", "crash-once", "tone"),
    *("stumble", "refuse-once", "tone", "slow"),
)
LOST = {"crash", "refuse", "hang", "stumble"}


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """One batch over two workers, with everything that can go wrong in it."""
    log = tmp_path_factory.mktemp("batch") / "log"
    told: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render_pool, "RENDER_LIMIT_S", 3.0)
        with RenderPool(partial(FakeRenderer, log), 2) as pool:
            jobs = [job(f"{word} {place}", 60 + place) for place, word in enumerate(WORDS)]
            results = pool.render(jobs, told.append)
            later = pool.render([job("tone later", 90)])
    return {"results": results, "later": later, "told": told, "tried": words(log)}


def test_every_sound_is_in_its_place_whatever_happens_to_the_others(
    batch: dict[str, object],
) -> None:
    results = batch["results"]
    assert isinstance(results, list) and len(results) == len(WORDS)
    for place, (word, result) in enumerate(zip(WORDS, results, strict=True)):
        if word in LOST:
            continue
        assert isinstance(result, AudioRegion), result
        assert result.name == f"{word} {place}"
        expected = tone(Note(60 + place, 0.0, 0.1), SHORT_S)
        np.testing.assert_array_equal(result.audio, expected)


def test_a_lost_job_is_an_error_that_names_it(batch: dict[str, object]) -> None:
    results = batch["results"]
    assert isinstance(results, list)
    lost = {word: result for word, result in zip(WORDS, results, strict=True) if word in LOST}
    assert all(isinstance(error, RenderError) for error in lost.values())
    texts = {word: str(error) for word, error in lost.items()}
    assert all(f"{word} {WORDS.index(word)}" in text for word, text in texts.items())
    assert "died (exit code 9)" in texts["crash"]
    assert "unusable" in texts["refuse"]
    assert "did not answer in time" in texts["hang"]
    assert "died (exit code 1)" in texts["stumble"]
    assert all("\n" not in text for text in texts.values())


def test_a_failed_job_is_tried_twice_and_no_more(batch: dict[str, object]) -> None:
    tried = batch["tried"]
    assert isinstance(tried, list)
    for word in (*LOST, "crash-once", "refuse-once"):
        assert tried.count(word) == 2, word
    assert tried.count("slow") == 2 and tried.count("tone") == 5  # one of each is in ``later``


def test_only_workers_that_died_or_hung_are_replaced(batch: dict[str, object]) -> None:
    tried = batch["tried"]
    assert isinstance(tried, list)
    died = 2 + 2 + 2 + 1  # crash, hang, stumble twice each; crash-once
    # The last may be on its way when the batch is done.
    assert 2 + died - 1 <= tried.count("start") <= 2 + died


def test_the_pool_serves_again_after_a_bad_batch(batch: dict[str, object]) -> None:
    [result] = batch["later"]  # type: ignore[misc]
    np.testing.assert_array_equal(result.audio, tone(Note(90, 0.0, 0.1), SHORT_S))


def test_progress_rises_to_the_number_of_jobs(batch: dict[str, object]) -> None:
    told = batch["told"]
    assert isinstance(told, list)
    assert told == sorted(told) and told[-1] == len(WORDS) and max(told[:-1]) < len(WORDS)


def test_jobs_run_beside_each_other_and_the_short_ones_do_not_wait(log: Path) -> None:
    with RenderPool(partial(FakeRenderer, log), 2) as pool:
        while words(log).count("start") < 2:
            pool.render([job("tone")])
        pool.render([job("slow"), job("slow")])
        before = len(words(log))
        jobs = [job("slow", 60), *(job("tone", 61 + place) for place in range(6))]
        results = pool.render(jobs)
    assert [r.audio[0, 10] for r in results] == [  # type: ignore[union-attr]
        tone(j.note, SHORT_S)[0, 10] for j in jobs
    ]
    lines = [line.split() for line in log.read_text().splitlines()[before:]]
    [busy] = [pid for word, pid in lines if word == "slow"]
    quick = [pid for word, pid in lines if word == "tone"]
    assert len(quick) == 6 and busy not in quick[:2]


def test_a_batch_that_is_broken_off_leaves_no_sound_to_the_next(log: Path) -> None:
    def break_off(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    with RenderPool(partial(FakeRenderer, log), 2) as pool:
        while words(log).count("start") < 2:
            pool.render([job("tone")])
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                pool.render([job("tone", 40), *(job("slow", 41 + n) for n in range(3))], break_off)
            results = pool.render([job("tone", 60 + place) for place in range(6)])
            for place, result in enumerate(results):
                expected = tone(Note(60 + place, 0.0, 0.1), SHORT_S)
                np.testing.assert_array_equal(result.audio, expected)  # type: ignore[union-attr]
    assert words(log).count("start") == 2


def test_no_jobs_need_no_renderer(log: Path) -> None:
    with RenderPool(partial(fake_renderers.hangs_at_start, log), 1) as pool:
        assert pool.render([]) == []


def test_a_warm_pool_has_a_renderer_that_waits(log: Path) -> None:
    with RenderPool(partial(FakeRenderer, log), 2) as pool:
        pool.warm_up()
        assert "start" in words(log)
        pool.warm_up()
        [result] = pool.render([job("tone")])
        assert isinstance(result, AudioRegion)


def test_a_pool_that_cannot_start_says_so_when_warmed_up(log: Path) -> None:
    with RenderPool(partial(fake_renderers.never_starts, log), 1) as pool:
        with pytest.raises(RenderError, match="does not start"):
            pool.warm_up()


def test_a_long_job_may_take_longer(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_pool, "RENDER_LIMIT_S", 0.1)  # a slow job takes 0.5 s
    long = RenderJob(b"", Note(60, 0.0, 0.1), "slow", 4.0 * 100)
    with RenderPool(partial(FakeRenderer, log), 1) as pool:
        short_result, long_result = pool.render([job("slow"), long])
    assert isinstance(short_result, RenderError) and "in time" in str(short_result)
    assert isinstance(long_result, AudioRegion)


def test_a_patient_pool_waits_longer(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_pool, "RENDER_LIMIT_S", 0.1)  # a slow job takes 0.5 s
    with RenderPool(partial(FakeRenderer, log), 1, patience=100.0) as pool:
        [result] = pool.render([job("slow")])
    assert isinstance(result, AudioRegion)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (fake_renderers.never_starts, "cannot load Surge XT"),
        (fake_renderers.dies_at_start, "exit code 7"),
        (fake_renderers.hangs_at_start, "did not answer in time"),
    ],
)
def test_a_renderer_that_never_starts_is_an_error_and_no_loop(
    make: Callable[[Path], FakeRenderer], reason: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if make is fake_renderers.hangs_at_start:
        monkeypatch.setattr(render_pool, "START_LIMIT_S", 0.5)
    with RenderPool(partial(make, log), 1) as pool:
        with pytest.raises(RenderError, match=f"does not start.*{reason}.*synthmatch doctor"):
            pool.render([job("tone")])
    assert len(words(log)) <= 3  # tried twice, and a third on its way when the pool gave up
    assert workers_alive() == []


def test_a_renderer_that_starts_at_the_second_try_is_used(log: Path) -> None:
    with RenderPool(partial(fake_renderers.starts_at_second_try, log), 1) as pool:
        [result] = pool.render([job("tone")])
    assert isinstance(result, AudioRegion)


def test_one_worker_that_starts_is_enough(log: Path) -> None:
    with RenderPool(partial(fake_renderers.starts_once, log), 2) as pool:
        results = pool.render([job(f"slow {n}") for n in range(8)])
    assert all(isinstance(result, AudioRegion) for result in results)
    assert words(log).count("slow") == 8 and words(log).count("start") > 2


def test_close_leaves_no_process_whatever_it_is_doing(log: Path) -> None:
    pool = RenderPool(partial(FakeRenderer, log), 2)
    loading = workers_alive()
    assert len(loading) == 2
    pool.close()
    assert workers_alive() == []

    with pytest.raises(KeyboardInterrupt), RenderPool(partial(FakeRenderer, log), 2) as pool:
        pool.render([job("tone")])
        working = workers_alive()
        raise KeyboardInterrupt
    assert len(working) == 2 and workers_alive() == []
    for pid in loading + working:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


PARENT = """
import sys
from functools import partial
from pathlib import Path
from fake_renderers import FakeRenderer, words
from backend.records import Note
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob

log = Path(sys.argv[1])
pool = RenderPool(partial(FakeRenderer, log), 2)
while words(log).count("start") < 2:
    pool.render([RenderJob(b"", Note(60, 0.0, 0.1), "tone", 0.1)])
pool.render([RenderJob(b"", Note(60, 0.0, 0.1), "hang", 0.1)])
"""


def test_workers_leave_when_their_parent_is_killed(log: Path) -> None:
    # Parent and workers hold the pipe of standard output; it ends when the last of them is gone.
    paths = [*sys.path, str(Path(fake_renderers.__file__).parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    try:
        until = time.monotonic() + 60
        while "hang" not in words(log) and parent.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert words(log).count("start") == 2 and "hang" in words(log)
    finally:
        parent.send_signal(signal.SIGKILL)
    _, complaints = parent.communicate(timeout=15)  # one worker idle, one in an endless render
    assert complaints == b""


def test_control_c_is_left_to_the_parent(log: Path) -> None:
    with RenderPool(partial(FakeRenderer, log), 1) as pool:
        pool.render([job("tone")])
        [worker] = workers_alive()
        os.kill(worker, signal.SIGINT)
        [result] = pool.render([job("tone")])
        assert isinstance(result, AudioRegion) and workers_alive() == [worker]


@pytest.mark.surge
def test_two_surges_render_in_order_even_when_one_is_killed(
    surge: SurgeRenderer, surge_path: Path
) -> None:
    spec = load_spec("surge_simple")
    jobs = []
    for index in range(6):
        drawn = draw_parameters(spec, index)
        note = Note(40 + 8 * index, 0.05, 0.6)
        jobs.append(RenderJob(still_body(drawn), note, f"index {index}", 1.0))
    alone = [surge.render(each).audio for each in jobs]
    assert len({each.tobytes() for each in alone}) == 6
    killed: list[int] = []

    def kill_one(done: int) -> None:
        if done >= 2 and not killed:
            killed.append(workers_alive()[0])
            os.kill(killed[0], signal.SIGKILL)

    with RenderPool.of_surge(surge_path, 2) as pool:
        for on_done in (None, kill_one):
            results = pool.render(jobs, on_done)
            for each, expected in zip(results, alone, strict=True):
                assert isinstance(each, AudioRegion), each
                # The six differ from each other by 4.7e-4 or more; one near -93 dB was once seen
                # to differ from itself by 2.2e-5 after other tests had used the shared Surge.
                np.testing.assert_allclose(each.audio, expected, atol=1e-4)
    assert killed and killed[0] not in workers_alive()


@pytest.mark.parametrize(("cores", "renderers"), [(1, 2), (2, 2), (4, 2), (8, 4), (64, 8)])
def test_a_match_takes_two_renderers_or_leaves_half_of_the_cores_free(
    cores: int, renderers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    assert render_pool.worker_count() == renderers


@pytest.mark.skipif(sys.platform == "win32", reason="counts priorities otherwise")
def test_renderers_step_back_for_the_music(log: Path) -> None:
    with RenderPool(partial(FakeRenderer, log), 1) as pool:
        pool.warm_up()
        [worker] = workers_alive()
        priority = os.getpriority(os.PRIO_PROCESS, worker)
    assert priority == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICER_BY)
