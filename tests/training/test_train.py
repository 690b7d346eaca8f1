from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_run import FRAMES, MELS, tiny_config, tiny_renders, write_tiny_shards

from backend.errors import PatchError, WeightsError
from backend.synth.equivalents import Equivalents
from backend.synth.spec import load_spec
from models.features import dequantise_db
from models.flow import sample_path
from models.inversion import InversionModel
from training import train as training
from training.dataset import read_split
from training.run_config import RunConfig
from training.run_state import WEIGHTS, RunState
from training.train import draw_batch, learning_rate, pair_noise, set_statistics, train

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_shards(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def uninterrupted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("run")
    train(tiny_config(), data, run, CPU)
    return run


def entries(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def stored_average(run: Path, config: RunConfig) -> InversionModel:
    prefix = "average."
    stored = load_file(run / WEIGHTS)
    model = InversionModel(config.model)
    model.load_state_dict({n.removeprefix(prefix): t for n, t in stored.items() if prefix in n})
    return model


def test_the_loss_falls_on_seen_and_unseen_renders(data: Path, tmp_path: Path) -> None:
    config = tiny_config(steps=80, decay_steps=30, batch=32, learning_rate=2e-2, report_steps=20)
    state = train(config, data, tmp_path, CPU)
    log = entries(tmp_path)
    assert [entry["step"] for entry in log] == [20, 40, 60, 80]
    assert log[-1]["train"] < 0.85 * log[0]["train"]
    assert log[-1]["validation"] < 0.9 * log[0]["validation"]
    assert (state.step, state.renders) == (80, 490)  # 500 without those that are kept back


def test_the_model_learns_to_listen(data: Path, tmp_path: Path) -> None:
    config = tiny_config(steps=120, batch=32, renders=2, report_steps=120, learning_rate=5e-3)
    velocity = replace(config.model.velocity, assignment_noise=0.5, embedding_noise=0.5)
    config = replace(config, model=replace(config.model, velocity=velocity))
    train(replace(config, trade_oscillators=False), data, tmp_path, CPU)
    model = stored_average(tmp_path, config)
    spec = load_spec("surge_simple")
    two = read_split(data, spec.fingerprint, "train", 2)
    vectors = torch.from_numpy(Equivalents(spec).at_rest(two.vectors)).repeat(32, 1)
    mel_db = dequantise_db(torch.from_numpy(two.mels)).repeat(32, 1, 1, 1)
    noise = torch.randn(64, spec.width, generator=torch.Generator().manual_seed(0))
    path = sample_path(noise, vectors, torch.full((64,), 0.1))
    with torch.no_grad():
        own = float(model.loss(mel_db, path, None, config.flow).flow)
        other = float(model.loss(mel_db.flip(0), path, None, config.flow).flow)
        none = float(model.loss(mel_db, path, torch.ones(64, dtype=torch.bool), config.flow).flow)
    assert own < 0.9 * none and own < 0.7 * other


def test_bfloat16_trains_as_well(data: Path, tmp_path: Path, uninterrupted: Path) -> None:
    train(tiny_config(bfloat16=True), data, tmp_path / "run", CPU)
    half, whole = entries(tmp_path / "run"), entries(uninterrupted)
    assert half[-1]["train"] == pytest.approx(whole[-1]["train"], rel=0.05)
    assert half[-1]["train"] != whole[-1]["train"]
    stored = load_file(tmp_path / "run" / WEIGHTS)
    assert {stored[name].dtype for name in stored} == {torch.float32}


@pytest.mark.parametrize("stop_after", [1, 5])
def test_an_interrupted_run_ends_in_the_same_weights(
    stop_after: int,
    data: Path,
    uninterrupted: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = tiny_config(save_seconds=0)
    saves = itertools.count(1)
    save_state = training.save_state

    def save_and_stop(*arguments: object) -> None:
        save_state(*arguments)  # type: ignore[arg-type]
        if next(saves) == stop_after:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_state", save_and_stop)
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(config, data, run, CPU)
    monkeypatch.setattr(training, "save_state", save_state)
    state = train(replace(config, save_seconds=600), data, run, CPU)
    assert state.step == config.steps
    expected, got = load_file(uninterrupted / WEIGHTS), load_file(run / WEIGHTS)
    assert expected.keys() == got.keys()
    assert any(name.startswith("moments.") for name in got)
    for name, tensor in expected.items():
        torch.testing.assert_close(got[name], tensor, rtol=1e-4, atol=1e-6, msg=name)


def test_a_finished_run_stays_as_it_is(data: Path, tmp_path: Path) -> None:
    config = tiny_config(steps=2, report_steps=1)
    first = train(config, data, tmp_path / "run", CPU)
    before = (tmp_path / "run" / WEIGHTS).read_bytes()
    again = train(config, data, tmp_path / "run", CPU)
    assert again.step == first.step == 2 and len(entries(tmp_path / "run")) == 2
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == before


def test_another_seed_is_another_run(data: Path, tmp_path: Path) -> None:
    stored = []
    for seed in (1, 1, 2):
        run = tmp_path / f"run-{len(stored)}"
        train(tiny_config(steps=2, seed=seed), data, run, CPU)
        stored.append(load_file(run / WEIGHTS)["model.encoder.queries"])
    assert torch.equal(stored[0], stored[1]) and not torch.equal(stored[0], stored[2])


def test_the_run_of_another_shape_is_refused(data: Path, uninterrupted: Path) -> None:
    config = tiny_config()
    wider = replace(config.model.velocity, tokens=9)
    other = replace(config, model=replace(config.model, velocity=wider))
    with pytest.raises(WeightsError, match="cannot go on.*start in a new folder"):
        train(other, data, uninterrupted, CPU)


def test_no_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PatchError, match="no train renders; run training.render_dataset"):
        train(tiny_config(), tmp_path, tmp_path / "run", CPU)


def test_learning_rate_warms_up_stays_and_decays() -> None:
    config = RunConfig(steps=100, warmup_steps=10, decay_steps=20, learning_rate=1e-3)
    assert learning_rate(0, config) == pytest.approx(1e-4)
    assert learning_rate(4, config) == pytest.approx(5e-4)
    assert [learning_rate(step, config) for step in (9, 10, 50, 80)] == pytest.approx([1e-3] * 4)
    assert learning_rate(90, config) == pytest.approx(1e-3 * (0.01 + 0.99 / 2))
    assert learning_rate(100, config) == pytest.approx(1e-5)
    assert learning_rate(1_000, config) == pytest.approx(1e-5)
    falling = [learning_rate(step, config) for step in range(80, 101)]
    assert falling == sorted(falling, reverse=True) and len(set(falling)) == 21


def test_without_warm_up_and_decay_the_rate_is_constant() -> None:
    config = RunConfig(steps=10, warmup_steps=0, decay_steps=0, learning_rate=2e-4)
    assert {learning_rate(step, config) for step in range(10)} == {2e-4}


def cost(noise: torch.Tensor, vectors: torch.Tensor) -> float:
    return float((noise - vectors).norm(dim=1).sum())


def test_paired_noise_is_the_cheapest_permutation() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        noise = torch.randn(4, 3, generator=generator)
        vectors = torch.randn(4, 3, generator=generator)
        costs = [cost(noise[list(p)], vectors) for p in itertools.permutations(range(4))]
        assert cost(pair_noise(noise, vectors), vectors) == pytest.approx(min(costs), rel=1e-5)
        assert max(costs) > 1.05 * min(costs)


def test_pairing_keeps_every_row_and_brings_noise_nearer() -> None:
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(64, 92, generator=generator)
    vectors = torch.rand(64, 92, generator=generator) * 2 - 1
    paired = pair_noise(noise, vectors)
    assert sorted(paired.tolist()) == sorted(noise.tolist())
    assert cost(paired, vectors) < cost(noise, vectors)


def test_a_batch_is_renders_with_their_own_spectrograms() -> None:
    data = tiny_renders(range(2, 40))
    equivalents = Equivalents(load_spec("surge_simple"))
    config = tiny_config(rest_idle=False, trade_oscillators=False, optimal_transport=False)
    batch = draw_batch(data, equivalents, config, np.random.default_rng(0), CPU)
    assert batch.mel_db.shape == (16, 2, MELS, FRAMES)
    for mel_db, vector in zip(batch.mel_db, batch.vectors, strict=True):
        [place] = np.flatnonzero((data.vectors == vector.numpy()).all(axis=1))
        torch.testing.assert_close(mel_db, dequantise_db(torch.from_numpy(data.mels[place])))
    assert batch.noise.std() == pytest.approx(1.0, abs=0.1)


def test_a_batch_uses_each_symmetry_where_it_is_asked_for() -> None:
    data = tiny_renders(range(2, 40))
    equivalents = Equivalents(load_spec("surge_simple"))

    def vectors(**settings: bool) -> np.ndarray:
        off = {"rest_idle": False, "trade_oscillators": False}
        config = tiny_config(**(off | settings))
        rng = np.random.default_rng(0)
        return draw_batch(data, equivalents, config, rng, CPU).vectors.numpy()

    plain = vectors()
    rested = vectors(rest_idle=True)
    np.testing.assert_array_equal(rested, equivalents.at_rest(plain))
    assert not np.array_equal(rested, plain)
    traded = vectors(trade_oscillators=True)
    assert not np.array_equal(traded, plain)
    np.testing.assert_array_equal(np.sort(traded, axis=1), np.sort(plain, axis=1))


@pytest.mark.parametrize("statistics_frames", [1, FRAMES])
def test_statistics_are_those_of_the_training_renders(statistics_frames: int) -> None:
    config = tiny_config().model
    config = replace(config, encoder=replace(config.encoder, statistics_frames=statistics_frames))
    data = tiny_renders(range(2, 100))
    model = InversionModel(config)
    set_statistics(model, data)
    decibel = data.mels.astype(np.float64) / 255 * 80 - 80
    dims = (0, 3) if statistics_frames == 1 else (0,)
    mean, std = decibel.mean(axis=dims), decibel.std(axis=dims)
    shape = (2, MELS, statistics_frames)
    np.testing.assert_allclose(model.encoder.mel_mean, mean.reshape(shape), atol=1e-2)
    np.testing.assert_allclose(
        model.encoder.mel_std, np.maximum(std.reshape(shape), 1.0), atol=1e-2
    )
    assert not np.allclose(std, std.mean())


def test_a_run_saves_its_statistics_and_an_average_of_its_own(
    data: Path, uninterrupted: Path
) -> None:
    stored = load_file(uninterrupted / WEIGHTS)
    seen = read_split(data, load_spec("surge_simple").fingerprint, "train")
    mean_db = (seen.mels.astype(np.float64) / 255 * 80 - 80).mean(axis=(0, 3))
    for part in ("model", "average"):
        saved = stored[f"{part}.encoder.mel_mean"].numpy()[..., 0]
        np.testing.assert_allclose(saved, mean_db, atol=1e-2)
    model, average = (stored[f"{part}.encoder.out.weight"] for part in ("model", "average"))
    assert not torch.equal(model, average)
    torch.testing.assert_close(model, average, rtol=0.5, atol=0.05)


def test_the_average_follows_as_its_decay_says(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history: list[torch.Tensor] = []
    averages: list[torch.Tensor] = []

    def keep(
        folder: Path,
        model: InversionModel,
        average: InversionModel,
        optimizer: torch.optim.Optimizer,
        config: RunConfig,
        state: RunState,
    ) -> None:
        history.append(model.encoder.out.weight.detach().clone())
        averages.append(average.encoder.out.weight.detach().clone())

    monkeypatch.setattr(training, "save_state", keep)
    config = tiny_config(steps=6, save_seconds=0, average_decay=0.3)
    train(config, data, tmp_path, CPU)
    torch.manual_seed(config.seed)
    expected = InversionModel(config.model).encoder.out.weight.detach().clone()
    for step, weight in enumerate(history):
        decay = min(0.3, (step + 1) / (step + 10))
        expected = decay * expected + (1 - decay) * weight
        torch.testing.assert_close(averages[step], expected)
    assert len(history) == 6


def test_the_command_says_in_one_line_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "run.toml"
    settings.write_text("stepz = 3\n")
    for config in (settings, tmp_path / "missing.toml"):
        with pytest.raises(SystemExit) as left:
            training.main(["--config", str(config), "--data", "d", "--run", str(tmp_path / "r")])
        assert left.value.code == 2
        message = capsys.readouterr().err
        assert message.startswith("train: ") and message.count("\n") == 1
