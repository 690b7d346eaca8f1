"""A training run on disk: weights, their average, the optimiser's moments, and where it stood.

Two files, ``state.safetensors`` and ``state.json``, each replaced whole. The step that counts is
the one in the first, so a run killed between the two goes on as if it had not been.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from backend.errors import WeightsError
from backend.files import write_whole
from backend.synth.spec import load_spec
from models.checkpoint import CheckpointError, load_checkpoint
from models.config_json import Json, config_to_json
from models.inversion import InversionModel
from training.run_config import RunConfig

#: What is kept of the provenance of a run that another goes on from.
EARLIER = ("renders", "steps", "batch", "training_hours")
WEIGHTS = "state.safetensors"
DESCRIPTION = "state.json"


@dataclass(frozen=True)
class RunState:
    """How far a run is.

    Args:
        step: optimiser steps done.
        seconds: training time spent, over all starts.
        renders: renders in the training set.
        earlier: provenance of the weights that the run began from, oldest first: for each earlier
            run its ``renders``, ``steps``, ``batch`` and ``training_hours``.
    """

    step: int
    seconds: float
    renders: int
    earlier: tuple[Mapping[str, Json], ...] = ()


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
    earlier = tuple(saved.get("earlier", ()))
    return RunState(step, saved["seconds"], saved["renders"], earlier)


def begin_from(stem: Path, model: InversionModel, average: InversionModel) -> RunState:
    """Put exported weights into the model and its average, to train on from there.

    Args:
        stem: the weights, without ending.
        model: takes them; its statistics of the spectrograms too.
        average: likewise.

    Returns:
        The state of a new run whose ``earlier`` says what the weights have behind them.

    Raises:
        WeightsError: the weights are unusable, or of a network of another shape.
    """
    fingerprint = load_spec(model.config.spec_name).fingerprint
    try:
        found = load_checkpoint(stem, spec_fingerprint=fingerprint)
    except CheckpointError as error:
        raise WeightsError(str(error)) from error
    if found.model.config != model.config:
        raise WeightsError(
            f"the weights {stem} are of another network than the run's; give the run the [model] "
            "of their JSON file, or begin without weights"
        )
    for target in (model, average):
        target.load_state_dict(found.model.state_dict())
    behind = found.description.provenance
    last = {name: behind[name] for name in EARLIER if name in behind}
    listed = behind.get("earlier", [])
    before = [run for run in listed if isinstance(run, dict)] if isinstance(listed, list) else []
    return RunState(0, 0.0, 0, (*before, last))
