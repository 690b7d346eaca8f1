from __future__ import annotations

from pathlib import Path

import pytest
import torch
from fake_renderers import FakePool, tone
from tiny_model import save_tiny_weights

from backend.records import Note
from models.sampler import PAPER_SAMPLER, SamplerConfig, integrate
from training import bench_sampler
from training.bench_sampler import candidates, evaluations


def test_the_paper_s_sampler_comes_first_and_all_settings_once() -> None:
    found = candidates([1.0, 2.0], [12, 25])
    assert found[0] == PAPER_SAMPLER
    assert len(found) == len(set(found)) == 1 + 2 * 2 * 2 * 2
    assert {(s.guidance, s.steps) for s in found[1:]} == {(1, 12), (1, 25), (2, 12), (2, 25)}
    assert {(s.method, s.schedule) for s in found[1:]} == {
        *(("euler", "uniform"), ("euler", "cosine"), ("ab2", "uniform"), ("ab2", "cosine"))
    }


def test_what_is_offered_by_default_is_at_least_eight_times_cheaper() -> None:
    paper, *cheap = candidates([1.0, 1.5, 2.0], [12, 25])
    assert evaluations(paper) == 800
    assert all(evaluations(sampler) * 8 <= 800 for sampler in cheap)


@pytest.mark.parametrize("guidance", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("method", ["euler", "ab2", "heun", "rk4"])
def test_evaluations_are_those_the_sampler_makes(method: str, guidance: float) -> None:
    sampler = SamplerConfig(method, 5, guidance)  # type: ignore[arg-type]
    solution = integrate(lambda x, t, drop: -x, torch.ones(1, 2), sampler)
    assert evaluations(sampler) == solution.evaluations


def test_the_command_prints_a_line_for_each_sampler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stem = save_tiny_weights(tmp_path, "surge_simple")
    loud = FakePool(lambda job: tone(Note(job.note.pitch, 0.0, 2.0)))
    monkeypatch.setattr(bench_sampler, "find_surge", lambda given: Path("Surge XT.vst3"))
    monkeypatch.setattr(bench_sampler.RenderPool, "of_surge", lambda path, workers: loud)
    weights = ["--spec", "surge_simple", "--weights", str(stem), "--device", "cpu"]
    few = ["--items", "2", "--guidance", "1", "--steps", "3"]
    assert bench_sampler.main([*weights, *few]) == 0
    head, _, _, rule, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("2 unseen targets, surge_simple, ")
    assert [line.split(" | ")[0] for line in lines] == [
        "| rk4 100 uniform, guidance 2",
        "| euler 3 uniform, guidance 1",
        "| euler 3 cosine, guidance 1",
        "| ab2 3 uniform, guidance 1",
        "| ab2 3 cosine, guidance 1",
    ]
    assert [line.split(" | ")[1] for line in lines] == ["800", "3", "3", "3", "3"]
    assert {line.count("|") for line in (rule, *lines)} == {9}
    assert all("nan" not in line for line in lines)


def test_the_command_says_in_one_line_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        bench_sampler.main(["--weights", str(tmp_path / "none"), "--device", "cpu"])
    assert left.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("bench_sampler: ") and message.count("\n") == 1
