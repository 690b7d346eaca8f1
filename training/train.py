"""Third step of training: teach the model the rendered shards. One loop, read top to bottom.

    python -m training.train --config training/configs/full_cpu.toml --data DATA/full --run RUN

The run's folder holds its state (``state.safetensors`` and ``state.json``, written every few
minutes; a run that is started again goes on from there) and its ``log.jsonl``. The learning rate
warms up, stays, and decays over the last part of ``steps``, so a longer run can go on from a state
saved before the decay. ``--begin models/weights/surge_full`` begins a new run with those weights.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from backend.errors import SynthmatchError
from backend.records import Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import load_spec
from models.config_json import ConfigError
from models.features import dequantise_db
from models.flow import draw_drops, draw_times, sample_path
from models.inversion import InversionModel
from training.dataset import RenderedSet, read_split
from training.run_config import RunConfig, read_run_config
from training.run_state import RunState, begin_from, load_state, save_state

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Args:
        mel_db: float32 ``(batch, 2, mels, frames)``, -80..0.
        noise: float32 ``(batch, width)``, paired to the vectors.
        vectors: float32 ``(batch, width)``, -1..1.
    """

    mel_db: Tensor
    noise: Tensor
    vectors: Tensor


def pair_noise(noise: Tensor, vectors: Tensor) -> Tensor:
    """Reorder noise so that it lies near the vectors: exact minibatch optimal transport.

    Cost is the plain Euclidean distance (papers' code), solved by the Hungarian method.

    Args:
        noise: ``(batch, width)``.
        vectors: ``(batch, width)``.

    Returns:
        A permutation of the noise's rows, ``(batch, width)``.
    """
    _, columns = linear_sum_assignment(torch.cdist(vectors, noise).cpu().numpy())
    return noise[torch.as_tensor(columns, device=noise.device)]


def draw_batch(
    data: RenderedSet,
    equivalents: Equivalents,
    config: RunConfig,
    rng: np.random.Generator,
    device: torch.device,
) -> Batch:
    """Draw renders at random, with their symmetries used, and noise paired to them."""
    rows = np.sort(rng.integers(0, len(data.indices), size=config.batch))
    vectors: Vector = data.vectors[rows]
    if config.trade_oscillators:
        vectors = equivalents.trade_oscillators(vectors, rng)
    if config.rest_idle:
        vectors = equivalents.at_rest(vectors)
    x_1 = torch.from_numpy(vectors).to(device)
    noise = torch.from_numpy(rng.standard_normal(vectors.shape, dtype=np.float32)).to(device)
    if config.optimal_transport:
        noise = pair_noise(noise, x_1)
    mel_db = dequantise_db(torch.from_numpy(data.mels[rows]).to(device))
    return Batch(mel_db, noise, x_1)


