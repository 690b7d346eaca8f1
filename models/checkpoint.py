"""Weights on disk: ``<stem>.safetensors`` with the numbers, ``<stem>.json`` with all the rest.

The JSON file is readable: configurations, the parameter space and its fingerprint, where the
training data came from, the sampler that suits the model, and the SHA-256 of the other file.
Nothing is pickled, and nothing is used before it has been checked.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from models.config_json import Json, shown
from models.description import (
    FORMAT_NAME,
    GET_AGAIN,
    CheckpointError,
    Description,
    description_to_json,
    json_path,
    one_line,
    read_bytes,
    read_description,
)
from models.inversion import InversionModel
from models.sampler import PAPER_SAMPLER, SamplerConfig

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Description",
    "load_checkpoint",
    "read_description",
    "save_checkpoint",
]

_STORED = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


@dataclass(frozen=True)
class Checkpoint:
    """A model ready to be used, in evaluation mode, and its description."""

    model: InversionModel
    description: Description


def save_checkpoint(
    stem: Path,
    model: InversionModel,
    *,
    spec_fingerprint: str,
    provenance: Mapping[str, Json],
    sampler: SamplerConfig = PAPER_SAMPLER,
    stored_as: Literal["float16", "bfloat16", "float32"] = "float16",
) -> Description:
    """Write both files, each whole or not at all.

    Args:
        stem: path without ending; its folder is made if needed.
        model: the model, on any device.
        spec_fingerprint: of the parameter space.
        provenance: how the model was trained, as plain JSON values.
        sampler: the setting to use unless told otherwise.
        stored_as: number format of the parameters; buffers stay float32.

    Returns:
        What was written to the JSON file.

    Raises:
        CheckpointError: a parameter is not finite, also after rounding to ``stored_as``.
        OSError: the folder or file cannot be written.
    """
    parameters = dict(model.named_parameters())
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        dtype = _STORED[stored_as] if name in parameters else torch.float32
        tensors[name] = tensor.detach().to("cpu", dtype).contiguous()
        if not bool(torch.isfinite(tensors[name]).all()):
            raise CheckpointError(
                f"Tensor {name} is not finite as {stored_as}; nothing was written. "
                "Check the training run, or store as float32."
            )
    data = safetensors.torch.save(tensors, metadata={"format": FORMAT_NAME})
    description = Description(
        config=model.config,
        spec_fingerprint=spec_fingerprint,
        sampler=sampler,
        provenance=dict(provenance),
        weights_sha256=hashlib.sha256(data).hexdigest(),
    )
    text = json.dumps(description_to_json(description), indent=2, allow_nan=False) + "\n"
    stem.parent.mkdir(parents=True, exist_ok=True)
    _write_together({_weights_path(stem): data, json_path(stem): text.encode()})
    return description


def load_checkpoint(
    stem: Path, *, spec_fingerprint: str | None, device: torch.device | str = "cpu"
) -> Checkpoint:
    """Read, check and build a model.

    Args:
        stem: path without ending.
        spec_fingerprint: of the parameter space that is going to decode the vectors; None skips
            the comparison.
        device: where the model shall live.

    Returns:
        The model in evaluation mode with float32 parameters, and its description.

    Raises:
        CheckpointError: everything of ``read_description``; weights missing, cut off or changed;
            tensors other than the network's; not finite; or another spec fingerprint.
    """
    description = read_description(stem)
    if spec_fingerprint is not None and description.spec_fingerprint != spec_fingerprint:
        raise CheckpointError(
            f"{json_path(stem)} was trained for another parameter space "
            f"{description.config.spec_name}: its fingerprint is {description.spec_fingerprint}, "
            f"this program's is {spec_fingerprint}. Use the weights shipped with this version."
        )
    path = _weights_path(stem)
    data = read_bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    if digest != description.weights_sha256:
        raise CheckpointError(
            f"{path} is damaged or belongs to another description: its SHA-256 is {digest}, "
            f"{json_path(stem).name} says {description.weights_sha256}. {GET_AGAIN}"
        )
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path} is not a safetensors file ({one_line(error)}). {GET_AGAIN}"
        ) from None
    model = InversionModel(description.config)
    _check_tensors(tensors, model.state_dict(), path)
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return Checkpoint(model.to(device).eval(), description)


def _weights_path(stem: Path) -> Path:
    return stem.with_name(stem.name + ".safetensors")


def _check_tensors(got: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    unpaired = sorted(got.keys() ^ wanted.keys())
    if unpaired:
        state = "lacks" if unpaired[0] in wanted else "has the unknown"
        raise CheckpointError(
            f"{path} {state} tensor {shown(unpaired[0])} ({len(unpaired)} differ); allowed are "
            f"the {len(wanted)} of the described network. {GET_AGAIN}"
        )
    for name, tensor in got.items():
        if tensor.shape != wanted[name].shape or not tensor.is_floating_point():
            raise CheckpointError(
                f"{path}: tensor {name} is {tensor.dtype} of shape {tuple(tensor.shape)}, the "
                f"described network needs floats of shape {tuple(wanted[name].shape)}. {GET_AGAIN}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(
                f"{path}: tensor {name} holds NaN or infinity, allowed are finite numbers. "
                f"{GET_AGAIN}"
            )


def _write_together(files: Mapping[Path, bytes]) -> None:
    """Write all files beside their places first, then rename them in order."""
    ready: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            handle, name = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
            ready[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)  # mkstemp makes files that only their owner reads
        for path, part in ready.items():
            os.replace(part, path)
    finally:
        for part in ready.values():
            part.unlink(missing_ok=True)
