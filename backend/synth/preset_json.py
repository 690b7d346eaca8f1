"""A parameter set as JSON that a person can read: the value, its native value, and how it reads.

Only ``value`` and ``note`` count when a file is read back; ``native`` and ``reads`` are for people
and other programs. Numbers are written so that reading gives back exactly the same set.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from backend.errors import ParameterError, PatchError
from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.patch_xml import printable
from backend.synth.spec import ParameterSpec, load_spec
from backend.synth.table import SpecParameter

FORMAT = "synthmatch-preset"
VERSION = 1
MAX_CHARACTERS = 1024 * 1024  # a full preset has 16,000
MAX_NAME = 100


def preset_json(parameters: ParameterSet, name: str) -> str:
    """Write a parameter set as JSON, one parameter a line.

    Args:
        parameters: a complete setting of one of our parameter spaces.
        name: the preset's name.

    Returns:
        Text that depends on the arguments alone, with a line end.

    Raises:
        ParameterError: the set is not of its space.
    """
    spec = load_spec(parameters.spec_name)
    spec.check(parameters)  # refuses what could not be read back
    natives = spec.natives(parameters)
    rows = ",\n".join(
        f"    {_text(parameter.name)}: {_text(_row(parameter, parameters, natives))}"
        for parameter in spec.parameters
    )
    note = parameters.note
    head = {"format": FORMAT, "version": VERSION, "spec": spec.name}
    head["name"] = printable(name, MAX_NAME)
    lines = [f"  {_text(key)}: {_text(value)}," for key, value in head.items()]
    times = {"pitch": note.pitch, "on_s": float(note.on_s), "off_s": float(note.off_s)}
    return "\n".join(
        ["{", *lines, f'  "note": {_text(times)},', '  "parameters": {', rows, "  }", "}", ""]
    )


def parse_preset_json(text: str) -> ParameterSet:
    """Read what ``preset_json`` wrote, also after a person changed values in it.

    Raises:
        PatchError: it is no such JSON, of another version, or holds a value outside the space.
    """
    if len(text) > MAX_CHARACTERS:
        raise _damaged(f"it has {len(text):,} characters, at most {MAX_CHARACTERS:,} are allowed")
    try:
        root = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _damaged(printable(str(error), 120)) from error
    if not isinstance(root, dict) or root.get("format") != FORMAT:
        raise _damaged(f'its "format" is not "{FORMAT}"')
    if root.get("version") != VERSION or isinstance(root["version"], bool):
        found = printable(repr(root.get("version")), 40)
        raise PatchError(
            f"the preset JSON has version {found}, this Synthmatch reads {VERSION}: "
            "use the Synthmatch that wrote it, or a later one"
        )
    _check_keys(root, {"format", "version", "spec", "name", "note", "parameters"}, "the preset")
    if not isinstance(root["name"], str):
        raise _damaged("its name is no text")
    try:
        spec = load_spec(_string(root["spec"], "its spec"))
        parameters = ParameterSet(spec.name, _values(spec, root["parameters"]), _note(root["note"]))
        spec.check(parameters)
    except ParameterError as error:
        raise _damaged(printable(str(error), 300)) from error
    return parameters


def _row(
    parameter: SpecParameter, parameters: ParameterSet, natives: Mapping[str, float]
) -> dict[str, ParameterValue]:
    value = parameters.values[parameter.name]
    native = natives[parameter.surge.storage]
    if isinstance(value, str):
        return {"value": value, "native": native, "reads": value}
    return {
        "value": float(value),
        "native": native,
        "reads": parameter.surge.display.text(native),
    }


def _values(spec: ParameterSpec, rows: Any) -> dict[str, ParameterValue]:
    _check_keys(rows, {parameter.name for parameter in spec.parameters}, "parameters")
    values: dict[str, ParameterValue] = {}
    for parameter in spec.parameters:
        row = rows[parameter.name]
        if not isinstance(row, dict) or not {"value"} <= row.keys() <= {"value", "native", "reads"}:
            raise _damaged(f'{parameter.name} must be {{"value", "native", "reads"}}')
        where = f"the value of {parameter.name}"
        if parameter.categories:
            values[parameter.name] = _string(row["value"], where)
        else:
            values[parameter.name] = _number(row["value"], where)
    return values


def _note(note: Any) -> Note:
    _check_keys(note, {"pitch", "on_s", "off_s"}, "note")
    if not isinstance(note["pitch"], int) or isinstance(note["pitch"], bool):
        raise _damaged("the note's pitch is no whole number")
    times = {key: _number(note[key], f"the note's {key}") for key in ("on_s", "off_s")}
    return Note(note["pitch"], times["on_s"], times["off_s"])


def _check_keys(found: Any, wanted: set[str], where: str) -> None:
    if not isinstance(found, dict):
        raise _damaged(f"{where} is no group of named values")
    if wrong := wanted.symmetric_difference(found):
        raise _damaged(f"{where}: missing or unknown {printable(', '.join(sorted(wrong)), 120)}")


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _damaged(f"{where} is no text")
    return value


def _number(value: Any, where: str) -> float:
    number = float("nan")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9:
        number = float(value)
    if not math.isfinite(number):
        raise _damaged(f"{where} is {printable(repr(value), 40)}, which is no such number")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _damaged(reason: str) -> PatchError:
    return PatchError(f"this is no usable preset JSON: {reason}; write it again with Synthmatch")
