"""Builds the index of renders that is shipped: shards become vectors and numbers of draws.

    python -m training.build_index --data DATA/full DATA/full2 DATA/simple --out models/weights

Takes the training renders of all folders, of either parameter space; fits an embedding to those of
each space; and writes ``SPACE_renders.safetensors`` and ``SPACE_renders.json`` for it. Every vector
in the shards is compared with what its number draws now. 100,000 renders take about six minutes of
one core.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open

from backend.errors import PatchError, SynthmatchError
from backend.matching.embedding import Embedding, Sketches, sketch
from backend.matching.index_file import IndexFile, save_index
from backend.matching.neighbours import Sounds
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import ParameterSpec, load_spec
from models.config_json import Json
from models.features import dequantise_db
from training.dataset import Shard, list_shards
from training.fit_embedding import COMPONENTS, fit_embedding
from training.gate import LOUDNESS_GATE_LUFS
from training.split import split_of

#: Sketches that the embedding is fitted to, chosen at random.
FITTED = 30_000
BATCH = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rendered:
    """Sketched renders of one parameter space.

    Args:
        spec: the space.
        draws: their numbers, int64 ``(n,)``.
        sketches: n of them, decibels in half precision.
        pitches: int64 ``(n,)``.
        leads_s: from the note's start until the render is heard, float32 ``(n,)``.
    """

    spec: ParameterSpec
    draws: npt.NDArray[np.int64]
    sketches: Sketches
    pitches: npt.NDArray[np.int64]
    leads_s: npt.NDArray[np.float32]


def sketch_folders(folders: Sequence[Path]) -> list[Rendered]:
    """Sketch the training renders of all folders, one item for each parameter space.

    Raises:
        PatchError: a folder has no shards; a shard is damaged, of two spaces, or not drawn by this
            program; or a render is there twice.
    """
    parts: dict[str, list[Rendered]] = {}
    for folder in folders:
        spec = folder_space(folder)
        for shard in list_shards(folder, spec.fingerprint):
            parts.setdefault(spec.name, []).append(sketch_shard(shard, spec))
        _log.info("%s: %d shards", folder, len(parts[spec.name]))
    spaces = [_joined(of_space) for of_space in parts.values()]
    for space in spaces:
        if len(np.unique(space.draws)) < len(space.draws):
            raise PatchError(
                f"the folders hold {space.spec.name} renders of the same numbers twice; give each "
                "folder once, and render with another --first"
            )
    return spaces


def folder_space(folder: Path) -> ParameterSpec:
    """Return the parameter space of a folder's first shard.

    Raises:
        PatchError: there is no shard, or it is damaged.
    """
    path = min(folder.glob("shard-*.safetensors"), default=None)
    if path is None:
        raise PatchError(f"{folder} holds no shards; run training.render_dataset first")
    try:
        with safe_open(path, "numpy") as file:
            return load_spec((file.metadata() or {})["spec"])
    except (SafetensorError, OSError, KeyError) as error:
        raise PatchError(f"{path} is damaged ({error}); delete it and render again") from error


def sketch_shard(shard: Shard, spec: ParameterSpec) -> Rendered:
    """Sketch the training renders of a shard.

    Raises:
        PatchError: a vector is not what its number draws.
    """
    with safe_open(shard.path, "numpy") as file:
        draws, vectors = file.get_tensor("index"), file.get_tensor("vector")
        mels = file.get_tensor("mel")
    mine = np.array([split_of(int(draw)) == "train" for draw in draws], dtype=bool)
    notes = []
    for draw, vector in zip(draws, vectors, strict=True):
        drawn = draw_parameters(spec, int(draw))
        if not np.array_equal(spec.encode(drawn), vector):
            raise PatchError(
                f"{shard.path}: the parameters of {draw} are not those that this program draws; "
                "render again"
            )
        notes.append(drawn.note)
    sketches = join_sketches(
        [
            sketch(dequantise_db(torch.from_numpy(batch)))
            for batch in np.array_split(mels[mine], max(1, len(mels) // BATCH))
        ]
    )
    mine_too = [note for note, keep in zip(notes, mine, strict=True) if keep]
    starts = np.array([note.on_s for note in mine_too], dtype=np.float32)
    return Rendered(
        spec,
        draws[mine],
        sketches,
        np.array([note.pitch for note in mine_too], dtype=np.int64),
        sketches.onsets_s.numpy() - starts,
    )


def join_sketches(parts: Sequence[Sketches]) -> Sketches:
    """Return sketches one after another, decibels in half precision."""
    return Sketches(
        torch.cat([part.decibel.half() for part in parts]),
        torch.cat([part.heard for part in parts]),
        torch.cat([part.onsets_s for part in parts]),
    )


def _joined(parts: Sequence[Rendered]) -> Rendered:
    return Rendered(
        parts[0].spec,
        np.concatenate([part.draws for part in parts]),
        join_sketches([part.sketches for part in parts]),
        np.concatenate([part.pitches for part in parts]),
        np.concatenate([part.leads_s for part in parts]),
    )


def _chosen(sketches: Sketches, places: npt.NDArray[np.int64]) -> Sketches:
    here = torch.from_numpy(places)
    return Sketches(sketches.decibel[here].float(), sketches.heard[here], sketches.onsets_s[here])


def build_index(
    rendered: Rendered,
    *,
    fitted: int = FITTED,
    components: int | None = None,
    seed: int = 0,
) -> IndexFile:
    """Fit the embedding and embed all renders.

    Args:
        rendered: the renders of one parameter space.
        fitted: how many of their sketches to fit the embedding to.
        components: how many the embedding keeps; None for as many as are shipped.
        seed: of their choice.
    """
    total = len(rendered.draws)
    choice = np.random.default_rng(seed).permutation(total)[:fitted]
    sketches = _chosen(rendered.sketches, np.sort(choice))
    embedding = fit_embedding(sketches, components or COMPONENTS)
    vectors = _embedded(embedding, rendered)
    provenance: dict[str, Json] = {
        "draws": [int(rendered.draws.min()), int(rendered.draws.max())],
        "gate_lufs": LOUDNESS_GATE_LUFS,
        "embedding_sha256": embedding.sha256,
        "seed": seed,
        "numpy": np.__version__,
        "torch": torch.__version__,
    }
    sounds = Sounds(vectors, rendered.pitches, rendered.leads_s)
    return IndexFile(rendered.spec, embedding, rendered.draws, sounds, provenance)


def _embedded(embedding: Embedding, space: Rendered) -> npt.NDArray[np.float32]:
    places = np.arange(len(space.draws))
    parts = np.array_split(places, max(1, len(places) // 2000))
    vectors: npt.NDArray[np.float32] = torch.cat(
        [embedding(_chosen(space.sketches, part)) for part in parts]
    ).numpy()
    return vectors


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of shards")
    parser.add_argument("--out", type=Path, required=True, help="folder of the index files")
    a = parser.parse_args(argv)
    report = {}
    try:
        for rendered in sketch_folders(a.data):
            name = rendered.spec.name
            size = save_index(a.out / f"{name}_renders", build_index(rendered))
            report[name] = {"renders": len(rendered.draws), "bytes": size}
            _log.info("%s: %d renders, %d bytes", name, len(rendered.draws), size)
    except SynthmatchError as error:
        parser.exit(2, f"build_index: {error}\n")
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
