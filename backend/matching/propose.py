"""A sound becomes candidates: the trained model's samples, decoded to parameter sets."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import torch

from backend.audio.region import WINDOW_SAMPLES, fit_window
from backend.errors import DeviceError, WeightsError
from backend.records import AudioRegion, Candidate
from backend.synth.spec import ParameterSpec, load_spec
from models.checkpoint import CheckpointError, load_checkpoint
from models.inversion import InversionModel
from models.sampler import SamplerConfig


@dataclass(frozen=True)
class Proposer:
    """A model ready to propose.

    Args:
        model: in evaluation mode on its device.
        spec: the parameter space of its vectors.
        sampler: how to integrate.
    """

    model: InversionModel
    spec: ParameterSpec
    sampler: SamplerConfig

    def propose(self, region: AudioRegion, *, count: int, seed: int) -> list[Candidate]:
        """Sample candidates for a sound, in the model's own order.

        Args:
            region: the sound; its first 4 s are heard.
            count: how many.
            seed: same seed and sound, same candidates.
        """
        vectors = self.model.sample(
            fit_window(region), count=count, seed=seed, sampler=self.sampler
        )  # (count, width)
        settled = [self.spec.settle(vector) for vector in vectors]
        return [Candidate(self.spec.decode(v), order) for order, v in enumerate(settled)]


def choose_device(wanted: str) -> torch.device:
    """Return the device for ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        DeviceError: it is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return torch.device(next((name for name, ok in there.items() if ok), "cpu"))
    if not there.get(wanted, wanted == "cpu"):
        usable = ", ".join(["auto", "cpu", *(name for name, ok in there.items() if ok)])
        raise DeviceError(f"there is no device {wanted!r} on this computer; use one of {usable}")
    return torch.device(wanted)


def weights_stem(spec_name: str) -> Path:
    """Return where the shipped weights of a parameter space lie, without the file endings."""
    return Path(str(resources.files("models"))) / "weights" / spec_name


def load_proposer(spec_name: str, device: str = "auto", stem: Path | None = None) -> Proposer:
    """Load the model of a parameter space.

    Args:
        spec_name: ``surge_full`` or ``surge_simple``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        stem: weights other than the shipped ones, without the file endings.

    Raises:
        WeightsError: the weights are missing, damaged, foreign, too new, or of another space.
        DeviceError: the device is not there.
    """
    spec = load_spec(spec_name)
    target = choose_device(device)
    try:
        checkpoint = load_checkpoint(
            stem or weights_stem(spec_name), spec_fingerprint=spec.fingerprint
        )
    except CheckpointError as error:
        raise WeightsError(str(error)) from error
    config = checkpoint.model.config
    if config.width != spec.width or config.feature.samples != WINDOW_SAMPLES:
        raise WeightsError(
            f"the weights of {spec_name} give {config.width} numbers for {config.feature.samples} "
            f"samples of sound; needed are {spec.width} for {WINDOW_SAMPLES}. Get both weights "
            "files again"
        )
    return Proposer(checkpoint.model.to(target), spec, checkpoint.description.sampler)
