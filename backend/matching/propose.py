"""A sound becomes candidates: the trained model's samples, decoded to parameter sets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from backend.audio.region import WINDOW_SAMPLES, fit_window
from backend.errors import DeviceError, WeightsError
from backend.records import AudioRegion, Candidate, Vector
from backend.synth.spec import ParameterSpec, load_spec
from models.checkpoint import CheckpointError, load_checkpoint
from models.inversion import InversionModel, draw_noise
from models.sampler import SamplerConfig

#: Which numbers of a vector are given, bool ``(width,)``, and a vector that holds them.
Known = tuple[npt.NDArray[np.bool_], Vector]


@dataclass
class Proposer:
    """A model ready to propose.

    Args:
        model: in evaluation mode on its device.
        spec: the parameter space of its vectors.
        sampler: how to integrate.
        remarks: what has to be told to the user since ``hear``, a sentence each.
    """

    model: InversionModel
    spec: ParameterSpec
    sampler: SamplerConfig
    remarks: list[str] = field(default_factory=list)

    def propose(self, region: AudioRegion, *, count: int, seed: int) -> list[Candidate]:
        """Sample candidates for a sound, in the model's own order.

        Args:
            region: the sound; its first 4 s are heard.
            count: how many.
            seed: same seed and sound, same candidates.
        """
        vectors = self.sample(self.hear(region), count=count, seed=seed)
        return [Candidate(self.spec.decode(v), place + 1) for place, v in enumerate(vectors)]

    def hear(self, region: AudioRegion) -> Tensor:
        """Return what the model makes of the first 4 s of a sound; ``remarks`` begins anew."""
        self.remarks.clear()
        return self.model.hear(fit_window(region))

    def sample(
        self,
        heard: Tensor,
        *,
        count: int,
        seed: int,
        begin: tuple[float, Vector] | None = None,
        known: Known | None = None,
        steps: int | None = None,
    ) -> list[Vector]:
        """Sample vectors for a sound.

        Where the GPU's memory does not hold them all, they are made in smaller batches, and where
        it does not hold one, on the CPU from then on; ``remarks`` says so.

        Args:
            heard: from ``hear``.
            count: how many.
            seed: same seed and sound, same vectors.
            begin: a time in 0..1 and a vector ``(width,)`` to be varied, the less the later.
            known: which numbers of the vectors are given, and a vector that holds them.
            steps: to integrate in, from 0 to 1; None: as many as the model is best with.

        Returns:
            Settled vectors, float32 ``(width,)`` each.
        """
        sampler = self.sampler if steps is None else replace(self.sampler, steps=steps)
        noise = draw_noise(count, self.spec.width, seed)
        vectors, batch = list[Vector](), count
        while len(vectors) < count:
            size = min(batch, count - len(vectors))
            try:
                vectors += list(
                    self.model.propose(
                        heard.to(self.model.encoder.mel_mean.device),
                        noise[len(vectors) : len(vectors) + size],
                        sampler,
                        begin=None if begin is None else (begin[0], begin[1][None]),
                        known=known,
                    )
                )
            except RuntimeError as error:
                batch = self._smaller(size, error)
        return [self.spec.settle(vector) for vector in vectors]

    def _smaller(self, size: int, error: RuntimeError) -> int:
        """Make room after a full GPU; return how many candidates to try at a time."""
        full = isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)
        device = self.model.encoder.mel_mean.device
        if not full or device.type == "cpu":
            raise error
        if size > 1:
            remark = f"The GPU's memory is full: candidates were made {size // 2} at a time."
        else:
            self.model.to("cpu")
            remark = "The GPU's memory is full: the model runs on the CPU from now on."
        if device.type == "cuda":
            torch.cuda.empty_cache()
        self.remarks[:] = [remark]
        return max(1, size // 2)


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
