"""A training run on disk: weights, their average, the optimiser's moments, and where it stood.

Two files, ``state.safetensors`` and ``state.json``, each replaced whole. The step that counts is
the one in the first, so a run killed between the two goes on as if it had not been.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from backend.errors import WeightsError
from backend.files import write_whole
from models.config_json import config_to_json
from models.inversion import InversionModel
from training.run_config import RunConfig

WEIGHTS = "state.safetensors"
DESCRIPTION = "state.json"


@dataclass(frozen=True)
class RunState:
    """How far a run is.

    Args:
        step: optimiser steps done.
        seconds: training time spent, over all starts.
        renders: renders in the training set.
    """

    step: int
    seconds: float
    renders: int


def save_state(
    folder: Path,
    model: InversionModel,
    average: InversionModel,
    optimizer: torch.optim.Optimizer,
    config: RunConfig,
    state: RunState,
) -> None:
    """Write the run's state, whole or not at all."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"average.{name}": tensor for name, tensor in average.state_dict().items()}
    moments = optimizer.state_dict()["state"]
    for number, entry in moments.items():
        tensors |= {f"moments.{number}.{name}": torch.as_tensor(v) for name, v in entry.items()}
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(folder / WEIGHTS, save(stored, metadata={"step": str(state.step)}))
    description = {"state": asdict(state), "config": config_to_json(config)}
    write_whole(folder / DESCRIPTION, json.dumps(description, indent=1).encode())


def load_state(
    folder: Path,
    model: InversionModel,
    average: InversionModel,
    optimizer: torch.optim.Optimizer,
) -> RunState | None:
    """Put a saved state into model, average and optimiser; None where the run is new.

    Raises:
        WeightsError: the files are damaged, or of a model of another shape.
    """
    if not (folder / WEIGHTS).exists():
        return None
    try:
        with safe_open(folder / WEIGHTS, "pt") as file:
            step = int(file.metadata()["step"])
        tensors = load_file(folder / WEIGHTS)
        saved = json.loads((folder / DESCRIPTION).read_text())["state"]
        for prefix, target in (("model.", model), ("average.", average)):
            named = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
            target.load_state_dict(named)
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise WeightsError(
            f"the run in {folder} cannot go on: {str(error).splitlines()[0]}; start in a new folder"
        ) from error
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("moments."):
            _, number, entry = name.split(".", 2)
            moments.setdefault(int(number), {})[entry] = tensor
    whole = optimizer.state_dict()
    optimizer.load_state_dict({"state": moments, "param_groups": whole["param_groups"]})
    return RunState(step, saved["seconds"], saved["renders"])
