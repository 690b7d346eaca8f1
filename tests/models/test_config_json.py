from __future__ import annotations

import json
from dataclasses import replace

import pytest

from models.config_json import ConfigError, config_from_json, config_to_json
from models.inversion import ModelConfig
from models.sampler import SamplerConfig
from models.spectrogram_tokens import EncoderConfig


def test_nested_configs_survive_a_trip_through_text() -> None:
    config = ModelConfig(
        spec_name="surge_simple", encoder=EncoderConfig(kind="conv", stem_channels=(16, 24))
    )
    text = json.dumps(config_to_json(config))
    assert config_from_json(ModelConfig, json.loads(text)) == config


def test_whole_numbers_are_read_as_floats() -> None:
    value = config_to_json(SamplerConfig()) | {"guidance": 3}
    config = config_from_json(SamplerConfig, value)
    assert config.guidance == 3.0 and isinstance(config.guidance, float)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speed": 1}, "unknown key 'speed'"),
        ({"steps": "100"}, "SamplerConfig.steps must be of type int; got '100'"),
        ({"steps": True}, "must be of type int"),
        ({"steps": 1.5}, "must be of type int"),
        ({"steps": 0}, "allowed is 1 to 10000"),
        ({"guidance": float("nan")}, "must be of type float"),
        ({"guidance": None}, "must be of type float"),
        ({"method": "rk5"}, "'euler' or 'ab2' or 'heun' or 'rk4'"),
    ],
)
def test_wrong_entries_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config_from_json(SamplerConfig, config_to_json(SamplerConfig()) | change)


def test_a_missing_key_is_named() -> None:
    value = config_to_json(SamplerConfig())
    del value["schedule"]
    with pytest.raises(ConfigError, match="lacks the key 'schedule'"):
        config_from_json(SamplerConfig, value)


def test_a_nested_fault_is_named_with_its_place() -> None:
    value = config_to_json(ModelConfig())
    assert isinstance(value["encoder"], dict)
    value["encoder"]["stem_channels"] = [8, "x"]
    with pytest.raises(ConfigError, match="ModelConfig.encoder.stem_channels"):
        config_from_json(ModelConfig, value)


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_only_objects_are_read(value: object) -> None:
    with pytest.raises(ConfigError, match="must be a JSON object"):
        config_from_json(SamplerConfig, value)


def test_parts_that_do_not_fit_each_other_are_refused() -> None:
    config = ModelConfig()
    with pytest.raises(ConfigError, match="queries"):
        replace(config, encoder=replace(config.encoder, queries=7))
    with pytest.raises(ConfigError, match="heads"):
        replace(config.velocity, heads=7)
    with pytest.raises(ConfigError, match="multiples of 8"):
        replace(config.encoder, stem_channels=(12,))
