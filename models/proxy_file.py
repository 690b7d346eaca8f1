"""A proxy on disk: one safetensors file, its sizes and origin in the file's metadata.

It belongs to one parameter space and to one embedding, that of the index of renders it was trained
on; both are checked before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from models.config_json import Json, shown
from models.description import CheckpointError, one_line
from models.proxy import Proxy, ProxyConfig

FORMAT_NAME = "synthmatch-proxy-1"
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
    tensors = {name: value.detach().half() for name, value in proxy.state_dict().items()}
    for name, value in tensors.items():
        if not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"Tensor {name} of the proxy is not finite. Train it again.")
    return safetensors.torch.save(
        tensors,
        metadata={
            "format": FORMAT_NAME,
            "spec_fingerprint": origin.spec_fingerprint,
            "embedding_sha256": origin.embedding_sha256,
            "config": json.dumps(asdict(proxy.config)),
            "provenance": json.dumps(dict(origin.provenance)),
        },
    )


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
    for what, wanted in (
        ("spec_fingerprint", spec_fingerprint),
        ("embedding_sha256", embedding_sha256),
    ):
        if said.get(what) != wanted:
            raise CheckpointError(
                f"{path} goes with another {what.split('_')[0]}: it says {shown(said.get(what))}, "
                f"this program has {wanted}. Use the files shipped with this version."
            )
    try:
        proxy = Proxy(ProxyConfig(**json.loads(said["config"])))
        proxy.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path} does not hold what it says ({one_line(error)}). {GET_AGAIN}"
        ) from None
    return proxy.eval().requires_grad_(requires_grad=False)
