"""The index of renders on disk: ``<stem>.safetensors`` with the numbers, ``<stem>.json`` besides.

As with the model's weights nothing is pickled, and nothing is used before it has been checked. The
JSON file says which parameter space the renders are of, how the file was made, the SHA-256 of the
other file, and that of the vectors which some of its numbers must draw, so that an index never goes
with other draws than those it was rendered from.

Tensors: ``mean``, ``components`` and ``variances`` (see ``embedding.Embedding``); ``draws`` uint32
``(n,)``, ``vectors`` int8 ``(n, width)`` in units of ``step`` float32 ``(width,)``, ``pitches``
uint8 ``(n,)`` and ``leads_ms`` int16 ``(n,)``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy
import torch
from safetensors import SafetensorError

from backend.errors import ParameterError, WeightsError
from backend.files import write_whole
from backend.matching.embedding import BANDS, SLOTS, Embedding
from backend.matching.neighbours import Sounds
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import ParameterSpec, load_spec
from models.config_json import Json, shown
from models.description import json_path, one_line

FORMAT_NAME = "synthmatch-index"
FORMAT_VERSION = 1
_KEYS = (
    "format",
    "format_version",
    "spec_name",
    "spec_fingerprint",
    "renders",
    "draws_sha256",
    "tensors_sha256",
    "embedding",
    "provenance",
)
#: In the order of ``Embedding``.
_SCALARS = ("noise", "component_scale", "envelope_scale")
GET_AGAIN = "Get both index files again."

#: So many draws are compared before an index is used.
DRAWS_CHECKED = 8

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class IndexFile:
    """What both files say.

    Args:
        spec: the parameter space of the renders.
        embedding: what a sound is turned into a vector by.
        draws: what ``draw_parameters`` makes each one's parameters from, int64 ``(n,)``.
        sounds: how they sound, n of them.
        provenance: how the index was made, as plain JSON values.
    """

    spec: ParameterSpec
    embedding: Embedding
    draws: npt.NDArray[np.int64]
    sounds: Sounds
    provenance: Mapping[str, Json]


def save_index(stem: Path, index: IndexFile) -> int:
    """Write both files, each whole or not at all; returns how many bytes they have.

    Vectors are rounded to 255 steps in each dimension.

    Args:
        stem: path without ending.
        index: what to write, one render at least.

    Raises:
        OutputError: a file cannot be written.
    """
    embedding, sounds = index.embedding, index.sounds
    largest = np.abs(sounds.vectors).max(axis=0)
    step = (np.maximum(largest, 1e-9) / 127).astype(np.float32)
    tensors: dict[str, Array] = {
        "mean": embedding.mean.numpy().astype(np.float16),
        "components": embedding.components.numpy().astype(np.float16),
        "variances": embedding.variances.numpy(),
        "step": step,
        "draws": index.draws.astype(np.uint32),
        "vectors": np.rint(sounds.vectors / step).astype(np.int8),
        "pitches": sounds.pitches.astype(np.uint8),
        "leads_ms": np.rint(sounds.leads_s * 1000).astype(np.int16),
    }
    # What lies in memory in another order, safetensors would write in that order.
    in_order = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    data = safetensors.numpy.save(in_order, metadata={"format": FORMAT_NAME})
    description = {
        "format": FORMAT_NAME,
        "format_version": FORMAT_VERSION,
        "spec_name": index.spec.name,
        "spec_fingerprint": index.spec.fingerprint,
        "renders": len(index.draws),
        "draws_sha256": _draws_sha256(index.spec, index.draws),
        "tensors_sha256": hashlib.sha256(data).hexdigest(),
        "embedding": {name: getattr(embedding, name) for name in _SCALARS},
        "provenance": dict(index.provenance),
    }
    text = (json.dumps(description, indent=2, allow_nan=False) + "\n").encode()
    write_whole(_tensors_path(stem), data)
    write_whole(json_path(stem), text)
    return len(data) + len(text)


def read_index(stem: Path) -> IndexFile:
    """Read and check both files.

    Args:
        stem: path without ending.

    Raises:
        WeightsError: a file is missing, damaged, foreign or too new; or this program has another
            parameter space, or other draws, than the index was made with.
    """
    said = _description(json_path(stem), _bytes(json_path(stem)))
    path = _tensors_path(stem)
    data = _bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    if digest != said["tensors_sha256"]:
        raise WeightsError(
            f"{path} is damaged or belongs to another description: its SHA-256 is {digest}, "
            f"{json_path(stem).name} says {shown(said['tensors_sha256'])}. {GET_AGAIN}"
        )
    try:
        spec = load_spec(said["spec_name"])
    except ParameterError as error:
        raise WeightsError(f"the index of renders is too new: {error}. {GET_AGAIN}") from None
    if said["spec_fingerprint"] != spec.fingerprint:
        raise WeightsError(
            f"{path} was made for another {spec.name}: its fingerprint is "
            f"{shown(said['spec_fingerprint'])}, this program's is {spec.fingerprint}. Use the "
            "index shipped with this version."
        )
    try:
        index = _index(spec, safetensors.numpy.load(data), said)
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(
            f"{path} is no index of renders ({one_line(error)}). {GET_AGAIN}"
        ) from None
    found = _draws_sha256(spec, index.draws)
    if found != said["draws_sha256"]:
        raise WeightsError(
            f"this program draws other {spec.name} parameters than {path.name} was rendered from "
            f"({found[:12]}, not {shown(said['draws_sha256'])}). Use the index shipped with this "
            "version."
        )
    return index


def _tensors_path(stem: Path) -> Path:
    return stem.with_name(stem.name + ".safetensors")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"the index of renders {path} cannot be read ({error.strerror or error}). {GET_AGAIN}"
        ) from None


def _description(path: Path, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is not JSON ({one_line(error)}). {GET_AGAIN}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT_NAME:
        got = value.get("format") if isinstance(value, dict) else type(value).__name__
        raise WeightsError(
            f"{path} does not describe an index of renders: its format is {shown(got)}, allowed "
            f"is {FORMAT_NAME!r}. {GET_AGAIN}"
        )
    if value.get("format_version") != FORMAT_VERSION:
        raise WeightsError(
            f"{path} has format version {shown(value.get('format_version'))}, this program reads "
            f"version {FORMAT_VERSION}. Update Synthmatch, or get the index made for it."
        )
    if set(value) != set(_KEYS):
        raise WeightsError(f"{path} must have exactly the keys {', '.join(_KEYS)}. {GET_AGAIN}")
    return value


def _index(spec: ParameterSpec, tensors: Mapping[str, Array], said: Mapping[str, Any]) -> IndexFile:
    """Put the tensors together.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they do not make an index.
    """
    mean, components, variances = (
        torch.from_numpy(tensors[name].astype(np.float32))
        for name in ("mean", "components", "variances")
    )
    scalars = (float(said["embedding"][name]) for name in _SCALARS)
    embedding = Embedding(mean, components, variances, *scalars)
    sounds = Sounds(
        tensors["vectors"] * tensors["step"],
        tensors["pitches"].astype(np.int64),
        tensors["leads_ms"].astype(np.float32) / np.float32(1000),
    )
    draws = tensors["draws"].astype(np.int64)
    count, kept = len(draws), len(variances)
    for what, got, wanted in (
        ("mean", mean.shape, (BANDS, SLOTS)),
        ("components", components.shape, (BANDS, SLOTS, kept)),
        ("draws", draws.shape, (said["renders"],)),
        ("vectors", sounds.vectors.shape, (count, embedding.width)),
        ("pitches", sounds.pitches.shape, (count,)),
        ("leads_ms", sounds.leads_s.shape, (count,)),
    ):
        if tuple(got) != wanted:
            raise ValueError(f"{what} has shape {tuple(got)}, {wanted} is needed")
    if not count:
        raise ValueError("it holds no renders")
    return IndexFile(spec, embedding, draws, sounds, said["provenance"])


def _draws_sha256(spec: ParameterSpec, draws: npt.NDArray[np.int64]) -> str:
    """Return the SHA-256 of what some numbers, spread over all, draw."""
    some = draws[np.linspace(0, len(draws) - 1, min(DRAWS_CHECKED, len(draws))).astype(int)]
    vectors = [spec.encode(draw_parameters(spec, int(draw))) for draw in some]
    return hashlib.sha256(np.stack(vectors).astype("<f4").tobytes()).hexdigest()
