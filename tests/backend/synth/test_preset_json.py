from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from backend.errors import ParameterError, PatchError
from backend.records import Note, ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.preset_json import MAX_CHARACTERS, parse_preset_json, preset_json
from backend.synth.spec import load_spec

SPACES = ("surge_simple", "surge_full")
FULL = load_spec("surge_full")
DRAWN = draw_parameters(FULL, 3)


@pytest.mark.parametrize("name", SPACES)
def test_reading_gives_back_exactly_what_was_written(name: str) -> None:
    spec = load_spec(name)
    rng = np.random.default_rng(2)
    drawn = [draw_parameters(spec, index) for index in range(40)]
    drawn += [spec.decode(rng.standard_normal(spec.width) * 2) for _ in range(40)]
    for parameters in drawn:
        text = preset_json(parameters, "bell")
        assert preset_json(parameters, "bell") == text
        again = parse_preset_json(text)
        assert again == parameters
        assert np.array_equal(spec.encode(again), spec.encode(parameters))
        assert preset_json(again, "bell") == text


def test_a_person_can_read_it() -> None:
    root = json.loads(preset_json(DRAWN, "bell"))
    assert (root["format"], root["version"]) == ("synthmatch-preset", 1)
    assert (root["spec"], root["name"]) == ("surge_full", "bell")
    note = DRAWN.note
    assert root["note"] == {"pitch": note.pitch, "on_s": note.on_s, "off_s": note.off_s}
    assert list(root["parameters"]) == [p.name for p in FULL.parameters]
    natives = FULL.natives(DRAWN)
    for parameter in FULL.parameters:
        row = root["parameters"][parameter.name]
        assert row["value"] == DRAWN.values[parameter.name]
        assert row["native"] == natives[parameter.surge.storage]
        if parameter.categories:
            assert row["reads"] == row["value"]
        else:
            assert row["reads"] == parameter.surge.display.text(row["native"])
    assert root["parameters"]["a_highpass"]["reads"].endswith("Hz")
    assert root["parameters"]["a_osc_1_volume"]["reads"].endswith("dB")


@pytest.mark.parametrize("name", ['a "b" \\ é 日本', "two\nlines\x00", "\ud800", "x" * 300])
def test_any_name_makes_valid_json(name: str) -> None:
    text = preset_json(DRAWN, name)
    stored = json.loads(text.encode("utf-8"))["name"]
    assert stored.isprintable() and len(stored) <= 100
    assert parse_preset_json(text) == DRAWN


def test_a_person_may_change_values() -> None:
    root = json.loads(preset_json(DRAWN, "bell"))
    root["parameters"]["a_filter_1_cutoff"]["value"] = 1
    root["parameters"]["a_filter_1_type"] = {"value": "LP 24 dB"}
    root["note"]["pitch"] = 60
    changed = parse_preset_json(json.dumps(root))
    assert changed.values["a_filter_1_cutoff"] == 1.0
    assert changed.values["a_filter_1_type"] == "LP 24 dB"
    assert changed.note.pitch == 60


def test_a_set_outside_its_space_is_not_written() -> None:
    bad = ParameterSet("surge_full", DRAWN.values, Note(128, 0.0, 1.0))
    with pytest.raises(ParameterError, match="pitch must be 0 to 127"):
        preset_json(bad, "bell")


def changed(path: str, value: Any) -> str:
    """The preset with one entry replaced, or left out where the value is None."""
    root = json.loads(preset_json(DRAWN, "bell"))
    *folders, last = path.split(".")
    inner = root
    for folder in folders:
        inner = inner[folder]
    inner.pop(last, None)
    if value is not None:
        inner[last] = value
    return json.dumps(root)


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        ("format", "another", '"format" is not "synthmatch-preset"'),
        ("version", 2, "has version 2, this Synthmatch reads 1"),
        ("version", True, "has version True"),
        ("version", None, "has version None"),
        ("spec", "surge_huge", "no parameter space 'surge_huge'"),
        ("spec", 3, "its spec is no text"),
        ("name", 3, "its name is no text"),
        ("name", None, "missing or unknown name"),
        ("colour", "red", "missing or unknown colour"),
        ("note", [60, 0, 1], "note is no group of named values"),
        ("note.pitch", 60.5, "pitch is no whole number"),
        ("note.pitch", True, "pitch is no whole number"),
        ("note.pitch", 128, "pitch must be 0 to 127"),
        ("note.on_s", 3.9, "times 0 to 4.0 s, on before off"),
        ("note.off_s", "2", "the note's off_s is '2'"),
        ("note.off_s", None, "note: missing or unknown off_s"),
        ("parameters", [], "parameters is no group"),
        ("parameters.a_cowbell", {"value": 0.5}, "missing or unknown a_cowbell"),
        ("parameters.a_highpass", None, "missing or unknown a_highpass"),
        ("parameters.a_highpass", 0.5, "a_highpass must be"),
        ("parameters.a_highpass", {"native": 0.5}, "a_highpass must be"),
        ("parameters.a_highpass.value", "0.5", "the value of a_highpass is '0.5'"),
        ("parameters.a_highpass.value", True, "the value of a_highpass is True"),
        ("parameters.a_highpass.value", 1.01, "a_highpass is 1.01; .*from 0 to 1"),
        ("parameters.a_highpass.value", 10**400, "the value of a_highpass is 1000"),
        ("parameters.a_filter_1_type.value", 2, "the value of a_filter_1_type is no text"),
        ("parameters.a_filter_1_type.value", "LP 99", "must be one of LP 12 dB"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: Any, match: str) -> None:
    with pytest.raises(PatchError, match=match) as caught:
        parse_preset_json(changed(path, value))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        preset_json(DRAWN, "x")[:-3],
        preset_json(DRAWN, "x") + "{}",
        preset_json(DRAWN, "x").replace('"on_s": ', '"on_s": 0, "on_s": '),
        '{"a": ' * 100_000,
        "[" * 100_000,
        '{"format": ' + "9" * 10_000 + "}",
        " " * (MAX_CHARACTERS + 1),
        "\x00",
        "\ud800",
    ],
    ids=range(13),
)
def test_what_is_no_preset_is_refused(text: str) -> None:
    with pytest.raises(PatchError, match="this is no usable preset JSON: ") as caught:
        parse_preset_json(text)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400"])
def test_numbers_that_are_none_are_refused(constant: str) -> None:
    old = f'"on_s": {DRAWN.note.on_s!r}'
    text = preset_json(DRAWN, "x")
    assert old in text
    with pytest.raises(PatchError, match="is no number|which is no such number"):
        parse_preset_json(text.replace(old, f'"on_s": {constant}'))
