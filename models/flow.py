"""Rectified flow: the straight path from noise to data, and the loss that teaches its velocity.

One training step, with noise already paired to the vectors by minibatch optimal transport:

    path = sample_path(noise, vectors, draw_times(len(vectors), flow, generator))
    drop = draw_drops(len(vectors), flow, generator)
    loss = flow_loss(field(path.x_t, path.t, context, drop), path)

(Hayes et al. 2025, section on conditional flow matching; code ``surge_flow_matching_module.py``.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from models.config_json import ConfigError


@dataclass(frozen=True)
class FlowConfig:
    """How the flow is trained; the defaults are the paper's."""

    time: Literal["uniform", "logit_normal"] = "uniform"
    logit_mean: float = 0.0  # of the normal under the logistic; above 0 prefers late times
    logit_std: float = 1.0
    drop_probability: float = 0.1  # items trained without context, for guidance
    penalty_weight: float = 0.01  # of Param2Tok's mean absolute assignment
    hint_weight: float = 1.0  # of the hint's own squared error, where the field has a hint

    def __post_init__(self) -> None:
        """Refuse values that no training can use."""
        if not 0.0 <= self.drop_probability <= 1.0:
            raise ConfigError(f"drop_probability is {self.drop_probability}; allowed is 0 to 1.")
        if self.logit_std <= 0.0:
            raise ConfigError(f"logit_std is {self.logit_std}; it must be above 0.")


@dataclass(frozen=True)
class PathSample:
    """A point on each item's path, and where the path goes from there.

    Args:
        x_0: noise, ``(batch, parameters)``.
        x_1: data, ``(batch, parameters)``, in -1..1.
        t: time, ``(batch,)`` in 0..1.
        x_t: the point, ``(batch, parameters)``.
        dx_t: the velocity at that point, ``(batch, parameters)``.
    """

    x_0: Tensor
    x_1: Tensor
    t: Tensor
    x_t: Tensor
    dx_t: Tensor


def sample_path(x_0: Tensor, x_1: Tensor, t: Tensor) -> PathSample:
    """Walk the straight line: ``x_t = (1 - t) x_0 + t x_1``, ``dx_t = x_1 - x_0``.

    Args:
        x_0: noise, ``(batch, parameters)``.
        x_1: data, ``(batch, parameters)``.
        t: time, ``(batch,)`` in 0..1.

    Returns:
        The points and velocities.

    Raises:
        ValueError: the shapes do not belong together.
    """
    if x_0.shape != x_1.shape or t.shape != x_0.shape[:1]:
        raise ValueError(
            "Noise and data must have one shape (batch, parameters), and time (batch,). "
            f"Got {tuple(x_0.shape)}, {tuple(x_1.shape)} and {tuple(t.shape)}."
        )
    along = t.unsqueeze(1)
    return PathSample(x_0, x_1, t, (1.0 - along) * x_0 + along * x_1, x_1 - x_0)


def draw_times(count: int, config: FlowConfig, generator: torch.Generator) -> Tensor:
    """Draw a time for each item.

    Args:
        count: number of items.
        config: ``uniform`` as the paper, or ``logit_normal`` (Esser et al. 2024), which spends
            more of the training between the two ends.
        generator: on the device where the times are wanted.

    Returns:
        float32 ``(count,)`` in 0..1.
    """
    if config.time == "uniform":
        return torch.rand(count, generator=generator, device=generator.device)
    normal = torch.randn(count, generator=generator, device=generator.device)
    return torch.sigmoid(config.logit_mean + config.logit_std * normal)


def draw_drops(count: int, config: FlowConfig, generator: torch.Generator) -> Tensor:
    """Choose the items that are trained without context.

    Args:
        count: number of items.
        config: gives the probability.
        generator: on the device where the choice is wanted.

    Returns:
        bool ``(count,)``; True is without.
    """
    chance = torch.rand(count, generator=generator, device=generator.device)
    return chance < config.drop_probability


def flow_loss(velocity: Tensor, path: PathSample) -> Tensor:
    """Mean squared error of the velocity, over items and parameters, in float32.

    Args:
        velocity: what the field said at ``path.x_t``, ``(batch, parameters)``.
        path: the points that were asked about.

    Returns:
        Scalar.

    Raises:
        ValueError: the velocity has another shape than the path.
    """
    if velocity.shape != path.dx_t.shape:
        raise ValueError(
            f"The velocity must have shape {tuple(path.dx_t.shape)}. Got {tuple(velocity.shape)}."
        )
    return F.mse_loss(velocity.float(), path.dx_t.float())


#: Time left to 1 below which an error in predicted data weighs no more than here.
WEIGHING_TIME_LEFT = 0.25


def data_loss(data: Tensor, path: PathSample) -> Tensor:
    """Mean squared error of predicted data, as the velocity towards it would weigh it.

    The velocity to predicted data is ``(data - x_t) / (1 - t)``, so its error is that of the data
    over the time left; bounded near the end, where it would drown everything else. A network with
    few tokens can say what the data is, but not what the noise was (Li & He 2025).

    Args:
        data: what the field said x_1 is, ``(batch, parameters)``.
        path: the points that were asked about.

    Returns:
        Scalar.
    """
    left = (1.0 - path.t).clamp_min(WEIGHING_TIME_LEFT).unsqueeze(1)
    return (((data.float() - path.x_1.float()) / left) ** 2).mean()
