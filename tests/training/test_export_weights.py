from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_renderers import tone
from safetensors.torch import load_file, save_file
from tiny_run import SPEC_NAME, tiny_config, write_tiny_shards

from backend.errors import WeightsError
from backend.matching.propose import load_proposer
from backend.records import AudioRegion, Note
from backend.synth.spec import load_spec
from models.checkpoint import load_checkpoint, read_description
from models.config_json import config_to_json
from models.sampler import SamplerConfig
from training import export_weights as exporting
from training.export_weights import export_weights, read_floor
from training.run_state import DESCRIPTION, WEIGHTS
from training.train import train

SAMPLER = SamplerConfig("ab2", 3, 1.5, "cosine")
FLOOR = {"mss_db": 2.0, "distance": 0.1}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("export")
    data = write_tiny_shards(folder / "data", shards=1, size=120)
    train(tiny_config(steps=8), data, folder / "run", torch.device("cpu"))
    return folder / "run"


@pytest.fixture(scope="module")
def stem(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its exported weights."""
    stem = tmp_path_factory.mktemp("weights") / SPEC_NAME
    export_weights(run, stem, SAMPLER, FLOOR)
    return stem


def test_the_averaged_weights_are_exported(run: Path, stem: Path) -> None:
    trained = load_file(run / WEIGHTS)
    stored = load_file(stem.with_suffix(".safetensors"))
    assert {f"average.{name}" for name in stored} == {n for n in trained if n[:8] == "average."}
    unlike = 0
    for name, tensor in stored.items():
        assert torch.equal(tensor, trained[f"average.{name}"].to(tensor.dtype)), name
        unlike += not torch.equal(tensor, trained[f"model.{name}"].to(tensor.dtype))
    assert unlike > len(stored) / 2
    assert stored["encoder.queries"].dtype == torch.float16
    assert stored["encoder.mel_mean"].dtype == torch.float32


def test_the_description_says_where_the_weights_come_from(stem: Path) -> None:
    description = read_description(stem)
    assert description.spec_fingerprint == load_spec(SPEC_NAME).fingerprint
    assert description.sampler == SAMPLER
    provenance = description.provenance
    assert (provenance["steps"], provenance["renders"], provenance["batch"]) == (8, 116, 16)
    assert provenance["run"] == config_to_json(tiny_config(steps=8))
    assert provenance["rerender_floor"] == FLOOR
    assert 0 <= provenance["training_hours"] < 1  # type: ignore[operator]


def test_a_run_that_begins_from_weights_keeps_them_and_what_is_behind_them(
    run: Path, stem: Path, tmp_path: Path
) -> None:
    data = write_tiny_shards(tmp_path / "data", shards=1, size=200)
    still = tiny_config(steps=1, learning_rate=1e-12, average_decay=0.0)
    state = train(still, data, tmp_path / "run", torch.device("cpu"), stem)
    again = tmp_path / "again" / SPEC_NAME
    export_weights(tmp_path / "run", again, SAMPLER, FLOOR)
    stored = load_file(again.with_suffix(".safetensors"))
    for name, tensor in load_file(stem.with_suffix(".safetensors")).items():
        torch.testing.assert_close(stored[name], tensor)
    first = {**read_description(stem).provenance}
    behind = {key: first[key] for key in ("renders", "steps", "batch", "training_hours")}
    assert first["earlier"] == [] and state.earlier == (behind,)
    second = read_description(again).provenance
    assert (second["earlier"], second["steps"], second["renders"]) == ([behind], 1, 196)
    assert (read_description(stem).renders, read_description(again).renders) == (116, 116 + 196)
    train(replace(still, steps=2), data, tmp_path / "third", torch.device("cpu"), again)
    assert len(json.loads((tmp_path / "third" / DESCRIPTION).read_text())["state"]["earlier"]) == 2


def test_a_run_refuses_to_begin_from_weights_of_another_network(stem: Path, tmp_path: Path) -> None:
    data = write_tiny_shards(tmp_path / "data", shards=1, size=120)
    config = tiny_config(steps=1)
    wider = replace(config.model.velocity, ff_width=64)
    other = replace(config, model=replace(config.model, velocity=wider))
    with pytest.raises(WeightsError, match="of another network than the run's"):
        train(other, data, tmp_path / "run", torch.device("cpu"), stem)
    with pytest.raises(WeightsError, match="does not exist"):
        train(config, data, tmp_path / "run", torch.device("cpu"), tmp_path / "none")


def test_exported_weights_propose_settings_of_their_space(stem: Path) -> None:
    spec = load_spec(SPEC_NAME)
    proposer = load_proposer(SPEC_NAME, "cpu", stem)
    assert proposer.sampler == SAMPLER
    region = AudioRegion(tone(Note(60, 0.1, 1.0)), 44_100, "tone")
    candidates = proposer.propose(region, count=4, seed=1)
    assert [candidate.number for candidate in candidates] == [1, 2, 3, 4]
    for candidate in candidates:
        again = spec.decode(spec.encode(candidate.parameters))
        assert dict(again.values) == pytest.approx(dict(candidate.parameters.values), abs=1e-6)


def test_the_exported_model_is_the_average_within_half_precision(run: Path, stem: Path) -> None:
    model = load_checkpoint(stem, spec_fingerprint=None).model
    trained = load_file(run / WEIGHTS)
    for name, tensor in model.state_dict().items():
        np.testing.assert_allclose(tensor, trained[f"average.{name}"], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
def test_a_run_without_usable_state_is_refused(
    name: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def attempt(stem: Path = tmp_path / "out" / "x") -> str:
        with pytest.raises(WeightsError, match="has no usable state") as caught:
            export_weights(broken, stem, SAMPLER, {})
        assert not (tmp_path / "out").exists()
        return str(caught.value)

    broken = tmp_path / "run"
    broken.mkdir()
    for file in run.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    content = (broken / name).read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"{}"):
        (broken / name).write_bytes(damaged)
        assert "\n" not in attempt()
    (broken / name).unlink()
    assert str(broken) in attempt()
    with pytest.raises(SystemExit) as left:
        exporting.main(["--run", str(broken), "--out", str(tmp_path / "out" / "x")])
    assert left.value.code == 2 and capsys.readouterr().err.count("\n") == 1


def test_the_state_of_another_network_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / DESCRIPTION).write_bytes((run / DESCRIPTION).read_bytes())
    save_file({"average.encoder.queries": torch.zeros(2, 32)}, tmp_path / WEIGHTS)
    with pytest.raises(WeightsError, match="has no usable state"):
        export_weights(tmp_path, tmp_path / "x", SAMPLER, {})


def test_weights_that_are_not_finite_are_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / DESCRIPTION).write_bytes((run / DESCRIPTION).read_bytes())
    tensors = load_file(run / WEIGHTS)
    tensors["average.encoder.queries"][0, 0] = torch.nan
    save_file(tensors, tmp_path / WEIGHTS)
    with pytest.raises(WeightsError, match=r"encoder\.queries is not finite"):
        export_weights(tmp_path, tmp_path / "x", SAMPLER, {})
    assert not (tmp_path / "x.json").exists()


def test_the_command_writes_both_files_with_the_floor_of_a_report(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    scores = [{"mss_db": 1.0, "rms": 0.5}, {"mss_db": 2.0, "rms": 1.0}]
    report.write_text(json.dumps({"re-render floor": scores, "one sample": []}))
    stem = tmp_path / "weights" / "surge_simple"
    options = ["--steps", "12", "--guidance", "1.0", "--floor", str(report)]
    assert exporting.main(["--run", str(run), "--out", str(stem), *options]) == 0
    description = read_description(stem)
    assert description.provenance["rerender_floor"] == {"mss_db": 1.5, "rms": 0.75}
    assert description.sampler == SamplerConfig("ab2", 12, 1.0, "uniform")
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"sha256": description.weights_sha256, "steps": 8}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"re-render floor": []}', '{"re-render floor": 1}']
)
def test_a_report_without_floor_is_refused(text: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(text)
    with pytest.raises(WeightsError, match="has no re-render floor.*training.evaluate --json"):
        read_floor(report)
