"""Last step of training: a run's averaged weights become the files that are shipped.

    python -m training.export_weights --run RUN --out models/weights/surge_full

Writes ``surge_full.safetensors`` (float16) and ``surge_full.json`` (configs, fingerprint of the
parameter space, provenance, and the re-render floor that scores are shown beside).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from backend.errors import SynthmatchError, WeightsError
from backend.synth.spec import load_spec
from models.checkpoint import CheckpointError, Description, save_checkpoint
from models.config_json import ConfigError, Json, config_from_json, config_to_json
from models.inversion import InversionModel
from models.sampler import SamplerConfig
from training.run_config import RunConfig
from training.run_state import DESCRIPTION, WEIGHTS, RunState


def export_weights(
    run: Path, stem: Path, sampler: SamplerConfig, floor: dict[str, float]
) -> Description:
    """Write a run's averaged weights for use.

    Args:
        run: the run's folder.
        stem: where to, without ending.
        sampler: the setting that users get.
        floor: re-render floor of the space by metric name, shown beside scores.

    Raises:
        WeightsError: the run has no usable state, or its weights are not finite.
        OSError: the files cannot be written.
    """
    try:
        description = json.loads((run / DESCRIPTION).read_text())
        config = config_from_json(RunConfig, description["config"])
        tensors = load_file(run / WEIGHTS)
        state = RunState(**description["state"])
        model = InversionModel(config.model)
        prefix = "average."
        averaged = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        model.load_state_dict(averaged)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"the run in {run} has no usable state ({reason}); name the folder of a run of "
            "training.train"
        ) from error
    provenance: dict[str, Json] = {
        "renders": state.renders,
        "steps": state.step,
        "batch": config.batch,
        "training_hours": round(state.seconds / 3600, 2),
        "earlier": [dict(run) for run in state.earlier],
        "torch": torch.__version__,
        "run": config_to_json(config),
        "rerender_floor": dict(floor),
    }
    spec = load_spec(config.model.spec_name)
    try:
        return save_checkpoint(
            stem, model, spec_fingerprint=spec.fingerprint, provenance=provenance, sampler=sampler
        )
    except CheckpointError as error:
        raise WeightsError(str(error)) from error


def read_floor(report: Path) -> dict[str, float]:
    """Return the mean re-render floor by metric name from a report of ``training.evaluate``.

    Raises:
        WeightsError: the report cannot be read, or has no re-render floor.
    """
    try:
        scores = json.loads(report.read_text("utf-8"))["re-render floor"]
        return {m: round(sum(s[m] for s in scores) / len(scores), 4) for m in scores[0]}
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise WeightsError(
            f"{report} has no re-render floor ({type(error).__name__}: {error}); write it with "
            "training.evaluate --json, on targets that have a second render"
        ) from error


def main(argv: list[str] | None = None) -> int:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="weights without file ending")
    parser.add_argument("--method", default="ab2", choices=("euler", "ab2", "heun", "rk4"))
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--schedule", default="uniform", choices=("uniform", "cosine"))
    parser.add_argument("--floor", type=Path, help="report of training.evaluate --json")
    a = parser.parse_args(argv)
    try:
        sampler = SamplerConfig(a.method, a.steps, a.guidance, a.schedule)
        written = export_weights(a.run, a.out, sampler, read_floor(a.floor) if a.floor else {})
    except (SynthmatchError, ConfigError, OSError) as error:
        parser.exit(2, f"export_weights: {error}\n")
    print(json.dumps({"sha256": written.weights_sha256, "steps": written.provenance["steps"]}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
