"""A proxy on disk: one safetensors file, its sizes and origin in the file's metadata.

It belongs to one parameter space and, if it predicts embeddings, to one of these, that of the index
of renders it was trained on; both are checked before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from models.config_json import Json, shown
from models.controls import ControlLayout
from models.description import CheckpointError, one_line
from models.proxy import Proxy, ProxyConfig
from models.spectral_proxy import SpectralProxy, SpectralProxyConfig

_Network = TypeVar("_Network", bound=nn.Module)

#: What the file of a proxy, and of a spectral proxy, says it is.
FORMAT_NAME, SPECTRAL_FORMAT_NAME = "synthmatch-proxy-1", "synthmatch-spectral-proxy-1"
GET_AGAIN = "Get the file again."


@dataclass(frozen=True)
class ProxyOrigin:
    """What a proxy goes with.

    Args:
        spec_fingerprint: of the parameter space.
        embedding_sha256: of the embedding that it predicts.
        provenance: how it was trained, as plain JSON values.
    """

    spec_fingerprint: str
    embedding_sha256: str
    provenance: Mapping[str, Json]


def proxy_bytes(proxy: Proxy, origin: ProxyOrigin) -> bytes:
    """Return the content of the file; numbers are rounded to half precision."""
    goes_with = {
        "spec_fingerprint": origin.spec_fingerprint,
        "embedding_sha256": origin.embedding_sha256,
    }
    return _content(proxy, FORMAT_NAME, asdict(proxy.config), goes_with, origin.provenance)


def spectral_proxy_bytes(
    proxy: SpectralProxy, spec_fingerprint: str, provenance: Mapping[str, Json]
) -> bytes:
    """Return the content of a spectral proxy's file; numbers are rounded to half precision.

    Args:
        proxy: the trained one.
        spec_fingerprint: of the parameter space.
        provenance: how it was trained, as plain JSON values.
    """
    goes_with = {"spec_fingerprint": spec_fingerprint}
    return _content(proxy, SPECTRAL_FORMAT_NAME, asdict(proxy.config), goes_with, provenance)


def load_proxy(path: Path, *, spec_fingerprint: str, embedding_sha256: str) -> Proxy:
    """Read and check a proxy.

    Args:
        path: the file.
        spec_fingerprint: of the parameter space it is to be used for.
        embedding_sha256: of the embedding it is to be used with.

    Returns:
        The proxy in evaluation mode, float32, without gradients of its weights.

    Raises:
        CheckpointError: the file is missing, damaged or foreign, or goes with something else.
    """
    goes_with = {"spec_fingerprint": spec_fingerprint, "embedding_sha256": embedding_sha256}
    return _load(path, FORMAT_NAME, goes_with, lambda sizes: Proxy(ProxyConfig(**sizes)))


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
        CheckpointError: the file is missing, damaged or foreign, or goes with something else.
    """
    goes_with = {"spec_fingerprint": spec_fingerprint}
    return _load(
        path,
        SPECTRAL_FORMAT_NAME,
        goes_with,
        lambda sizes: SpectralProxy(layout, SpectralProxyConfig(**sizes)),
    )


def _content(
    proxy: nn.Module,
    format_name: str,
    sizes: Mapping[str, Json],
    goes_with: Mapping[str, str],
    provenance: Mapping[str, Json],
) -> bytes:
    tensors = {name: value.detach().half() for name, value in proxy.state_dict().items()}
    for name, value in tensors.items():
        if not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"Tensor {name} of the proxy is not finite. Train it again.")
    return safetensors.torch.save(
        tensors,
        metadata={
            "format": format_name,
            **goes_with,
            "config": json.dumps(dict(sizes)),
            "provenance": json.dumps(dict(provenance)),
        },
    )


def _load(
    path: Path,
    format_name: str,
    goes_with: Mapping[str, str],
    make: Callable[[dict[str, Any]], _Network],
) -> _Network:
    try:
        with safe_open(path, "pt") as file:
            said = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read ({one_line(error)}). {GET_AGAIN}") from None
    if said.get("format") != format_name:
        raise CheckpointError(
            f"{path} is no proxy: its format is {shown(said.get('format'))}, allowed is "
            f"{format_name!r}. {GET_AGAIN}"
        )
    for what, wanted in goes_with.items():
        if said.get(what) != wanted:
            raise CheckpointError(
                f"{path} goes with another {what.split('_')[0]}: it says {shown(said.get(what))}, "
                f"this program has {wanted}. Use the files shipped with this version."
            )
    try:
        proxy = make(json.loads(said["config"]))
        proxy.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path} does not hold what it says ({one_line(error)}). {GET_AGAIN}"
        ) from None
    return proxy.eval().requires_grad_(requires_grad=False)
