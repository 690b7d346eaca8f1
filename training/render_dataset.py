"""Second step of training: render drawn parameter sets into shards, on every core, resumable.

    python -m training.render_dataset --spec surge_full --count 60000 --out DATA/full

Shard ``n`` covers the indices ``n * 1000`` to ``n * 1000 + 999``; it holds those whose render is
loud enough (-55 LUFS, BS.1770) and not clipped, as the papers' dataset does, and counts the rest.
A shard is written whole or not at all, so a run may be stopped at any time and started again. It
stops once ``--count`` renders are kept.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyloudnorm
import torch
from safetensors.numpy import save

from backend.errors import SynthmatchError
from backend.files import write_whole
from backend.synth.finder import find_surge
from backend.synth.patch_file import patch_body
from backend.synth.renderer import SAMPLE_RATE_HZ, RenderJob, SurgeRenderer
from backend.synth.spec import load_spec
from models.features import FeatureConfig, LogMel, quantise_db
from training.dataset import SHARD_SIZE, list_shards, shard_path
from training.draw_parameters import draw_parameters
from training.gate import LOUDNESS_GATE_LUFS, is_usable

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardTask:
    """What a worker needs to make one shard."""

    spec_name: str
    shard: int
    folder: Path
    surge: Path


def render_shard(task: ShardTask, renderer: SurgeRenderer) -> int:
    """Render one shard and write it; returns how many renders it keeps."""
    spec = load_spec(task.spec_name)
    meter = pyloudnorm.Meter(SAMPLE_RATE_HZ)
    log_mel = LogMel(FeatureConfig())
    indices, vectors, mels = [], [], []
    for index in range(task.shard * SHARD_SIZE, (task.shard + 1) * SHARD_SIZE):
        parameters = draw_parameters(spec, index)
        body = patch_body(parameters, str(index), rest_dry_effects=True)
        audio = renderer.render(RenderJob(body, parameters.note, f"index {index}")).audio
        if not is_usable(audio, meter):
            continue
        indices.append(index)
        vectors.append(spec.encode(parameters))
        mels.append(quantise_db(log_mel(torch.from_numpy(audio[None]))[0].numpy()))
    provenance = {
        "spec": spec.name,
        "fingerprint": spec.fingerprint,
        "gate_lufs": str(LOUDNESS_GATE_LUFS),
        "drawn": str(SHARD_SIZE),
        "kept": str(len(indices)),
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "index": np.array(indices, dtype=np.int64),
        "vector": np.stack(vectors),
        "mel": np.stack(mels),
    }
    write_whole(shard_path(task.folder, task.shard), save(arrays, metadata=provenance))
    return len(indices)


def _work(tasks: multiprocessing.Queue[ShardTask | None], done: multiprocessing.Queue[int]) -> None:
    torch.set_num_threads(1)
    renderer = None
    while (task := tasks.get()) is not None:
        renderer = renderer or SurgeRenderer(task.surge)
        done.put(render_shard(task, renderer))


def render_dataset(spec_name: str, count: int, folder: Path, workers: int, surge: Path) -> int:
    """Render until ``count`` usable renders are on disk; returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = list_shards(folder, load_spec(spec_name).fingerprint)
    kept = sum(shard.kept for shard in shards)
    present = {shard.number for shard in shards}
    context = multiprocessing.get_context("spawn")
    tasks: multiprocessing.Queue[ShardTask | None] = context.Queue()
    done: multiprocessing.Queue[int] = context.Queue()
    pool = [context.Process(target=_work, args=(tasks, done), daemon=True) for _ in range(workers)]
    for process in pool:
        process.start()
    started_s, fresh, pending, shard = time.monotonic(), 0, 0, 0
    while kept < count or pending:
        while kept < count and pending < workers:
            if shard not in present:
                tasks.put(ShardTask(spec_name, shard, folder, surge))
                pending += 1
            shard += 1
        number = done.get()
        kept, fresh, pending = kept + number, fresh + number, pending - 1
        rate = fresh / (time.monotonic() - started_s)
        _log.info("%d of %d renders kept, %.1f a second", kept, count, rate)
    for _ in pool:
        tasks.put(None)
    for process in pool:
        process.join()
    return kept


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument("--count", type=int, default=60_000, help="renders to keep")
    parser.add_argument("--out", type=Path, required=True, help="folder of the shards")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    arguments = parser.parse_args(argv)
    try:
        surge = find_surge(arguments.surge)
        kept = render_dataset(
            arguments.spec, arguments.count, arguments.out, arguments.workers, surge
        )
    except SynthmatchError as error:
        parser.exit(2, f"render_dataset: {error}\n")
    print(json.dumps({"spec": arguments.spec, "kept": kept}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
