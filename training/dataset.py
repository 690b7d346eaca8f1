"""The shards on disk, and the training set in memory.

A shard is a safetensors file ``shard-00000.safetensors``: ``index`` int64 ``(n,)``, ``vector``
float32 ``(n, width)`` in -1..1, ``mel`` uint8 ``(n, 2, 128, 401)`` (dB, see ``models.features``),
with its parameter space and counts in the file's metadata.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from backend.errors import PatchError
from backend.files import write_whole
from backend.records import Vector
from backend.synth.spec import ParameterSpec
from training.split import Split, split_of

#: Indices that one shard covers.
SHARD_SIZE = 1000


@dataclass(frozen=True)
class Shard:
    """One finished shard: its number, file, and how many renders it keeps."""

    number: int
    path: Path
    kept: int


@dataclass(frozen=True)
class RenderedSet:
    """Renders of one shard or split, in index order.

    Args:
        indices: int64 ``(n,)``.
        vectors: float32 ``(n, width)`` in -1..1.
        mels: uint8 ``(n, 2, 128, 401)``.
    """

    indices: npt.NDArray[np.int64]
    vectors: Vector
    mels: npt.NDArray[np.uint8]


def shard_path(folder: Path, number: int) -> Path:
    """Return where a shard lies."""
    return folder / f"shard-{number:05d}.safetensors"


def write_shard(
    folder: Path,
    number: int,
    spec: ParameterSpec,
    renders: RenderedSet,
    *,
    drawn: int,
    gate_lufs: float,
) -> Shard:
    """Write a shard, whole or not at all.

    Args:
        folder: where the shards are.
        number: which shard.
        spec: parameter space of the vectors.
        renders: what the shard keeps, possibly nothing.
        drawn: how many indices it covers.
        gate_lufs: loudness that the renders had to reach.

    Raises:
        OutputError: the file cannot be written.
    """
    kept = len(renders.indices)
    metadata = {
        "spec": spec.name,
        "fingerprint": spec.fingerprint,
        "gate_lufs": str(gate_lufs),
        "drawn": str(drawn),
        "kept": str(kept),
    }
    # What lies in memory in another order, safetensors would write in that order.
    tensors: dict[str, npt.NDArray[Any]] = {
        "index": np.ascontiguousarray(renders.indices),
        "vector": np.ascontiguousarray(renders.vectors),
        "mel": np.ascontiguousarray(renders.mels),
    }
    path = shard_path(folder, number)
    write_whole(path, save(tensors, metadata=metadata))
    return Shard(number, path, kept)


def list_shards(folder: Path, fingerprint: str) -> list[Shard]:
    """Return the finished shards in order.

    Raises:
        PatchError: a shard is damaged, or of another parameter space.
    """
    shards = []
    for path in sorted(folder.glob("shard-*.safetensors")):
        try:
            with safe_open(path, "numpy") as file:
                metadata = file.metadata() or {}
            found, kept = metadata["fingerprint"], int(metadata["kept"])
            number = int(path.stem.removeprefix("shard-"))
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise PatchError(f"{path} is damaged ({error}); delete it and render again") from error
        if found != fingerprint:
            raise PatchError(
                f"{path} holds space {found[:12]}, wanted {fingerprint[:12]}; "
                "render into another folder"
            )
        shards.append(Shard(number, path, kept))
    return shards


def read_split(
    folder: Path, fingerprint: str, split: Split, limit: int | None = None
) -> RenderedSet:
    """Read the renders of a split into memory (100 kB each).

    Args:
        folder: where the shards are.
        fingerprint: of the parameter space they must have.
        split: which indices to take.
        limit: at most this many renders, the lowest indices first.

    Raises:
        PatchError: there is none, or a shard is unusable.
    """
    chosen, kept = [], 0
    for shard in list_shards(folder, fingerprint):
        with safe_open(shard.path, "numpy") as file:
            indices = file.get_tensor("index")
            mine = np.array([split_of(int(index)) == split for index in indices], dtype=bool)
            parts = (indices[mine], file.get_tensor("vector")[mine], file.get_tensor("mel")[mine])
        chosen.append(parts)
        kept += int(mine.sum())
        if limit is not None and kept >= limit:
            break
    if not kept:
        raise PatchError(f"{folder} holds no {split} renders; run training.render_dataset first")
    joined = [np.concatenate(column)[:limit] for column in zip(*chosen, strict=True)]
    return RenderedSet(*joined)
