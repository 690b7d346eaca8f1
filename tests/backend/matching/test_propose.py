from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from fake_renderers import tone
from tiny_model import save_tiny_weights
from tiny_run import tiny_config

from backend.errors import DeviceError, WeightsError
from backend.matching import propose
from backend.matching.propose import Proposer, choose_device, load_proposer
from backend.records import AudioRegion, Note
from backend.synth.spec import SETTLE_DISTANCE, load_spec
from models.checkpoint import save_checkpoint
from models.features import FeatureConfig
from models.inversion import InversionModel
from models.sampler import SamplerConfig

SPECS = ("surge_simple", "surge_full")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny weights of both spaces; not to be changed."""
    folder = tmp_path_factory.mktemp("weights")
    for spec_name in SPECS:
        save_tiny_weights(folder, spec_name)
    return folder


@pytest.fixture(params=SPECS)
def proposer(request: pytest.FixtureRequest, weights: Path) -> Proposer:
    return load_proposer(request.param, "cpu", weights / request.param)


@pytest.fixture
def region() -> AudioRegion:
    return AudioRegion(tone(Note(57, 0.1, 1.5)), 44_100, "tone")


def test_candidates_are_valid_and_distinct_settings(
    proposer: Proposer, region: AudioRegion
) -> None:
    candidates = proposer.propose(region, count=5, seed=0)
    assert [candidate.number for candidate in candidates] == [1, 2, 3, 4, 5]
    for candidate in candidates:
        parameters = candidate.parameters
        assert parameters.spec_name == proposer.spec.name
        again = proposer.spec.decode(proposer.spec.encode(parameters))  # refuses what is outside
        assert again.note.pitch == parameters.note.pitch
    assert len({json.dumps(dict(c.parameters.values)) for c in candidates}) == 5


def test_same_seed_same_candidates_whatever_the_count(
    proposer: Proposer, region: AudioRegion
) -> None:
    eight = proposer.propose(region, count=8, seed=4)
    assert proposer.propose(region, count=8, seed=4) == eight
    three = proposer.propose(region, count=3, seed=4)
    for few, many in zip(three, eight, strict=False):
        assert few.number == many.number and few.parameters.note.pitch == many.parameters.note.pitch
        assert dict(few.parameters.values) == pytest.approx(dict(many.parameters.values), abs=1e-5)
    assert proposer.propose(region, count=3, seed=5) != three


class SmallGpu(torch.nn.Module):
    """A model on a GPU that has room for ``room`` candidates; on the CPU there is no limit."""

    def __init__(self, model: InversionModel, room: int) -> None:
        super().__init__()
        self.heard: torch.Tensor | None = None
        self.inner, self.room, self.tried = model, room, list[int]()
        self.encoder = SimpleNamespace(mel_mean=torch.empty(1, device="meta"))

    def to(self, device: str) -> SmallGpu:  # type: ignore[override]
        assert device == "cpu"
        self.encoder.mel_mean, self.room = torch.empty(1), 1_000
        return self

    def hear(self, audio: np.ndarray) -> torch.Tensor:
        self.heard = self.inner.hear(audio)
        return self.heard

    def propose(
        self, context: torch.Tensor, noise: torch.Tensor, *rest: Any, **asked: Any
    ) -> np.ndarray:
        self.tried.append(len(noise))
        if len(noise) > self.room:
            raise torch.OutOfMemoryError("no room")
        assert self.heard is not None
        # The model itself is on the CPU, whatever this one pretends.
        return self.inner.propose(self.heard, noise, *rest, **asked)


@pytest.mark.parametrize(
    ("room", "tried", "remark"),
    [
        (8, [8], None),
        (3, [8, 4, 2, 2, 2, 2], "2 at a time"),
        (0, [8, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1], "on the CPU from now on"),
    ],
)
def test_a_full_gpu_makes_fewer_at_a_time_and_then_gives_way_to_the_cpu(
    room: int, tried: list[int], remark: str | None, proposer: Proposer, region: AudioRegion
) -> None:
    wanted = proposer.propose(region, count=8, seed=4)
    small = SmallGpu(proposer.model, room)
    proposer.model = small  # type: ignore[assignment]
    found = proposer.propose(region, count=8, seed=4)
    assert small.tried == tried
    for one, other in zip(found, wanted, strict=True):
        assert dict(one.parameters.values) == pytest.approx(dict(other.parameters.values), abs=1e-5)
    assert [remark is not None and remark in line for line in proposer.remarks] == [True] * bool(
        remark
    )


def test_other_faults_of_the_model_are_not_hidden(proposer: Proposer, region: AudioRegion) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("shapes differ")

    proposer.model.propose = fail  # type: ignore[assignment,method-assign]
    with pytest.raises(RuntimeError, match="shapes differ"):
        proposer.propose(region, count=2, seed=0)


def test_mono_is_heard_on_both_sides_and_only_4_s_are_heard(proposer: Proposer) -> None:
    left = tone(Note(57, 0.1, 1.5))[:1]
    sounds = {
        "stereo": np.concatenate([left, left]),
        "mono": left,
        "8 s": np.tile(left, (2, 2)),
        "cut": np.concatenate([left, left])[:, :100_000],
        "one side": np.concatenate([left, 0 * left]),
    }
    proposed = {
        name: proposer.propose(AudioRegion(audio, 44_100, name), count=1, seed=0)
        for name, audio in sounds.items()
    }
    assert proposed["mono"] == proposed["8 s"] == proposed["cut"] == proposed["stereo"]
    assert proposed["one side"] != proposed["stereo"]


def test_what_is_sampled_is_settled_before_it_is_decoded(
    weights: Path, region: AudioRegion, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposer = load_proposer("surge_simple", "cpu", weights / "surge_simple")
    vectors = np.full((1, 92), 0.3, dtype=np.float32)
    names = [p.name for p in proposer.spec.parameters]
    vectors[0, names.index("a_lfo_1_amplitude")] = -0.96
    vectors[0, names.index("a_osc_1_pitch")] = 0.04
    monkeypatch.setattr(InversionModel, "propose", lambda *arguments, **settings: vectors)
    [candidate] = proposer.propose(region, count=1, seed=0)
    values = candidate.parameters.values
    assert (values["a_lfo_1_amplitude"], values["a_osc_1_pitch"]) == (0.0, 0.5)
    assert values["a_lfo_2_amplitude"] == pytest.approx(0.65)


@pytest.mark.parametrize("spec_name", SPECS)
def test_settling_snaps_to_the_constants_and_nothing_else(spec_name: str) -> None:
    spec = load_spec(spec_name)
    rng = np.random.default_rng(0)
    snapped = 0
    for _ in range(20):
        vector = rng.uniform(-1.3, 1.3, spec.width).astype(np.float32)
        settled = spec.settle(vector)
        assert settled.dtype == np.float32
        np.testing.assert_array_equal(spec.settle(settled), settled)
        for parameter, place in zip(spec.parameters, spec.slices(), strict=True):
            before, after = vector[place.start], settled[place.start]
            span = parameter.maximum - parameter.minimum
            constant = 2 * (parameter.constant - parameter.minimum) / span - 1
            near = abs(before - constant) < SETTLE_DISTANCE
            if parameter.constant_probability > 0 and near:
                assert after == pytest.approx(constant)
                value = spec.decode(settled).values[parameter.name]
                assert value == pytest.approx(parameter.constant)
                snapped += 1
            else:
                np.testing.assert_array_equal(settled[place], vector[place])
        np.testing.assert_array_equal(settled[-3:], vector[-3:])
    assert snapped > 10


def test_settling_leaves_the_vector_it_was_given() -> None:
    vector = np.full(92, -0.97, dtype=np.float32)
    assert not np.array_equal(load_spec("surge_simple").settle(vector), vector)
    assert (vector == np.float32(-0.97)).all()


def test_the_sampler_of_the_weights_is_used(weights: Path) -> None:
    proposer = load_proposer("surge_full", "cpu", weights / "surge_full")
    assert proposer.sampler == SamplerConfig("euler", 4, 1.0)
    assert not proposer.model.training


def test_weights_lie_in_the_package_by_default(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stem = propose.weights_stem("surge_full")
    assert stem.parts[-3:] == ("models", "weights", "surge_full")
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: weights / spec_name)
    assert load_proposer("surge_simple", "cpu").spec.name == "surge_simple"


def test_weights_of_another_space_are_refused_with_both_fingerprints(weights: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        load_proposer("surge_full", "cpu", weights / "surge_simple")
    message = str(caught.value)
    for spec_name in SPECS:
        assert load_spec(spec_name).fingerprint in message
    assert "surge_simple.json" in message and "\n" not in message


def test_missing_and_damaged_weights_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"surge_full\.json does not exist"):
        load_proposer("surge_full", "cpu", tmp_path / "surge_full")
    for name in ("surge_full.json", "surge_full.safetensors"):
        shutil.copy(weights / name, tmp_path)
    whole = (tmp_path / "surge_full.safetensors").read_bytes()
    (tmp_path / "surge_full.safetensors").write_bytes(whole[:-8])
    with pytest.raises(WeightsError, match="damaged"):
        load_proposer("surge_full", "cpu", tmp_path / "surge_full")


@pytest.mark.parametrize("fault", ["width", "samples"])
def test_a_network_that_does_not_fit_the_space_is_refused(fault: str, tmp_path: Path) -> None:
    config = tiny_config().model
    if fault == "width":
        config = replace(config, velocity=replace(config.velocity, parameters=91))
    else:
        short = FeatureConfig(samples=88_200, window_samples=4410, hop_samples=4410, mels=16)
        config = replace(config, feature=short, encoder=replace(config.encoder, frames=21))
    fingerprint = load_spec("surge_simple").fingerprint
    model = InversionModel(config)
    save_checkpoint(tmp_path / "x", model, spec_fingerprint=fingerprint, provenance={})
    with pytest.raises(WeightsError, match="needed are 92 for 176400"):
        load_proposer("surge_simple", "cpu", tmp_path / "x")


def test_a_device_that_is_not_there_is_named_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type == choose_device("mps").type == "mps"
    for wanted in ("cuda", "tpu"):
        with pytest.raises(DeviceError, match=f"no device '{wanted}'.*use one of auto, cpu, mps$"):
            choose_device(wanted)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
