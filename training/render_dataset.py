"""Second step of training: render drawn parameter sets into shards, on every core, resumable.

    python -m training.render_dataset --spec surge_full --count 60000 --out DATA/full

Shard ``n`` covers the indices ``n * 1000`` to ``n * 1000 + 999``; it holds those whose render is
loud enough (-55 LUFS, BS.1770) and not clipped, as the papers' dataset does, and counts the rest.
A shard is written whole or not at all, so a run may be stopped at any time and started again. It
stops once ``--count`` renders are kept. With ``--first`` a dataset begins at a later index, so that
training that goes on from earlier weights hears renders it has not heard.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import queue
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pyloudnorm
import torch

from backend.errors import OutputError, RenderError, SynthmatchError
from backend.synth.draw_parameters import draw_parameters
from backend.synth.finder import find_surge
from backend.synth.patch_file import patch_body
from backend.synth.render_pool import MakeRenderer, leave_with_parent
from backend.synth.renderer import SAMPLE_RATE_HZ, Renderer, RenderJob, SurgeRenderer
from backend.synth.spec import load_spec
from models.features import FeatureConfig, quantise_db
from training.dataset import SHARD_SIZE, RenderedSet, list_shards, write_shard
from training.gate import LOUDNESS_GATE_LUFS, is_usable
from training.mel_batches import MelBatch

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardTask:
    """What a worker needs to make one shard: ``size`` indices from ``shard * size`` on."""

    spec_name: str
    shard: int
    folder: Path
    size: int = SHARD_SIZE


def render_shard(task: ShardTask, renderer: Renderer) -> int:
    """Render one shard and write it; returns how many renders it keeps.

    Raises:
        OutputError: the shard cannot be written.
    """
    spec = load_spec(task.spec_name)
    meter = pyloudnorm.Meter(SAMPLE_RATE_HZ)
    config = FeatureConfig()
    log_mel = MelBatch(config)
    indices: list[int] = []
    vectors = np.empty((task.size, spec.width), dtype=np.float32)
    mels = np.empty((task.size, config.channels, config.mels, config.frames), dtype=np.uint8)
    for index in range(task.shard * task.size, (task.shard + 1) * task.size):
        parameters = draw_parameters(spec, index)
        body = patch_body(parameters, str(index), rest_dry_effects=True)
        try:
            audio = renderer.render(RenderJob(body, parameters.note, f"index {index}")).audio
        except RenderError as error:
            _log.warning("left out: %s", error)
            continue
        if not is_usable(audio, meter):
            continue
        kept = len(indices)
        vectors[kept] = spec.encode(parameters)
        mels[kept] = quantise_db(log_mel(torch.from_numpy(audio[None]))[0].numpy())
        indices.append(index)
    kept = len(indices)
    renders = RenderedSet(np.array(indices, dtype=np.int64), vectors[:kept], mels[:kept])
    write_shard(
        task.folder, task.shard, spec, renders, drawn=task.size, gate_lufs=LOUDNESS_GATE_LUFS
    )
    return kept


def _work(
    tasks: multiprocessing.Queue[ShardTask],
    done: multiprocessing.Queue[int | str],
    make_renderer: MakeRenderer,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    leave_with_parent()
    torch.set_num_threads(1)
    try:
        renderer = make_renderer()
        while True:
            done.put(render_shard(tasks.get(), renderer))
    except SynthmatchError as error:
        done.put(str(error))


def _next_done(done: multiprocessing.Queue[int | str], workers: Sequence[BaseProcess]) -> int:
    """Wait for a shard and return how many renders it keeps.

    Raises:
        RenderError: a worker cannot go on.
    """
    while True:
        try:
            message = done.get(timeout=1.0)
        except queue.Empty:
            for worker in workers:
                if worker.exitcode is not None:
                    raise RenderError(
                        f"a renderer died (exit code {worker.exitcode}); start again to go on "
                        "from the shards that are finished"
                    ) from None
        else:
            if isinstance(message, str):
                raise RenderError(message)
            return message


def render_dataset(
    spec_name: str,
    count: int,
    folder: Path,
    workers: int,
    make_renderer: MakeRenderer,
    *,
    first_shard: int = 0,
    shard_size: int = SHARD_SIZE,
) -> int:
    """Render until ``count`` usable renders are on disk; returns how many there are.

    Args:
        spec_name: the parameter space.
        count: renders to keep, whole shards at a time.
        folder: where the shards go, or are already; made if needed.
        workers: how many processes render.
        make_renderer: called once in each worker's main thread; must be picklable.
        first_shard: number of the first shard to make.
        shard_size: indices in a shard; must be the same for all shards of a folder.

    Raises:
        PatchError: a shard that is already there cannot be used.
        RenderError: a worker cannot go on; the finished shards stay.
        OutputError: a folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {folder}: {error.strerror}; choose another"
        ) from error
    shards = list_shards(folder, load_spec(spec_name).fingerprint)
    kept = sum(shard.kept for shard in shards)
    present = {shard.number for shard in shards}
    context = multiprocessing.get_context("spawn")
    tasks: multiprocessing.Queue[ShardTask] = context.Queue()
    done: multiprocessing.Queue[int | str] = context.Queue()
    pool = [
        context.Process(target=_work, args=(tasks, done, make_renderer), daemon=True)
        for _ in range(workers if kept < count else 0)
    ]
    for process in pool:
        process.start()
    try:
        started_s, fresh, pending, shard = time.monotonic(), 0, 0, first_shard
        while kept < count or pending:
            while kept < count and pending < workers:
                if shard not in present:
                    tasks.put(ShardTask(spec_name, shard, folder, shard_size))
                    pending += 1
                shard += 1
            number = _next_done(done, pool)
            kept, fresh, pending = kept + number, fresh + number, pending - 1
            rate = fresh / (time.monotonic() - started_s)
            _log.info("%d of %d renders kept, %.1f a second", kept, count, rate)
    finally:
        for process in pool:
            process.kill()
            process.join()
    return kept


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument("--count", type=int, default=60_000, help="renders to keep")
    parser.add_argument("--out", type=Path, required=True, help="folder of the shards")
    parser.add_argument("--first", type=int, default=0, help="first index, in whole thousands")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    arguments = parser.parse_args(argv)
    if arguments.first < 0 or arguments.first % SHARD_SIZE:
        parser.error(f"--first is {arguments.first}; it must be 0 or a multiple of {SHARD_SIZE}")
    try:
        surge = find_surge(arguments.surge)
        kept = render_dataset(
            arguments.spec,
            arguments.count,
            arguments.out,
            arguments.workers,
            partial(SurgeRenderer, surge),
            first_shard=arguments.first // SHARD_SIZE,
        )
    except SynthmatchError as error:
        parser.exit(2, f"render_dataset: {error}\n")
    print(json.dumps({"spec": arguments.spec, "kept": kept}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
