from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from tiny_run import tiny_config

from backend.errors import OutputError, WeightsError
from models.config_json import config_from_json
from models.inversion import InversionModel
from training.run_config import RunConfig
from training.run_state import DESCRIPTION, WEIGHTS, RunState, load_state, save_state

STATE = RunState(step=3, seconds=12.5, renders=40)


@dataclass
class Parts:
    """What a run consists of while it runs."""

    model: InversionModel
    average: InversionModel
    optimizer: torch.optim.Optimizer
    config: RunConfig

    def save(self, folder: Path, state: RunState = STATE) -> None:
        save_state(folder, self.model, self.average, self.optimizer, self.config, state)

    def load(self, folder: Path) -> RunState | None:
        return load_state(folder, self.model, self.average, self.optimizer)

    def learn(self, steps: int = 1) -> None:
        """Go on by some steps towards weights of 1."""
        for _ in range(steps):
            sum((p - 1).square().sum() for p in self.model.parameters()).backward()
            self.optimizer.step()
            self.optimizer.zero_grad()


def parts(seed: int, config: RunConfig | None = None) -> Parts:
    config = config or tiny_config()
    torch.manual_seed(seed)
    model, average = InversionModel(config.model), InversionModel(config.model)
    return Parts(model, average, torch.optim.AdamW(model.parameters(), fused=True), config)


def assert_equal(a: Parts, b: Parts) -> None:
    for first, second in ((a.model, b.model), (a.average, b.average)):
        for name, tensor in first.state_dict().items():
            assert torch.equal(tensor, second.state_dict()[name]), name
    moments, again = (p.optimizer.state_dict()["state"] for p in (a, b))
    assert moments.keys() == again.keys() and moments
    for number, entry in moments.items():
        assert entry.keys() == again[number].keys() == {"step", "exp_avg", "exp_avg_sq"}
        assert all(torch.equal(entry[name], again[number][name]) for name in entry)


def test_a_new_folder_has_no_state(tmp_path: Path) -> None:
    fresh = parts(0)
    before = [p.clone() for p in fresh.model.parameters()]
    assert fresh.load(tmp_path) is None
    pairs = zip(before, fresh.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_everything_comes_back_and_goes_on_alike(tmp_path: Path) -> None:
    run, again = parts(0), parts(1)
    run.learn(3)
    run.model.encoder.set_statistics(*(torch.rand(2, 16, 1) + 1 for _ in range(2)))
    run.save(tmp_path)
    assert again.load(tmp_path) == STATE
    assert_equal(run, again)
    run.learn(2)
    again.learn(2)
    assert_equal(run, again)


def test_settings_stand_beside_the_weights(tmp_path: Path) -> None:
    run = parts(0, tiny_config(seed=77))
    run.save(tmp_path)
    written = json.loads((tmp_path / DESCRIPTION).read_text())
    assert config_from_json(RunConfig, written["config"]) == run.config
    assert written["state"] == {"step": 3, "seconds": 12.5, "renders": 40, "earlier": []}


def test_a_later_state_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    run, again = parts(0), parts(1)
    run.save(tmp_path)
    run.learn()
    run.save(tmp_path, replace(STATE, step=4))
    assert again.load(tmp_path) == replace(STATE, step=4)
    assert_equal(run, again)
    assert sorted(p.name for p in tmp_path.iterdir()) == [DESCRIPTION, WEIGHTS]


def test_a_run_killed_between_its_two_files_goes_on_from_the_newer_weights(tmp_path: Path) -> None:
    run, again = parts(0), parts(1)
    run.learn()
    run.save(tmp_path)
    older = (tmp_path / DESCRIPTION).read_bytes()
    run.learn()
    run.save(tmp_path, RunState(step=9, seconds=99.0, renders=40))
    (tmp_path / DESCRIPTION).write_bytes(older)
    assert again.load(tmp_path) == RunState(step=9, seconds=12.5, renders=40)
    assert_equal(run, again)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_state_is_refused(name: str, damage: str, tmp_path: Path) -> None:
    run = parts(0)
    run.learn()
    run.save(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"{}")
    with pytest.raises(WeightsError, match="cannot go on.*start in a new folder") as caught:
        parts(1).load(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_state_of_another_shape_is_refused(tmp_path: Path) -> None:
    run = parts(0)
    run.learn()
    run.save(tmp_path)
    config = tiny_config()
    deeper = replace(config.model.encoder, layers=2)
    other = parts(0, replace(config, model=replace(config.model, encoder=deeper)))
    with pytest.raises(WeightsError, match="start in a new folder"):
        other.load(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="missing"):
        parts(0).save(tmp_path / "missing")
