from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.description import (
    CheckpointError,
    Description,
    description_to_json,
    json_path,
    one_line,
    read_description,
)
from models.inversion import ModelConfig
from models.sampler import SamplerConfig

DESCRIPTION = Description(
    config=ModelConfig(),
    spec_fingerprint="ab",
    sampler=SamplerConfig(steps=3),
    provenance={"steps": 5, "note": None},
    weights_sha256="00ff",
)


def test_round_trip_without_any_weights(tmp_path: Path) -> None:
    stem = tmp_path / "full-1.2"
    json_path(stem).write_text(json.dumps(description_to_json(DESCRIPTION)))
    assert read_description(stem) == DESCRIPTION


def test_dots_in_the_stem_are_kept() -> None:
    assert json_path(Path("a/full-1.2")) == Path("a/full-1.2.json")


def test_absence_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="full.json does not exist"):
        read_description(tmp_path / "full")


def test_foreign_errors_become_one_short_line() -> None:
    assert one_line(ValueError("first\n  second")) == "first second"
    assert len(one_line(ValueError("x" * 1000))) == 200
