"""Fourth step of training: play what the model predicts on a real Surge XT and measure it.

    python -m training.evaluate --targets TARGETS/full --spec surge_full --data DATA/full

One table, each figure the mean over the targets with its 95% interval (1.96 standard errors), the
metrics as in Hayes et al. 2025:

- *re-render floor*: the target's own patch, played again; what no matcher can beat on average;
- *one sample*: the model's first sample, as the paper reports;
- *best of N*: the nearest of N samples by our distance, each rendered, as a user gets it;
- *nearest neighbour*: the training render whose mono dB mel spectrogram is nearest in L1,
  played again;
- *random*: the parameters of a training render drawn at random;
- with ``--patches``: the *nearest patch* of those in the folders, played with the note that fits
  (``nearest_patch``), and for how many targets each method is nearer than it;
- with ``--match``: what a user gets from the whole matcher: its *first results* and, for each
  ``--budget``, the nearest after so many seconds more on this machine's cores.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open

from backend.errors import PatchError, SynthmatchError
from backend.matching.index import load_index
from backend.matching.metrics import TargetMetrics
from backend.matching.propose import Proposer, load_proposer
from backend.pipeline import Workshop
from backend.records import AudioRegion, ParameterSet, Score
from backend.synth.draw_parameters import draw_parameters
from backend.synth.finder import find_surge
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import SAMPLE_RATE_HZ
from backend.synth.spec import ParameterSpec, load_spec
from models.features import FeatureConfig, LogMel, quantise_db
from training.dataset import list_shards
from training.match_rows import match_rows
from training.nearest_patch import PatchPeer
from training.score_table import Row, row, table
from training.split import split_of
from training.targets import Target, folder_targets, mono_db, render_sets, unseen_targets


def sample_sets(
    proposer: Proposer, targets: Sequence[Target], count: int, seed: int
) -> list[list[ParameterSet]]:
    """Sample ``count`` parameter sets for each target."""
    return [
        [
            candidate.parameters
            for candidate in proposer.propose(
                AudioRegion(target.audio, SAMPLE_RATE_HZ, target.name),
                count=count,
                seed=seed + place,
            )
        ]
        for place, target in enumerate(targets)
    ]


def nearest_indices(targets: Sequence[Target], folder: Path, spec: ParameterSpec) -> list[int]:
    """Find the training render nearest to each target: L1 over mono dB mel spectrograms.

    Raises:
        PatchError: the folder holds no training render, or a shard is unusable.
    """
    log_mel = LogMel(FeatureConfig())
    stored = [quantise_db(log_mel(torch.from_numpy(t.audio[None]))[0].numpy()) for t in targets]
    wanted = torch.from_numpy(mono_db(np.stack(stored)))  # (targets, mels * frames)
    best = torch.full((len(targets),), math.inf)
    nearest = np.zeros(len(targets), dtype=np.int64)
    for shard in list_shards(folder, spec.fingerprint):
        with safe_open(shard.path, "numpy") as file:
            indices, mels = file.get_tensor("index"), file.get_tensor("mel")
        mine = _of_training(indices)
        if not mine.any():
            continue
        distances = torch.cdist(wanted, torch.from_numpy(mono_db(mels[mine])), p=1.0)
        here, places = distances.min(dim=1)
        closer = here < best
        nearest[closer.numpy()] = indices[mine][places[closer].numpy()]
        best = torch.minimum(best, here)
    if not bool(torch.isfinite(best).all()):
        raise PatchError(f"{folder} holds no training renders; run training.render_dataset first")
    return [int(index) for index in nearest]


def random_indices(count: int, folder: Path, spec: ParameterSpec, seed: int) -> list[int]:
    """Choose training renders at random, each as likely as any other.

    Raises:
        PatchError: the folder holds no training render, or a shard is unusable.
    """
    found = [np.zeros(0, dtype=np.int64)]
    for shard in list_shards(folder, spec.fingerprint):
        with safe_open(shard.path, "numpy") as file:
            indices = file.get_tensor("index")
        found.append(indices[_of_training(indices)])
    known = np.concatenate(found)
    if not len(known):
        raise PatchError(f"{folder} holds no training renders; run training.render_dataset first")
    return [int(index) for index in np.random.default_rng(seed).choice(known, size=count)]


def _of_training(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.array([split_of(int(index)) == "train" for index in indices], dtype=bool)


def evaluate(
    targets: Sequence[Target],
    proposer: Proposer,
    data: Path | None,
    pool: RenderPool,
    count: int,
    seed: int,
) -> list[Row]:
    """Measure every method on the targets."""
    spec = proposer.spec
    metrics = [TargetMetrics(target.audio) for target in targets]
    rows = []
    if all(target.again is not None for target in targets):
        rows.append(row("re-render floor", metrics, [target.again for target in targets]))
    sets = sample_sets(proposer, targets, count, seed)
    renders = render_sets(pool, [p for group in sets for p in group], "sample")
    rows.append(row("one sample", metrics, renders[::count]))
    best: list[Score | None] = []
    for place, target in enumerate(metrics):
        group = [r for r in renders[place * count : (place + 1) * count] if r is not None]
        scores = (target.score(render) for render in group)
        best.append(min(scores, key=lambda score: score.distance, default=None))
    rows.append(Row(f"best of {count}", tuple(best)))
    if data is not None:
        for method, indices in (
            ("nearest neighbour", nearest_indices(targets, data, spec)),
            ("random", random_indices(len(targets), data, spec, seed)),
        ):
            again = render_sets(pool, [draw_parameters(spec, index) for index in indices], method)
            rows.append(row(method, metrics, again))
    return rows


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=Path, help="folder of targets; else unseen test indices")
    parser.add_argument("--items", type=int, help="at most this many targets (test indices: 64)")
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument(
        "--weights", type=Path, help="weights without ending; else the shipped ones"
    )
    parser.add_argument("--data", type=Path, help="shards, for nearest neighbour and random")
    parser.add_argument("--count", type=int, default=8, help="samples for the best-of row")
    parser.add_argument("--match", action="store_true", help="also measure whole matches")
    parser.add_argument("--budget", type=float, default=10.0, help="their seconds of search")
    parser.add_argument("--patches", type=Path, nargs="+", help="folders of patches, as a peer")
    parser.add_argument(
        "--patches-file", type=Path, default=Path("patches.sqlite"), help="how they sound is kept"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    parser.add_argument("--json", type=Path, help="also write every score here")
    a = parser.parse_args(argv)
    try:
        proposer = load_proposer(a.spec, a.device, a.weights)
        with RenderPool.of_surge(find_surge(a.surge), 2) as pool:
            if a.targets:
                targets = folder_targets(a.targets, a.items)
            else:
                targets = unseen_targets(load_spec(a.spec), "test", a.items or 64, pool)
            rows = evaluate(targets, proposer, a.data, pool, a.count, a.seed)
            peer = None
            if a.patches:
                embedding = load_index(a.spec).embedding
                patches = PatchPeer(a.patches, a.patches_file, embedding, pool)
                found = [patches.nearest(target.audio) for target in targets]
                metrics = [TargetMetrics(target.audio) for target in targets]
                peer = row(
                    "nearest patch",
                    metrics,
                    [near.render.audio if near else None for near in found],
                )
                rows.append(peer)
                print(f"{len(patches)} patches are the peer")
        if a.match:
            with Workshop(a.device, a.surge) as workshop:
                workshop.warm_up()
                rows += match_rows(workshop, targets, a.spec, a.budget, a.seed)
    except SynthmatchError as error:
        parser.exit(2, f"evaluate: {error}\n")
    where = a.targets.name if a.targets else "unseen test indices"
    print(f"{len(targets)} targets ({where}), {a.spec}, {proposer.sampler}, {platform.machine()}\n")
    print(table(rows, peer))
    if a.json:
        report = {r.method: [score and asdict(score) for score in r.scores] for r in rows}
        a.json.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
