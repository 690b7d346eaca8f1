"""Integrate noise along a velocity field to data, by one of four methods.

The field is any callable ``velocity(x, t, drop)``: network and integrator do not know each other.
With guidance the conditional and the unconditional branch go through the field in one batch
(Hayes et al. 2025: RK4, 100 steps, guidance 2, which is ``PAPER_SAMPLER``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from models.config_json import ConfigError, require_range

#: ``velocity(x (batch, parameters), t (batch,), drop bool (batch,)) -> (batch, parameters)``.
#: With guidance the batch is twice that of ``x_0``: first all conditional items (drop False), then
#: the same items without context (drop True).
Velocity = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class SamplerConfig:
    """How to integrate from t = 0 to t = 1."""

    method: Literal["euler", "ab2", "heun", "rk4"] = "rk4"  # 1, 1, 2, 4 field calls a step
    steps: int = 100
    guidance: float = 2.0  # v = (1 - w) v_unconditional + w v_conditional; 1 is conditional only
    schedule: Literal["uniform", "cosine"] = "uniform"  # cosine: shorter steps near the noise

    def __post_init__(self) -> None:
        """Refuse values that cannot be integrated."""
        require_range("sampler steps", self.steps, 1, 10_000)
        if not 0.0 <= self.guidance <= 100.0:
            raise ConfigError(f"sampler guidance is {self.guidance}; allowed is 0 to 100.")


PAPER_SAMPLER = SamplerConfig(method="rk4", steps=100, guidance=2.0, schedule="uniform")


@dataclass(frozen=True)
class Solution:
    """Where the noise arrived, and what it took.

    Args:
        x_1: ``(batch, parameters)``.
        calls: times the field was called.
        evaluations: calls times branches, the papers' count (800 for their setting).
    """

    x_1: Tensor
    calls: int
    evaluations: int


def time_grid(config: SamplerConfig) -> list[float]:
    """Make the times between the steps.

    Args:
        config: steps and schedule.

    Returns:
        ``steps + 1`` rising times from 0 to 1.
    """
    even = [index / config.steps for index in range(config.steps + 1)]
    if config.schedule == "uniform":
        return even
    return [1.0 - math.cos(0.5 * math.pi * t) for t in even[:-1]] + [1.0]


@dataclass(frozen=True)
class Known:
    """Numbers that are given: they go straight to their values while the rest is integrated.

    Args:
        columns: bool ``(parameters,)``, True where the number is given.
        values: ``(batch or 1, parameters)``; only those of the known columns are read.
    """

    columns: Tensor
    values: Tensor

    def hold(self, x: Tensor, x_0: Tensor, t: float) -> Tensor:
        """Return x with the known columns where the straight path has them at time t."""
        return torch.where(self.columns, (1.0 - t) * x_0 + t * self.values, x)


def integrate(
    velocity: Velocity,
    x_0: Tensor,
    config: SamplerConfig,
    *,
    begin: tuple[float, Tensor] | None = None,
    known: Known | None = None,
) -> Solution:
    """Solve ``dx/dt = v(x, t)`` from ``x(0) = x_0`` to t = 1.

    Args:
        velocity: the field.
        x_0: noise, ``(batch, parameters)``.
        config: method, steps, guidance and schedule.
        begin: a time in 0..1 and vectors ``(batch, parameters)``: start from these vectors, noised
            as they are at that time on the path from ``x_0``, and take that share of the steps less
            (SDEdit, Meng et al. 2022, on a straight path).
        known: numbers that are given; at the end they are exactly those.

    Returns:
        The end point with the number of field evaluations.

    Raises:
        ConfigError: the time to begin at is not in 0..1.
    """
    field = _Guided(velocity, config.guidance)
    grid, x = time_grid(config), x_0
    if begin is not None:
        start, vectors = begin
        if not 0.0 <= start < 1.0:
            raise ConfigError(f"a sampler can begin at 0 up to 1; got {start}.")
        grid = [start, *(t for t in grid if t > start + 1e-6)]
        x = (1.0 - start) * x_0 + start * vectors
    if known is not None:
        x = known.hold(x, x_0, grid[0])
    last_slope: Tensor | None = None
    last_step = 0.0
    for t, end in zip(grid, grid[1:], strict=False):
        step = end - t
        if config.method == "rk4":
            x = _rk4_step(field, x, t, step)
        elif config.method == "heun":
            slope = field(x, t)
            x = x + 0.5 * step * (slope + field(x + step * slope, end))
        elif config.method == "euler":
            x = x + step * field(x, t)
        else:
            slope = field(x, t)
            if last_slope is None:
                x = x + step * slope
            else:  # the straight line through the last two slopes, for unequal steps
                lean = 0.5 * step / last_step
                x = x + step * ((1.0 + lean) * slope - lean * last_slope)
            last_slope, last_step = slope, step
        if known is not None:
            x = known.hold(x, x_0, end)
    return Solution(x, field.calls, field.calls * field.branches)


class _Guided:
    """The field at one time for the whole batch, guided, with its calls counted."""

    def __init__(self, velocity: Velocity, guidance: float) -> None:
        self.velocity = velocity
        self.guidance = guidance
        self.branches = 1 if guidance == 1.0 else 2
        self.calls = 0

    def __call__(self, x: Tensor, t: float) -> Tensor:
        self.calls += 1
        batch = x.shape[0]
        drop = torch.zeros(batch * self.branches, dtype=torch.bool, device=x.device)
        time = torch.full((batch * self.branches,), t, dtype=x.dtype, device=x.device)
        if self.branches == 1:
            return self.velocity(x, time, drop).to(x.dtype)
        drop[batch:] = True
        both = self.velocity(torch.cat([x, x]), time, drop).to(x.dtype)
        conditional, unconditional = both.chunk(2)
        return torch.lerp(unconditional, conditional, self.guidance)


def _rk4_step(field: _Guided, x: Tensor, t: float, step: float) -> Tensor:
    """Classical fourth-order Runge-Kutta."""
    slope_1 = field(x, t)
    slope_2 = field(x + 0.5 * step * slope_1, t + 0.5 * step)
    slope_3 = field(x + 0.5 * step * slope_2, t + 0.5 * step)
    slope_4 = field(x + step * slope_3, t + step)
    return x + step / 6.0 * (slope_1 + 2.0 * slope_2 + 2.0 * slope_3 + slope_4)
