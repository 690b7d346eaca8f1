from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from models.config_json import ConfigError
from models.sampler import PAPER_SAMPLER, SamplerConfig, integrate, time_grid

METHODS = ["euler", "ab2", "heun", "rk4"]
ORDER = {"euler": 1, "ab2": 2, "heun": 2, "rk4": 4}
CALLS_A_STEP = {"euler": 1, "ab2": 1, "heun": 2, "rk4": 4}


def falling(x: Tensor, t: Tensor, drop: Tensor) -> Tensor:
    """dx/dt = -2 (t + 1) x^2, so 1/x(1) = 1/x(0) + 3."""
    return -2.0 * (t.unsqueeze(1) + 1.0) * x.square()


def error(method: str, steps: int, schedule: str) -> float:
    config = SamplerConfig(method=method, steps=steps, guidance=1.0, schedule=schedule)
    x_0 = torch.tensor([[1.0, 0.5]], dtype=torch.float64)
    end = integrate(falling, x_0, config).x_1
    return float((end - 1.0 / (1.0 / x_0 + 3.0)).abs().max())


@pytest.mark.parametrize("schedule", ["uniform", "cosine"])
@pytest.mark.parametrize("method", METHODS)
def test_error_falls_with_the_methods_order(method: str, schedule: str) -> None:
    coarse, fine = error(method, 40, schedule), error(method, 80, schedule)
    assert abs(math.log2(coarse / fine) - ORDER[method]) < 0.25
    assert fine < 0.01


@pytest.mark.parametrize("schedule", ["uniform", "cosine"])
@pytest.mark.parametrize("method", METHODS)
def test_straight_paths_are_exact_in_a_few_steps(method: str, schedule: str) -> None:
    x_0, x_1 = torch.randn(3, 5), torch.randn(3, 5)
    config = SamplerConfig(method=method, steps=3, guidance=1.0, schedule=schedule)
    end = integrate(lambda x, t, drop: x_1 - x_0, x_0, config).x_1
    torch.testing.assert_close(end, x_1, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_calls_are_counted(method: str) -> None:
    calls = []

    def velocity(x: Tensor, t: Tensor, drop: Tensor) -> Tensor:
        calls.append(float(t[0]))
        return x

    for guidance, branches in ((1.0, 1), (2.0, 2)):
        calls.clear()
        config = SamplerConfig(method=method, steps=6, guidance=guidance)
        solution = integrate(velocity, torch.zeros(2, 3), config)
        assert solution.calls == len(calls) == 6 * CALLS_A_STEP[method]
        assert solution.evaluations == branches * len(calls)
        assert min(calls) == 0.0 and max(calls) <= 1.0


def test_the_papers_setting_takes_800_evaluations() -> None:
    solution = integrate(lambda x, t, drop: x, torch.zeros(1, 2), PAPER_SAMPLER)
    assert solution.evaluations == 800


def test_guidance_mixes_both_branches_of_one_batch() -> None:
    shapes = []

    def velocity(x: Tensor, t: Tensor, drop: Tensor) -> Tensor:
        shapes.append((tuple(x.shape), tuple(t.shape), drop.tolist()))
        return torch.where(drop.unsqueeze(1), torch.tensor(1.0), torch.tensor(5.0)).expand_as(x)

    def end(guidance: float) -> float:
        config = SamplerConfig(method="euler", steps=1, guidance=guidance)
        return float(integrate(velocity, torch.zeros(2, 3), config).x_1[0, 0])

    assert end(2.0) == 9.0  # 2 * 5 - 1
    assert shapes.pop() == ((4, 3), (4,), [False, False, True, True])
    assert end(0.0) == 1.0
    assert end(1.0) == 5.0
    assert shapes.pop() == ((2, 3), (2,), [False, False])


@pytest.mark.parametrize("steps", [1, 2, 9])
@pytest.mark.parametrize("schedule", ["uniform", "cosine"])
def test_time_grid_rises_from_0_to_1(schedule: str, steps: int) -> None:
    grid = time_grid(SamplerConfig(steps=steps, schedule=schedule))
    assert len(grid) == steps + 1 and grid[0] == 0.0 and grid[-1] == 1.0
    widths = [b - a for a, b in pairwise(grid)]
    assert min(widths) > 0.0
    if schedule == "cosine":
        assert widths == sorted(widths)
    else:
        assert max(widths) - min(widths) < 1e-12


@pytest.mark.parametrize("change", [{"steps": 0}, {"guidance": -1.0}, {"guidance": math.nan}])
def test_impossible_settings_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        replace(PAPER_SAMPLER, **change)
