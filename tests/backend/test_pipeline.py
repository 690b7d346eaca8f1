from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import FakePool, tone

from backend.errors import (
    CancelledError,
    DeviceError,
    OutputError,
    ParameterError,
    RenderError,
    SurgeNotFoundError,
    WeightsError,
)
from backend.matching import propose
from backend.matching.tune import within
from backend.pipeline import MatchRequest, MatchResult, Progress, Workshop
from backend.records import AudioRegion, Like, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.patch_file import parse_body, patch_body, read_fxp
from backend.synth.patch_lock import PatchLock
from backend.synth.renderer import RenderJob
from backend.synth.sections import section_of
from backend.synth.spec import load_spec
from backend.synth.table import surge_table


@pytest.fixture
def request_of(tiny_audio: AudioRegion, tmp_path: Path) -> MatchRequest:
    return MatchRequest(tiny_audio, tmp_path / "out", count=3)


def match(
    request: MatchRequest, progress: Progress = lambda stage, fraction: None, device: str = "cpu"
) -> MatchResult:
    """One match in a workshop of its own."""
    with Workshop(device) as workshop:
        return workshop.match(request, progress)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_without_surge_the_presets_keep_the_models_order(
    request_of: MatchRequest, tiny_weights: Path, no_surge: None
) -> None:
    result = match(request_of)
    assert [m.candidate.number for m in result.matches] == [1, 2, 3]
    assert [m.rank for m in result.matches] == [1, 2, 3]
    assert all(m.render is m.distance is m.score is None for m in result.matches)
    assert result.without_surge is not None and "Surge XT" in result.without_surge
    names = {f"tiny-{n}.{end}" for n in (1, 2, 3) for end in ("fxp", "json")} | {"tiny.png"}
    assert set(contents(request_of.folder)) == names


def test_the_presets_differ_from_each_other(
    request_of: MatchRequest, tiny_weights: Path, no_surge: None
) -> None:
    result = match(replace(request_of, count=8))
    assert len({path.read_bytes() for path in result.written.presets}) == 8


