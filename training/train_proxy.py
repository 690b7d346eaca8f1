"""Trains the proxy on the index of renders: drawn parameters in, embeddings out.

    python -m training.train_proxy --index models/weights/surge_full_renders \
        --out models/weights/surge_full_proxy.safetensors

The index knows the number that each render's parameters were drawn from, so no shards are needed.
Idle parameters are at rest, and oscillators trade places at random where that changes no sound
(``synth.equivalents``). Every twentieth render is held out; printed are, on those, the share of the
embeddings' variance that is explained, and for how many the render is among the nearest hundredth
to its prediction.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backend.errors import SynthmatchError
from backend.files import write_whole
from backend.matching.index_file import IndexFile, read_index
from backend.records import Vector
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.spec import NOTE_WIDTH
from models.proxy import Proxy, ProxyConfig
from models.proxy_file import ProxyOrigin, proxy_bytes

HELD_OUT_EVERY = 20
STEPS, BATCH = 6000, 256
LEARNING_RATE, WARM_UP_STEPS, WEIGHT_DECAY = 1e-3, 300, 0.05
#: Settings are moved by so much (of a range of 2), but not their notes: like settings sound alike.
JITTER = 0.03
#: The weights that are kept are a mean over about so many steps.
AVERAGED_STEPS = 100
REPORT_S = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quality:
    """How well renders are foreseen.

    Args:
        explained: share of the variance of the embeddings, 1 at best.
        near: share of the renders that are among the nearest hundredth to their prediction.
        count: held-out renders.
    """

    explained: float
    near: float
    count: int


def drawn_vectors(index: IndexFile) -> Vector:
    """Return the parameter vectors of all renders of an index, float32 ``(n, width)``."""
    spec = index.spec
    return np.stack([spec.encode(draw_parameters(spec, int(draw))) for draw in index.draws])


def train_proxy(
    index: IndexFile, config: ProxyConfig, *, steps: int, seed: int = 0
) -> tuple[Proxy, Quality]:
    """Train for some steps; a hundred take 4 s of one core.

    Args:
        index: parameters and embeddings.
        config: sizes of the network.
        steps: how many, of ``BATCH`` renders; the learning rate falls to nothing over them.
        seed: of initialisation, order and traded oscillators.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    equivalents = Equivalents(index.spec)
    vectors, embeddings = drawn_vectors(index), torch.from_numpy(index.sounds.vectors)
    held_out = np.arange(len(vectors)) % HELD_OUT_EVERY == 0
    train, rest = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    proxy = Proxy(config).train()
    with torch.no_grad():
        proxy.last.bias.copy_(embeddings[train].mean(dim=0))
    averaged = copy.deepcopy(proxy).eval().requires_grad_(requires_grad=False)
    optimiser = torch.optim.AdamW(proxy.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    told_s = time.monotonic()
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:
            rise, fall = min(1.0, step / WARM_UP_STEPS), math.cos(math.pi * step / steps)
            group["lr"] = LEARNING_RATE * rise * 0.5 * (1.0 + fall)
        chosen = rng.choice(train, BATCH)
        settings = equivalents.at_rest(equivalents.trade_oscillators(vectors[chosen], rng))
        jitter = rng.standard_normal(settings.shape, dtype=np.float32) * JITTER
        jitter[:, -NOTE_WIDTH:] = 0.0
        error = proxy(torch.from_numpy(settings + jitter)) - embeddings[chosen]
        loss = (error.square().sum(dim=1) + 1e-4).sqrt().mean()  # distance: outliers weigh less
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        _average(averaged, proxy, min(1.0 - 1.0 / AVERAGED_STEPS, step / (step + 10.0)))
        if time.monotonic() - told_s > REPORT_S:
            told_s = time.monotonic()
            now = quality(averaged, equivalents.at_rest(vectors[rest]), embeddings[rest])
            _log.info("%d steps, loss %.4f, %s", step, loss.item(), now)
    return averaged, quality(averaged, equivalents.at_rest(vectors[rest]), embeddings[rest])


def quality(proxy: Proxy, settings: Vector, embeddings: Tensor) -> Quality:
    """Measure a proxy on renders that it has not been trained on.

    Args:
        proxy: in evaluation mode.
        settings: vectors at rest, ``(n, width)``.
        embeddings: of their renders, ``(n, embedding_width)``.
    """
    with torch.inference_mode():
        foreseen = proxy(torch.from_numpy(settings))
        left = (foreseen - embeddings).square().sum()
        spread = (embeddings - embeddings.mean(dim=0)).square().sum()
        distances = torch.cdist(foreseen, embeddings)
        nearer = (distances < distances.diagonal()[:, None]).sum(dim=1)
    near = (nearer < max(1, len(settings) // 100)).float().mean()
    return Quality(float(1.0 - left / spread), float(near), len(settings))


def _average(averaged: Proxy, proxy: Proxy, keep: float) -> None:
    with torch.no_grad():
        pairs = zip(averaged.parameters(), proxy.parameters(), strict=True)
        for mean, value in pairs:
            mean.lerp_(value, 1.0 - keep)


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, required=True, help="the index, without endings")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--hidden", type=int, default=ProxyConfig.hidden_width)
    parser.add_argument("--dropout", type=float, default=ProxyConfig.dropout)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args(argv)
    try:
        index = read_index(a.index)
        config = ProxyConfig(
            index.spec.width, index.embedding.width, hidden_width=a.hidden, dropout=a.dropout
        )
        proxy, reached = train_proxy(index, config, steps=a.steps, seed=a.seed)
        report = {
            "spec": index.spec.name,
            "renders": len(index.draws) - reached.count,
            "steps": a.steps,
            "explained": round(reached.explained, 4),
            "near": round(reached.near, 4),
            "held_out": reached.count,
        }
        origin = ProxyOrigin(index.spec.fingerprint, index.embedding.sha256, report)
        write_whole(a.out, proxy_bytes(proxy, origin))
    except SynthmatchError as error:
        parser.exit(2, f"train_proxy: {error}\n")
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
