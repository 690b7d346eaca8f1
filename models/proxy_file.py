"""A spectral proxy on disk: one safetensors file, its sizes and origin in the file's metadata.

It belongs to one parameter space, which is checked before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from models.config_json import Json, shown
from models.controls import ControlLayout
from models.description import CheckpointError, one_line
from models.spectral_proxy import SpectralProxy, SpectralProxyConfig

#: What the file says it is.
FORMAT_NAME = "synthmatch-spectral-proxy-1"
GET_AGAIN = "Get the file again."


def spectral_proxy_bytes(
    proxy: SpectralProxy, spec_fingerprint: str, provenance: Mapping[str, Json]
) -> bytes:
    """Return the content of a spectral proxy's file; numbers are rounded to half precision.

    Args:
        proxy: the trained one.
        spec_fingerprint: of the parameter space.
        provenance: how it was trained, as plain JSON values.

    Raises:
        CheckpointError: a weight is not finite.
    """
    tensors = {name: value.detach().half() for name, value in proxy.state_dict().items()}
    for name, value in tensors.items():
        if not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"Tensor {name} of the proxy is not finite. Train it again.")
    return safetensors.torch.save(
        tensors,
        metadata={
            "format": FORMAT_NAME,
            "spec_fingerprint": spec_fingerprint,
            "config": json.dumps(asdict(proxy.config)),
            "provenance": json.dumps(dict(provenance)),
        },
    )


def load_spectral_proxy(
    path: Path, layout: ControlLayout, *, spec_fingerprint: str
) -> SpectralProxy:
    """Read and check a spectral proxy.

    Args:
        path: the file.
        layout: of the parameter space it is to be used for.
        spec_fingerprint: of the same.

    Returns:
        The proxy in evaluation mode, float32, without gradients of its weights.

    Raises:
        CheckpointError: the file is missing, damaged or foreign, or goes with another space.
    """
    try:
        with safe_open(path, "pt") as file:
            said = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read ({one_line(error)}). {GET_AGAIN}") from None
    if said.get("format") != FORMAT_NAME:
        raise CheckpointError(
            f"{path} is no proxy: its format is {shown(said.get('format'))}, allowed is "
            f"{FORMAT_NAME!r}. {GET_AGAIN}"
        )
    if said.get("spec_fingerprint") != spec_fingerprint:
        raise CheckpointError(
            f"{path} goes with another space: it says {shown(said.get('spec_fingerprint'))}, "
            f"this program has {spec_fingerprint}. Use the files shipped with this version."
        )
    try:
        proxy = SpectralProxy(layout, SpectralProxyConfig(**json.loads(said["config"])))
        proxy.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path} does not hold what it says ({one_line(error)}). {GET_AGAIN}"
        ) from None
    return proxy.eval().requires_grad_(requires_grad=False)
