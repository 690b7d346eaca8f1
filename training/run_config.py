"""The settings of a training run, as they stand in a TOML file of ``training/configs``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.config_json import ConfigError, config_from_json, config_to_json, require_range
from models.flow import FlowConfig
from models.inversion import ModelConfig


@dataclass(frozen=True)
class RunConfig:
    """What a run trains and how; the model's and flow's own defaults are the paper's.

    Args:
        model: shape of the network.
        flow: time sampling, dropout of the condition, penalty.
        steps: optimiser steps in all.
        warmup_steps: steps of rising learning rate.
        decay_steps: last steps, of falling learning rate.
        batch: renders in a step.
        learning_rate: at its highest.
        weight_decay: of AdamW.
        clip_norm: bound on the gradient's norm.
        average_decay: of the weights' moving average, which is what is exported.
        bfloat16: run the network in bfloat16 where that is safe.
        optimal_transport: pair noise and vectors within a batch.
        rest_idle: put idle parameters at rest (see ``backend.synth.equivalents``).
        trade_oscillators: reorder oscillators where that changes no sound.
        renders: use at most this many renders.
        seed: of everything drawn.
        report_steps: steps between two lines of the log.
        save_seconds: time between two saved states.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    flow: FlowConfig = field(default_factory=FlowConfig)
    steps: int = 1_000_000
    warmup_steps: int = 0
    decay_steps: int = 1_000_000
    batch: int = 128
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    clip_norm: float = 0.5
    average_decay: float = 0.999
    bfloat16: bool = True
    optimal_transport: bool = True
    rest_idle: bool = True
    trade_oscillators: bool = True
    renders: int = 10_000_000
    seed: int = 999
    report_steps: int = 250
    save_seconds: int = 180

    def __post_init__(self) -> None:
        """Refuse what no run can use."""
        require_range("steps", self.steps, 1, 100_000_000)
        require_range("batch", self.batch, 1, 65_536)
        require_range("renders", self.renders, 1, 100_000_000)
        require_range("report_steps", self.report_steps, 1, 100_000_000)
        if self.learning_rate <= 0 or not 0 <= self.average_decay < 1:
            raise ConfigError(
                f"learning_rate is {self.learning_rate} and average_decay {self.average_decay}; "
                "the first must be above 0, the second in 0..1."
            )


def read_run_config(path: Path) -> RunConfig:
    """Read a run's TOML file.

    Raises:
        ConfigError: the file is missing, no TOML, or has an unknown or unusable setting.
    """
    try:
        value = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the run's settings {path}: {error}") from error
    return config_from_json(RunConfig, _overlay(config_to_json(RunConfig()), value, "run"))


def _overlay(defaults: Mapping[str, Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Put the given settings over the defaults, section by section."""
    if unknown := sorted(set(given) - set(defaults)):
        raise ConfigError(
            f"{where} has no setting {unknown[0]!r}; it has {', '.join(sorted(defaults))}."
        )
    whole = dict(defaults)
    for name, value in given.items():
        inner = isinstance(value, dict) and isinstance(defaults[name], dict)
        whole[name] = _overlay(defaults[name], value, f"{where}.{name}") if inner else value
    return whole
