from __future__ import annotations

import threading

import numpy as np
import pytest
from fake_renderers import FakePool, tone

from backend.errors import RenderError
from backend.matching.search import Search
from backend.matching.variation import Variation
from backend.records import Audio, Note, Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.renderer import RenderJob
from backend.synth.sections import layout
from backend.synth.spec import load_spec

SPEC = load_spec("surge_simple")
TARGET = tone(Note(50, 0.7, 2.0))


def gap(audio: Audio, limit: float = 0.0) -> float:
    return float(np.abs(audio - TARGET).mean())


def drawn(count: int) -> list[Vector]:
    return [SPEC.encode(draw_parameters(SPEC, index)) for index in range(count)]


def make(free: np.ndarray | None = None, seed: int = 0) -> Search:
    return Search(SPEC, TARGET, gap, Variation(SPEC, free), seed=seed)


def never() -> bool:
    return False


def after(search: Search, renders: int) -> object:
    return lambda: search.rendered >= renders


def test_all_proposals_are_rendered_in_order_and_nothing_else() -> None:
    search, pool = make(), FakePool()
    search.offer(drawn(5), "index")
    search.offer(drawn(7)[5:], "model")
    assert search.waiting() == 7
    search.run(pool, never, vary=False)  # type: ignore[arg-type]
    assert [job.name for job in pool.jobs] == [
        *(f"index {n}" for n in range(1, 6)),
        *("model 6", "model 7"),
    ]
    assert search.rendered == 7 and search.waiting() == 0
    distances = [trial.distance for trial in search.trials.elite]
    assert distances == sorted(distances) and len(distances) == 7


def test_what_sounds_the_same_is_rendered_once() -> None:
    search, pool = make(), FakePool()
    [vector] = drawn(1)
    names = [p.name for p in SPEC.parameters]
    idle = vector.copy()
    vector[names.index("a_lfo_1_amplitude")] = idle[names.index("a_lfo_1_amplitude")] = -1.0
    idle[names.index("a_lfo_1_rate")] *= -1.0  # an LFO that moves nothing
    search.offer([vector, vector.copy(), idle], "model")
    search.run(pool, never, vary=False)  # type: ignore[arg-type]
    assert len(pool.jobs) == 1


def test_it_finds_what_is_nearer_and_more_time_never_does_harm() -> None:
    search, pool = make(), FakePool()
    search.offer(drawn(8), "model")
    best = []
    for renders in (8, 40, 120):
        search.run(pool, after(search, renders))  # type: ignore[arg-type]
        best.append(search.trials.elite[0].distance)
    assert best == sorted(best, reverse=True) and best[2] < 0.7 * best[0]
    bodies = {(job.body[job.body.index(b"<parameters") :], job.note) for job in pool.jobs}
    assert len(bodies) > 0.9 * len(pool.jobs)
    assert search.trials.elite[0].parameters.note.pitch == 50


def test_each_trial_is_what_was_rendered() -> None:
    search, pool = make(), FakePool()
    search.offer(drawn(4), "model")
    search.run(pool, after(search, 40))  # type: ignore[arg-type]
    notes = {job.name: job.note for job in pool.jobs}
    for trial in search.trials.elite:
        assert trial.parameters == SPEC.decode(trial.vector)
        assert notes[trial.render.name] == trial.parameters.note
        np.testing.assert_array_equal(trial.render.audio, tone(trial.parameters.note))
        assert trial.distance == gap(trial.render.audio)


def test_what_is_not_measured_to_the_end_would_not_have_been_kept() -> None:
    limits: list[float] = []

    def impatient(audio: Audio, limit: float) -> float | None:
        limits.append(limit)
        distance = gap(audio)
        return distance if distance <= limit else None

    found = []
    for measure in (gap, impatient):
        search, pool = Search(SPEC, TARGET, measure, Variation(SPEC), seed=1), FakePool()
        search.offer(drawn(8), "model")
        search.run(pool, after(search, 150))  # type: ignore[arg-type]
        found.append([trial.distance for trial in search.trials.all()])
        assert search.rendered == 150
    assert found[0] == found[1]
    assert min(limits) < np.inf and max(limits) == np.inf


