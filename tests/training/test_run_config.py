from __future__ import annotations

from pathlib import Path

import pytest

import training
from backend.synth.spec import load_spec
from models.config_json import ConfigError, config_from_json, config_to_json
from models.flow import FlowConfig
from models.inversion import InversionModel, ModelConfig
from training.run_config import RunConfig, read_run_config

SHIPPED = sorted((Path(training.__file__).parent / "configs").glob("*.toml"))


def write(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_settings_make_a_model_of_their_space(path: Path) -> None:
    config = read_run_config(path)
    spec = load_spec(config.model.spec_name)
    assert config.model.width == spec.width
    numbers = sum(p.numel() for p in InversionModel(config.model).parameters())
    assert 5e6 < numbers < 15e6  # two of them in float16 stay under 60 MB
    assert config.warmup_steps + config.decay_steps < config.steps


def test_both_spaces_are_shipped() -> None:
    names = {read_run_config(path).model.spec_name for path in SHIPPED}
    assert names == {"surge_full", "surge_simple"}


def test_an_empty_file_is_the_paper_s_run(tmp_path: Path) -> None:
    config = read_run_config(write(tmp_path, ""))
    assert config == RunConfig() and config.model == ModelConfig() and config.flow == FlowConfig()
    assert (config.batch, config.learning_rate, config.clip_norm) == (128, 1e-4, 0.5)


def test_given_settings_go_over_the_defaults_section_by_section(tmp_path: Path) -> None:
    text = """
    steps = 7
    learning_rate = 1
    [flow]
    time = "logit_normal"
    [model.encoder]
    stem_channels = [16, 32]
    """
    config = read_run_config(write(tmp_path, text))
    assert (config.steps, config.learning_rate) == (7, 1.0)
    assert isinstance(config.learning_rate, float)
    assert config.flow.time == "logit_normal" and config.flow.drop_probability == 0.1
    assert config.model.encoder.stem_channels == (16, 32)
    assert config.model.encoder.width == ModelConfig().encoder.width


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_settings_survive_json(path: Path) -> None:
    config = read_run_config(path)
    assert config_from_json(RunConfig, config_to_json(config)) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stepz = 3", "run has no setting 'stepz'; it has average_decay"),
        ("[flow]\ndrop = 0.1", r"run\.flow has no setting 'drop'; it has drop_probability"),
        ("[model.encoder]\ndepth = 3", r"run\.model\.encoder has no setting 'depth'"),
        ("steps = 'many'", "steps must be of type int; got 'many'"),
        ("steps = 1.5", "steps must be of type int"),
        ("steps = 0", "steps is 0; allowed is 1"),
        ("batch = 0", "batch is 0; allowed is 1"),
        ("renders = 0", "renders is 0; allowed is 1"),
        ("report_steps = 0", "report_steps is 0; allowed is 1"),
        ("learning_rate = 0", "learning_rate is 0.0"),
        ("learning_rate = nan", "learning_rate must be of type float"),
        ("average_decay = 1.0", "average_decay 1.0"),
        ("flow = 3", "flow must be a JSON object"),
        ("steps = { a = 1 }", "steps must be of type int"),
        ("[flow]\ntime = 'early'", "allowed is 'uniform' or 'logit_normal'"),
        ("[model.velocity]\nlayers = 3", "queries"),
        ("steps = ", "cannot read the run's settings"),
    ],
)
def test_unusable_settings_are_named_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_run_config(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.toml", tmp_path, binary):
        with pytest.raises(ConfigError, match="cannot read the run's settings") as caught:
            read_run_config(path)
        assert str(path) in str(caught.value)