def test_with_surge_the_nearest_comes_first(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    note = Note(57, 0.0, 0.5)

    def sound(job: RenderJob) -> np.ndarray:
        # The second candidate is the target's own pitch, the others are further and further away.
        distance = abs(int(job.name.split()[-1]) - 2)
        return tone(replace(note, pitch=57 + 5 * distance))

    fake_pool.sound = sound
    target = AudioRegion(tone(note), 44_100, "target")
    result = match(replace(request_of, region=target))
    distances = [m.distance for m in result.matches if m.distance is not None]
    assert len(distances) == 3
    assert distances == sorted(distances)
    assert result.matches[0].render is not None and result.matches[0].render.name == "model 2"
    assert [m.candidate.number for m in result.matches] == [1, 2, 3]
    assert distances[0] == pytest.approx(0, abs=1e-5)
    assert result.without_surge is None
    assert {path.suffix for path in request_of.folder.iterdir()} == {
        *(".fxp", ".json", ".wav", ".png")
    }
    assert fake_pool.closed


def test_each_candidate_is_played_with_its_own_note_and_handed_over_on_the_sound_s(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    result = match(request_of)
    played = {job.name: job.note for job in fake_pool.jobs}
    for found, preset in zip(result.matches, result.written.presets, strict=True):
        assert found.render is not None
        note = found.candidate.parameters.note
        assert replace(note, pitch=0) == replace(played[found.render.name], pitch=0)
        assert (note.pitch - 57) % 12 == 0  # of 220 Hz
        written = json.loads(preset.with_suffix(".json").read_text())["note"]
        assert written == {"pitch": note.pitch, "on_s": note.on_s, "off_s": note.off_s}


def test_a_candidate_that_cannot_be_rendered_gives_way_to_the_next(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    def sound(job: RenderJob) -> np.ndarray:
        if job.name == "model 1":
            raise RenderError("the patch is unusable")
        return tone(job.note)

    fake_pool.sound = sound
    result = match(request_of)
    assert len(result.matches) == 3
    assert "model 1" not in [m.render.name for m in result.matches if m.render]
    wavs = {path.name for path in request_of.folder.glob("*.wav")}
    assert wavs == {"tiny-1.wav", "tiny-2.wav", "tiny-3.wav"}


class Clock:
    """Seconds that pass with every render."""

    def __init__(self, pool: FakePool, per_render_s: float) -> None:
        self.pool, self.per_render_s = pool, per_render_s

    def monotonic(self) -> float:
        return len(self.pool.jobs) * self.per_render_s


def test_more_time_gives_rounds_and_nearer_presets_that_keep_their_numbers(
    request_of: MatchRequest,
    tiny_weights: Path,
    fake_pool: FakePool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.pipeline.time", Clock(fake_pool, 0.2))
    target = AudioRegion(tone(Note(50, 0.7, 2.0)), 44_100, "target")
    request = replace(request_of, region=target, budget_s=12.0, picture=False)
    rounds: list[MatchResult] = []
    stages: list[str] = []
    with Workshop("cpu") as workshop:
        result = workshop.match(
            request, lambda stage, fraction: stages.append(stage), on_round=rounds.append
        )
    assert list(dict.fromkeys(stages)) == ["load", "propose", "render", "refine", "write"]
    assert len(rounds) == 3  # at once, after 3 s and after 10 s; the result is the fourth
    nearest = [r.matches[0].distance for r in (*rounds, result)]
    best = [distance for distance in nearest if distance is not None]
    assert len(best) == 4
    assert best == sorted(best, reverse=True) and best[-1] < 0.8 * best[0]
    files: dict[int, bytes] = {}
    for told in (*rounds, result):
        for found, preset in zip(told.matches, told.written.presets, strict=True):
            number = found.candidate.number
            assert preset.name == f"target-{number}.fxp"
            assert files.setdefault(number, preset.read_bytes()) == preset.read_bytes()


def test_locked_sections_are_the_same_in_all_that_is_rendered_and_written(
    request_of: MatchRequest,
    tiny_weights: Path,
    fake_pool: FakePool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.pipeline.time", Clock(fake_pool, 0.2))
    mine = parse_body(patch_body(draw_parameters(load_spec("surge_full"), 5), "Mine"), "Mine")
    lock = PatchLock(mine, ("filter", "lfos"))
    result = match(replace(request_of, lock=lock, budget_s=4.0))
    locked = {p.storage for p in surge_table().parameters if section_of(p) in lock.sections}
    bodies = [read_fxp(preset).natives for preset in result.written.presets]
    bodies += [parse_body(job.body, "x").natives for job in fake_pool.jobs]
    assert len(bodies) > 20
    for natives in bodies:
        assert {s: natives.get(s) for s in locked} == {s: mine.natives.get(s) for s in locked}
    assert len({natives["a_env1_attack"] for natives in bodies}) > 5
    for found in result.matches:
        cutoff = found.candidate.parameters.values["a_filter_1_cutoff"]
        told = load_spec("surge_full").natives(found.candidate.parameters)["a_filter1_cutoff"]
        assert told == pytest.approx(mine.natives["a_filter1_cutoff"], abs=1e-2), cutoff


def test_a_budget_of_nothing_renders_the_proposals_alone(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    rounds: list[MatchResult] = []
    with Workshop("cpu") as workshop:
        workshop.match(request_of, on_round=rounds.append)
    origins = {job.name.split()[0] for job in fake_pool.jobs}
    assert origins == {"model", "tune"} and rounds == []


def test_a_match_cancelled_while_it_is_refined_keeps_what_was_told(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    rounds: list[MatchResult] = []
    with Workshop("cpu") as workshop, pytest.raises(CancelledError):
        workshop.match(
            replace(request_of, budget_s=60.0),
            cancelled=lambda: bool(rounds) and len(fake_pool.jobs) > 30,
            on_round=rounds.append,
        )
    assert rounds
    assert all(preset.exists() for preset in rounds[-1].written.presets)


def test_same_seed_same_bytes(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool, tmp_path: Path
) -> None:
    runs = [replace(request_of, folder=tmp_path / str(n), count=1) for n in range(3)]
    runs[2] = replace(runs[2], seed=1)
    for run in runs:
        match(run)
    first, again, other = (contents(run.folder) for run in runs)
    assert first == again
    assert all(first[name] != other[name] for name in ("tiny-1.fxp", "tiny-1.json", "tiny.png"))


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_the_space_asked_for_is_used(
    request_of: MatchRequest, tiny_weights: Path, no_surge: None, spec_name: str
) -> None:
    result = match(replace(request_of, spec_name=spec_name, count=1))
    assert result.matches[0].candidate.parameters.spec_name == spec_name


def test_the_stages_come_in_order(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    heard: list[tuple[str, float]] = []
    match(request_of, lambda stage, fraction: heard.append((stage, fraction)))
    assert list(dict.fromkeys(stage for stage, _ in heard)) == [
        *("load", "propose", "render", "write")
    ]
    renders = [fraction for stage, fraction in heard if stage == "render"]
    assert renders == sorted(renders) and renders[0] == 0.0 and renders[-1] == 1.0
    assert len(set(renders)) > 10
    assert heard[-1] == ("write", 1.0)


def test_a_surge_named_but_missing_is_an_error(
    request_of: MatchRequest, tiny_weights: Path, tmp_path: Path
) -> None:
    with pytest.raises(SurgeNotFoundError), Workshop("cpu", tmp_path / "nowhere") as workshop:
        workshop.match(request_of)


def test_nothing_renders(request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool) -> None:
    def fail(job: RenderJob) -> np.ndarray:
        raise RenderError(f"no sound of {job.name}")

    fake_pool.sound = fail
    with pytest.raises(RenderError, match="model 1"):
        match(request_of)
    assert contents(request_of.folder) == {}
    assert fake_pool.closed


def test_weights_are_missing(
    request_of: MatchRequest,
    fake_pool: FakePool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: tmp_path / "nowhere" / spec_name)
    with pytest.raises(WeightsError, match="surge_full"):
        match(request_of)
    assert contents(request_of.folder) == {}
    assert fake_pool.closed


def test_a_device_that_is_not_there(
    request_of: MatchRequest, tiny_weights: Path, no_surge: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(DeviceError, match="cuda"):
        match(request_of, device="cuda")


def test_the_folder_is_tried_before_any_work(
    request_of: MatchRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr("backend.workbench.load_proposer", lambda *a: pytest.fail("loaded"))
    with pytest.raises(OutputError, match="-o"):
        match(replace(request_of, folder=tmp_path / "file" / "out"))


def test_a_warm_workshop_loads_nothing_twice(
    request_of: MatchRequest,
    tiny_weights: Path,
    fake_pool: FakePool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = match(replace(request_of, folder=tmp_path / "first"))
    with Workshop("cpu") as workshop:
        workshop.warm_up()
        monkeypatch.setattr("backend.workbench.load_proposer", lambda *a: pytest.fail("loaded"))
        monkeypatch.setattr(
            "backend.synth.render_pool.RenderPool.of_surge", lambda *a: pytest.fail("started")
        )
        results = [
            workshop.match(replace(request_of, folder=tmp_path / name)) for name in ("a", "b")
        ]
    for result in results:
        assert [m.candidate for m in result.matches] == [m.candidate for m in first.matches]


@pytest.mark.parametrize("stage", ["load", "propose", "render"])
def test_a_cancelled_match_writes_nothing_and_the_next_one_works(
    stage: str, request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    reached: list[str] = []
    with Workshop("cpu") as workshop:
        with pytest.raises(CancelledError):
            workshop.match(
                request_of, lambda name, fraction: reached.append(name), lambda: stage in reached
            )
        assert contents(request_of.folder) == {} and reached[-1] == stage
        assert workshop.match(request_of).matches


def test_a_match_cancelled_before_it_began_loads_nothing(
    request_of: MatchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.workbench.load_proposer", lambda *a: pytest.fail("loaded"))
    with Workshop("cpu") as workshop, pytest.raises(CancelledError):
        workshop.match(request_of, cancelled=lambda: True)


def test_no_picture_where_none_is_wanted(
    request_of: MatchRequest, tiny_weights: Path, no_surge: None
) -> None:
    written = match(replace(request_of, picture=False)).written
    assert written.picture is None
    assert {path.suffix for path in request_of.folder.iterdir()} == {".fxp", ".json"}


@pytest.mark.parametrize("surge", [True, False])
def test_more_like_a_candidate_is_nearer_to_it_the_smaller_the_amount(
    request_of: MatchRequest,
    tiny_weights: Path,
    request: pytest.FixtureRequest,
    surge: bool,
) -> None:
    request.getfixturevalue("fake_pool" if surge else "no_surge")
    spec = load_spec("surge_full")
    vector = Equivalents(spec).at_rest(spec.encode(draw_parameters(spec, 5))[None])[0]
    chosen = spec.decode(vector)

    def apart(amount: float | None) -> list[float]:
        like = None if amount is None else Like(chosen, amount)
        asked = replace(request_of, count=6, like=like, picture=False)
        settings = [within(spec, m.candidate.parameters) for m in match(asked).matches]
        found = [spec.encode(setting) for setting in settings]
        return [float(np.sqrt(np.mean((each - vector) ** 2))) for each in found]

    little, some, much = ([x for x in apart(a) if x > 1e-3] for a in (0.0, 0.3, 0.7))
    anew = apart(None)
    assert max(little) < min(some) and max(some) < np.mean(much) < np.mean(anew)
    assert len(little) == len(some) == 5  # beside the chosen itself
    assert len(anew) == 6 and min(anew) > max(some)


def test_the_chosen_stays_in_the_list_however_far_the_search_goes(
    request_of: MatchRequest,
    tiny_weights: Path,
    fake_pool: FakePool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.pipeline.time", Clock(fake_pool, 0.2))
    target = AudioRegion(tone(Note(50, 0.7, 2.0)), 44_100, "target")
    chosen = draw_parameters(load_spec("surge_full"), 5)
    asked = replace(request_of, region=target, budget_s=20.0, like=Like(chosen, 0.5))
    result = match(asked)
    assert result.matches[0].candidate.origin != "chosen"
    [found] = [m for m in result.matches if m.candidate.origin == "chosen"]
    assert found.candidate.parameters.note.pitch == chosen.note.pitch
    assert found.candidate.parameters.values["a_filter_1_type"] == chosen.values["a_filter_1_type"]


def test_a_candidate_of_another_space_is_refused_before_anything_is_rendered(
    request_of: MatchRequest, tiny_weights: Path, fake_pool: FakePool
) -> None:
    simple = draw_parameters(load_spec("surge_simple"), 5)
    with pytest.raises(ParameterError, match="surge_full needs exactly"):
        match(replace(request_of, like=Like(simple, 0.5)))
    assert fake_pool.jobs == [] and contents(request_of.folder) == {}