def test_locked_columns_are_never_changed() -> None:
    free = np.ones(SPEC.width, dtype=bool)
    free[layout(SPEC.name).sections["osc"]] = False
    search, pool = make(free), FakePool()
    locked = drawn(1)[0][~free]
    proposals = drawn(6)
    for vector in proposals:
        vector[~free] = locked
    search.offer(proposals, "model")
    search.run(pool, after(search, 40))  # type: ignore[arg-type]
    for trial in search.trials.elite:
        np.testing.assert_allclose(trial.vector[~free], locked, atol=1e-6)


def test_a_render_that_fails_costs_only_itself() -> None:
    def sound(job: RenderJob) -> Audio:
        if int(job.name.split()[-1]) % 3 == 0:
            raise RenderError(f"no sound from {job.name}")
        return tone(job.note)

    search = make()
    search.offer(drawn(9), "model")
    search.run(FakePool(sound), after(search, 30))  # type: ignore[arg-type]
    assert search.rendered >= 30 and len(search.failed) >= 10
    assert all(trial.distance >= 0 for trial in search.trials.elite)


def test_without_proposals_or_renders_it_ends() -> None:
    def sound(job: RenderJob) -> Audio:
        raise RenderError("none")

    empty, failing = make(), make()
    empty.run(FakePool(), never)  # type: ignore[arg-type]
    failing.offer(drawn(2), "model")
    failing.run(FakePool(sound), never)  # type: ignore[arg-type]
    assert empty.rendered == failing.rendered == 0 and len(failing.failed) == 2


def test_a_fault_of_the_one_who_asks_for_the_end_comes_through() -> None:
    def stop() -> bool:
        raise KeyboardInterrupt

    search = make()
    search.offer(drawn(2), "model")
    with pytest.raises(KeyboardInterrupt):
        search.run(FakePool(), stop)  # type: ignore[arg-type]


def test_the_model_varies_what_is_near() -> None:
    asked: list[tuple[float, int]] = []

    def vary(vector: Vector, time: float, seed: int) -> list[Vector]:
        asked.append((time, seed))
        near = np.clip(vector + 0.01 * np.random.default_rng(seed).normal(size=SPEC.width), -1, 1)
        return [near.astype(np.float32)]

    search = Search(SPEC, TARGET, gap, Variation(SPEC), model_vary=vary)
    search.offer(drawn(4), "model")
    pool = FakePool()
    search.run(pool, after(search, 40))  # type: ignore[arg-type]
    assert asked and all(0.0 < time < 1.0 for time, _ in asked)
    assert len({seed for _, seed in asked}) == len(asked)


def test_it_goes_on_while_something_else_is_done() -> None:
    search, pool = make(), FakePool()
    search.offer(drawn(4), "model")
    enough = threading.Event()

    def sound(job: RenderJob) -> Audio:
        if search.rendered > 20:
            enough.set()
        return tone(job.note)

    pool.sound = sound
    with search.going_on(pool, never):  # type: ignore[arg-type]
        assert enough.wait(120)
    rendered = search.rendered
    assert rendered > 20
    with search.going_on(pool, lambda: True):  # type: ignore[arg-type]
        pass
    assert search.rendered == rendered


def test_a_fault_of_the_renderers_comes_through_from_the_other_thread() -> None:
    class NoPool(FakePool):
        def stream(self, *callbacks: object) -> None:
            raise RenderError("Surge XT does not start")

    search = make()
    with pytest.raises(RenderError, match="does not start"):
        with search.going_on(NoPool(), never):  # type: ignore[arg-type]
            pass
    with pytest.raises(KeyError), search.going_on(NoPool(), never):  # type: ignore[arg-type]
        raise KeyError
