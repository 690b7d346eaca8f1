"""Frozen configuration dataclasses to plain JSON and back, strictly.

Every module keeps its configuration beside it; this file is the one way such a configuration
enters or leaves a weights file. An unknown key, a missing key or a wrong type is an error that
names the key, so that a file from another version is never half understood.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Config = TypeVar("Config", bound=DataclassInstance)
else:
    Config = TypeVar("Config")

#: A value that ``json.dumps`` writes without help.
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class ConfigError(ValueError):
    """A configuration that has an unknown or missing key, a wrong type, or a value out of range."""


def config_to_json(config: DataclassInstance) -> dict[str, Json]:
    """Write a configuration dataclass, nested ones included, as plain JSON values.

    Args:
        config: frozen dataclass of numbers, strings, tuples of them, and such dataclasses.

    Returns:
        One entry per field, tuples as lists.
    """
    return {f.name: _plain(getattr(config, f.name)) for f in dataclasses.fields(config)}


def config_from_json(kind: type[Config], value: object, *, path: str = "") -> Config:
    """Read a configuration dataclass from plain JSON values.

    Args:
        kind: the dataclass to build.
        value: what ``json.loads`` gave.
        path: where in the file this is, for the message; empty at the top.

    Returns:
        An instance equal to the one that was written.

    Raises:
        ConfigError: unknown key, missing key, wrong type, or a value that ``kind`` refuses.
    """
    where = path or kind.__name__
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} must be a JSON object; got {shown(value)}.")
    names = [f.name for f in dataclasses.fields(kind)]
    for key in value:
        if key not in names:
            raise ConfigError(f"{where} has the unknown key {key!r}; known are {', '.join(names)}.")
    missing = [name for name in names if name not in value]
    if missing:
        raise ConfigError(f"{where} lacks the key {missing[0]!r}; it needs {', '.join(names)}.")
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], value[name], f"{where}.{name}") for name in names})


def require_range(name: str, value: int, low: int, high: int) -> None:
    """Refuse a size outside the range that any sensible network has.

    Args:
        name: what the value is called in messages.
        value: the size.
        low: smallest allowed.
        high: largest allowed.

    Raises:
        ConfigError: the value is outside ``low..high``.
    """
    if not low <= value <= high:
        raise ConfigError(f"{name} is {value}; allowed is {low} to {high}.")


def shown(value: object) -> str:
    """Quote a value for a one-line message.

    Args:
        value: anything, hostile input included.

    Returns:
        Its ``repr``, cut to 60 characters.
    """
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _plain(value: Any) -> Json:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return config_to_json(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    assert isinstance(value, bool | int | float | str), f"not a configuration value: {value!r}"
    return value


def _read(hint: Any, value: object, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return config_from_json(hint, value, path=where)
    if get_origin(hint) is Literal:
        if value in get_args(hint) and isinstance(value, str):
            return value
        raise ConfigError(f"{where} is {shown(value)}; allowed is {_choices(hint)}.")
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} must be a list; got {shown(value)}.")
        return tuple(_read(get_args(hint)[0], item, where) for item in value)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value):
            return float(value)
    elif isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ConfigError(f"{where} must be of type {hint.__name__}; got {shown(value)}.")


def _choices(hint: Any) -> str:
    return " or ".join(repr(choice) for choice in get_args(hint))