def learning_rate(step: int, config: RunConfig) -> float:
    """Warm up linearly, stay, then decay to a hundredth along a cosine."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    late = (step - (config.steps - config.decay_steps)) / max(config.decay_steps, 1)
    if late <= 0:
        return config.learning_rate
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * min(late, 1.0)))))


@torch.no_grad()
def validation_loss(
    model: InversionModel, data: RenderedSet, equivalents: Equivalents, config: RunConfig
) -> float:
    """Flow loss on unseen renders, always with the same noise and times."""
    model.eval()
    rng = np.random.default_rng(0)
    device = model.encoder.mel_mean.device
    generator = torch.Generator(device=device).manual_seed(0)
    still = replace(config, batch=256, optimal_transport=False, trade_oscillators=False)
    total = 0.0
    for _ in range(4):
        batch = draw_batch(data, equivalents, still, rng, device)
        times = draw_times(len(batch.vectors), replace(config.flow, time="uniform"), generator)
        path = sample_path(batch.noise, batch.vectors, times)
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
            total += float(model.loss(batch.mel_db, path, None, config.flow).flow)
    model.train()
    return total / 4


def set_statistics(model: InversionModel, data: RenderedSet) -> None:
    """Standardise the spectrograms by the mean and deviation of the training renders."""
    sample = dequantise_db(torch.from_numpy(data.mels[:: max(1, len(data.mels) // 2000)]))
    dims = (0, 3) if model.config.encoder.statistics_frames == 1 else (0,)
    keep = model.config.encoder.statistics_frames == 1
    model.encoder.set_statistics(
        sample.mean(dims, keepdim=False).unsqueeze(-1) if keep else sample.mean(dims),
        sample.std(dims, unbiased=False).unsqueeze(-1)
        if keep
        else sample.std(dims, unbiased=False),
    )


def train(
    config: RunConfig,
    data_folder: Path,
    run_folder: Path,
    device: torch.device,
    begin: Path | None = None,
) -> RunState:
    """Train from the run's last state to the config's last step.

    Args:
        config: the run's settings.
        data_folder: the shards.
        run_folder: the run's state and log.
        device: where to train.
        begin: exported weights, without ending, that a new run begins from.

    Raises:
        PatchError: the data cannot be used.
        WeightsError: the run's folder holds the state of another config, or ``begin`` does not fit.
    """
    spec = load_spec(config.model.spec_name)
    data = read_split(data_folder, spec.fingerprint, "train", config.renders)
    unseen = read_split(data_folder, spec.fingerprint, "validation", 2000)
    equivalents = Equivalents(spec)
    run_folder.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(config.seed)
    model = InversionModel(config.model).to(device)
    set_statistics(model, data)
    average = InversionModel(config.model).to(device).requires_grad_(False)
    average.load_state_dict(model.state_dict())
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=(0.9, 0.99),
        weight_decay=config.weight_decay,
        fused=True,
    )
    state = load_state(run_folder, model, average, optimizer)
    if state is None:
        state = begin_from(begin, model, average) if begin else RunState(0, 0.0, 0)
    state = replace(state, renders=len(data.indices))
    _log.info("%d renders, from step %d of %d", len(data.indices), state.step, config.steps)

    started_s = saved_s = time.monotonic()
    before_s, recent = state.seconds, []
    with (run_folder / "log.jsonl").open("a") as log:
        for step in range(state.step, config.steps):
            rng = np.random.default_rng([config.seed, step])
            generator = torch.Generator(device=device).manual_seed(int(rng.integers(2**62)))
            batch = draw_batch(data, equivalents, config, rng, device)
            times = draw_times(config.batch, config.flow, generator)
            drop = draw_drops(config.batch, config.flow, generator)
            path = sample_path(batch.noise, batch.vectors, times)
            with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
                loss = model.loss(batch.mel_db, path, drop, config.flow)
            loss.total.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, config)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            decay = min(config.average_decay, (step + 1) / (step + 10))
            with torch.no_grad():
                pairs = zip(average.parameters(), model.parameters(), strict=True)
                for slow, fast in pairs:
                    slow.lerp_(fast, 1 - decay)
            recent.append(loss.flow.detach())

            now_s = time.monotonic()
            state = replace(state, step=step + 1, seconds=before_s + now_s - started_s)
            last = step + 1 == config.steps
            if (step + 1) % config.report_steps == 0 or last:
                entry = {
                    "step": step + 1,
                    "seconds": round(state.seconds),
                    "train": round(float(torch.stack(recent).mean()), 5),
                    "validation": round(validation_loss(average, unseen, equivalents, config), 5),
                }
                recent.clear()
                log.write(json.dumps(entry) + "\n")
                log.flush()
                _log.info("%s", entry)
            if now_s - saved_s > config.save_seconds or last:
                save_state(run_folder, model, average, optimizer, config, state)
                saved_s = time.monotonic()
    return state


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, required=True, help="TOML file of the run")
    parser.add_argument("--data", type=Path, required=True, help="folder of the shards")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run's state and log")
    parser.add_argument("--begin", type=Path, help="weights to begin a new run from, no ending")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="CPU threads")
    arguments = parser.parse_args(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    try:
        config = read_run_config(arguments.config)
        device = torch.device(arguments.device)
        train(config, arguments.data, arguments.run, device, arguments.begin)
    except (SynthmatchError, ConfigError) as error:
        parser.exit(2, f"train: {error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
