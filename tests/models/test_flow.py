from __future__ import annotations

import math

import pytest
import torch

from models.config_json import ConfigError
from models.flow import FlowConfig, draw_drops, draw_times, flow_loss, sample_path


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_following_the_velocity_from_any_point_ends_at_the_data() -> None:
    x_0, x_1 = torch.randn(6, 4), torch.rand(6, 4)
    path = sample_path(x_0, x_1, torch.rand(6))
    rest = (1.0 - path.t).unsqueeze(1)
    torch.testing.assert_close(path.x_t + rest * path.dx_t, x_1, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(path.x_t - (1.0 - rest) * path.dx_t, x_0, atol=1e-5, rtol=1e-5)


def test_the_ends_of_the_path() -> None:
    x_0, x_1 = torch.randn(2, 3), torch.randn(2, 3)
    path = sample_path(x_0, x_1, torch.tensor([0.0, 1.0]))
    assert torch.equal(path.x_t[0], x_0[0]) and torch.equal(path.x_t[1], x_1[1])


@pytest.mark.parametrize(("noise", "times"), [((2, 4), (2,)), ((2, 3), (3,)), ((2, 3), (2, 1))])
def test_shapes_that_do_not_belong_together(noise: tuple[int, int], times: tuple[int]) -> None:
    with pytest.raises(ValueError, match="must have one shape"):
        sample_path(torch.zeros(noise), torch.zeros(2, 3), torch.zeros(times))


def test_loss_is_the_mean_square_and_float32() -> None:
    path = sample_path(torch.zeros(2, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.zeros(2))
    assert float(flow_loss(path.dx_t, path)) == 0.0
    loss = flow_loss(torch.zeros(2, 2, dtype=torch.bfloat16), path)
    assert float(loss) == (1 + 4 + 9 + 16) / 4 and loss.dtype == torch.float32
    with pytest.raises(ValueError, match="must have shape"):
        flow_loss(torch.zeros(2, 1), path)


def test_uniform_times() -> None:
    times = draw_times(20_000, FlowConfig(), generator())
    assert 0.0 <= float(times.min()) and float(times.max()) <= 1.0
    assert abs(float(times.mean()) - 0.5) < 0.01
    assert abs(float(times.var()) - 1 / 12) < 0.002


def test_logit_normal_times() -> None:
    config = FlowConfig(time="logit_normal", logit_mean=0.5, logit_std=0.8)
    logits = torch.logit(draw_times(20_000, config, generator()))
    assert abs(float(logits.mean()) - 0.5) < 0.02
    assert abs(float(logits.std()) - 0.8) < 0.02


def test_draws_depend_on_the_generator_alone() -> None:
    assert torch.equal(
        draw_times(5, FlowConfig(), generator()), draw_times(5, FlowConfig(), generator())
    )


def test_drops_have_their_probability() -> None:
    drops = draw_drops(20_000, FlowConfig(), generator())
    assert drops.dtype == torch.bool
    assert abs(float(drops.float().mean()) - 0.1) < 0.01
    assert not bool(draw_drops(100, FlowConfig(drop_probability=0.0), generator()).any())


@pytest.mark.parametrize(
    "change", [{"drop_probability": 1.1}, {"logit_std": 0.0}, {"drop_probability": math.nan}]
)
def test_impossible_settings_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        FlowConfig(**change)
