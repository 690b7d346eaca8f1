"""Trains the spectral proxy: a moment's controls in, its mel spectrum out.

    python -m training.train_spectral_proxy --spec surge_full --data DATA/full DATA/plain \
        --out models/weights/surge_full_spectral_proxy.safetensors

Each render of the training split gives ``MOMENTS`` moments, most of them while the note is held.
Idle parameters are at rest, and oscillators trade places at random where that changes no sound
(``synth.equivalents``). Printed is the mean difference in dB between what is foreseen and what was
heard, on renders of the validation split; a part of it is noise that no setting decides: a noise
source, and the phases at which oscillators begin.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open
from torch import Tensor

from backend.errors import PatchError, SynthmatchError
from backend.files import write_whole
from backend.matching.control_layout import control_layout
from backend.records import Vector
from backend.synth.equivalents import Equivalents
from backend.synth.spec import ParameterSpec, load_spec
from models.features import FeatureConfig, dequantise_db
from models.proxy_file import spectral_proxy_bytes
from models.spectral_parts import levelled
from models.spectral_proxy import SpectralProxy, SpectralProxyConfig
from training.dataset import list_shards
from training.split import Split, split_of

FEATURES = FeatureConfig()
FRAME_S = FEATURES.hop_samples / FEATURES.sample_rate_hz
#: Moments kept of each render, and how many of them lie anywhere after the note's beginning; the
#: others lie no later than its end.
MOMENTS, ANYWHERE = 36, 12
#: Frames before the beginning and after the end of a note that are still of interest.
BEFORE, AFTER = 1, 4
STEPS, BATCH, BATCH_MOMENTS = 25_000, 64, 12
LEARNING_RATE, WARM_UP_STEPS, WEIGHT_DECAY, LONGEST_SLOPE = 2e-3, 200, 0.01, 1.0
#: The weights that are kept are a mean over about so many steps.
AVERAGED_STEPS = 100
#: Renders of the validation split that are foreseen at the end, and so many at a time.
VALIDATED, VALIDATED_AT_ONCE = 1000, 50
REPORT_S = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moments:
    """Moments of renders.

    Args:
        vectors: settings at rest, float32 ``(n, width)``.
        spectra: both channels' mean, as stored, uint8 ``(n, MOMENTS, bands)``.
        frames: when, int16 ``(n, MOMENTS)``.
    """

    vectors: Vector
    spectra: npt.NDArray[np.uint8]
    frames: npt.NDArray[np.int16]


def read_moments(
    folders: Sequence[Path], spec: ParameterSpec, split: Split, limit: int | None = None
) -> Moments:
    """Read moments of the renders of a split, 5 kB each.

    Args:
        folders: where shards are.
        spec: the parameter space that they must have.
        split: which indices to take.
        limit: at most this many renders.

    Raises:
        PatchError: there is none, or a shard is unusable.
    """
    rng = np.random.default_rng(0)
    vectors: list[Vector] = []
    spectra: list[npt.NDArray[np.uint8]] = []
    frames: list[npt.NDArray[np.int16]] = []
    shards = [shard for folder in folders for shard in list_shards(folder, spec.fingerprint)]
    for shard in shards:
        with safe_open(shard.path, "numpy") as file:
            mine = [split_of(int(index)) == split for index in file.get_tensor("index")]
            settings, mels = file.get_tensor("vector")[mine], file.get_tensor("mel")[mine]
        chosen = np.stack([_moments(row, spec, rng) for row in settings]) if len(settings) else None
        if chosen is None:
            continue
        mono = (mels.astype(np.uint16).sum(axis=1) // 2).astype(np.uint8)
        picked = np.take_along_axis(mono, chosen[:, None].astype(np.int64), axis=2)
        vectors.append(settings)
        spectra.append(np.ascontiguousarray(picked.transpose(0, 2, 1)))
        frames.append(chosen)
        if limit is not None and sum(map(len, vectors)) >= limit:
            break
    if not vectors:
        where = ", ".join(map(str, folders))
        raise PatchError(f"{where}: no {split} renders; run training.render_dataset first")
    rested = Equivalents(spec).at_rest(np.concatenate(vectors)[:limit])
    return Moments(rested, np.concatenate(spectra)[:limit], np.concatenate(frames)[:limit])


def _moments(
    vector: Vector, spec: ParameterSpec, rng: np.random.Generator
) -> npt.NDArray[np.int16]:
    note = spec.decode(vector).note
    begin = max(0, int(note.on_s / FRAME_S) - BEFORE)
    end = min(FEATURES.frames, max(begin + 2, int(note.off_s / FRAME_S) + AFTER))
    anywhere = rng.integers(begin, FEATURES.frames, ANYWHERE)
    chosen = np.concatenate([anywhere, rng.integers(begin, end, MOMENTS - ANYWHERE)])
    return np.sort(chosen).astype(np.int16)


def train_spectral_proxy(
    moments: Moments, spec: ParameterSpec, config: SpectralProxyConfig, *, steps: int, seed: int = 0
) -> SpectralProxy:
    """Train for some steps; a thousand take half a minute of one core on the Simple space.

    Args:
        moments: of the training split.
        spec: the parameter space.
        config: sizes of the networks.
        steps: how many; the learning rate falls to nothing over them.
        seed: of initialisation, order and traded oscillators.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    equivalents = Equivalents(spec)
    proxy = SpectralProxy(control_layout(spec), config).train()
    averaged = copy.deepcopy(proxy).eval().requires_grad_(requires_grad=False)
    optimiser = torch.optim.AdamW(proxy.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    told_s = time.monotonic()
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:
            rise, fall = min(1.0, step / WARM_UP_STEPS), math.cos(math.pi * step / steps)
            group["lr"] = LEARNING_RATE * rise * 0.5 * (1.0 + fall)
        chosen = rng.choice(len(moments.vectors), BATCH)
        which = rng.integers(0, moments.frames.shape[1], (BATCH, BATCH_MOMENTS))
        settings = equivalents.trade_oscillators(moments.vectors[chosen], rng)
        spectra = np.take_along_axis(moments.spectra[chosen], which[:, :, None], axis=1)
        frames = np.take_along_axis(moments.frames[chosen], which, axis=1)
        loss: Tensor = _differences(proxy, settings, spectra, frames).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(proxy.parameters(), LONGEST_SLOPE)
        optimiser.step()
        _average(averaged, proxy, min(1.0 - 1.0 / AVERAGED_STEPS, step / (step + 10.0)))
        if time.monotonic() - told_s > REPORT_S:
            told_s = time.monotonic()
            _log.info("%d steps, loss %.3f dB", step, loss.item())
    return averaged


def quality(proxy: SpectralProxy, moments: Moments) -> tuple[float, float]:
    """Return mean and median over renders of how far what is foreseen is from what was heard, dB.

    Silent moments do not count.

    Args:
        proxy: in evaluation mode.
        moments: of renders that it has not been trained on.
    """
    means = []
    with torch.inference_mode():
        for first in range(0, len(moments.vectors), VALIDATED_AT_ONCE):
            some = slice(first, first + VALIDATED_AT_ONCE)
            spectra = moments.spectra[some]
            differences = _differences(
                proxy, moments.vectors[some], spectra, moments.frames[some]
            ).mean(dim=2)
            heard = torch.from_numpy((spectra > 0).any(axis=2)).float()
            means.append((differences * heard).sum(dim=1) / heard.sum(dim=1).clamp_min(1.0))
    every = torch.cat(means)
    return float(every.mean()), float(every.median())


def _differences(
    proxy: SpectralProxy,
    settings: Vector,
    spectra: npt.NDArray[np.uint8],
    frames: npt.NDArray[np.int16],
) -> Tensor:
    """Return absolute differences, dB ``(batch, frames, bands)``, at whatever level."""
    heard = dequantise_db(torch.from_numpy(spectra))
    times_s = torch.from_numpy(frames.astype(np.float32) * FRAME_S)
    foreseen = proxy(torch.from_numpy(settings), times_s)
    return (levelled(foreseen, heard, FEATURES.floor_db) - heard).abs()


def _average(averaged: SpectralProxy, proxy: SpectralProxy, keep: float) -> None:
    with torch.no_grad():
        pairs = zip(averaged.parameters(), proxy.parameters(), strict=True)
        for mean, value in pairs:
            mean.lerp_(value, 1.0 - keep)


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", required=True, choices=("surge_full", "surge_simple"))
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of shards")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--hidden", type=int, default=SpectralProxyConfig.hidden_width)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args(argv)
    try:
        spec = load_spec(a.spec)
        known = read_moments(a.data, spec, "train")
        unknown = read_moments(a.data, spec, "validation", VALIDATED)
        config = SpectralProxyConfig(hidden_width=a.hidden)
        proxy = train_spectral_proxy(known, spec, config, steps=a.steps, seed=a.seed)
        mean_db, median_db = quality(proxy, unknown)
        report = {
            "spec": spec.name,
            "renders": len(known.vectors),
            "steps": a.steps,
            "mean_db": round(mean_db, 3),
            "median_db": round(median_db, 3),
            "validated": len(unknown.vectors),
        }
        write_whole(a.out, spectral_proxy_bytes(proxy, spec.fingerprint, report))
    except SynthmatchError as error:
        parser.exit(2, f"train_spectral_proxy: {error}\n")
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
