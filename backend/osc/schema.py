"""Dataclasses to OSC arguments and back, by nothing but the types of their fields.

int, float, str   i, f, s; Annotated[int, Within(low, high)] has limits
bool              i, 0 or 1
Literal["a", "b"] s, one of these
a dataclass       its fields, one after the other
tuple[X, ...]     i, how many, then the fields of each; of a Literal, no two the same
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from backend.errors import ProtocolError
from backend.osc.codec import MAX_INT, MIN_INT, Argument, quote

Record = TypeVar("Record")


@dataclass(frozen=True)
class Within:
    """Limits of a number, or of a string's length in characters; both included."""

    low: float
    high: float


@dataclass(frozen=True)
class Field:
    """One argument, or where ``parts`` is not empty a list of records, as documented.

    Args:
        name: as in the dataclass; ``note.pitch`` for a field of a field.
        tag: ``i``, ``f`` or ``s``; for a list, ``i``, how many there are.
        allowed: ``1..64`` or ``a, b``; empty where all is allowed.
        parts: what each record of the list holds.
    """

    name: str
    tag: str
    allowed: str = ""
    parts: tuple[Field, ...] = ()


def layout(kind: type[Any], prefix: str = "") -> tuple[Field, ...]:
    """Return the arguments of a dataclass in their order."""
    found: list[Field] = []
    for name, hint in _hints(kind).items():
        found += _layout_of(prefix + name, hint)
    return tuple(found)


def flatten(record: object) -> list[Argument]:
    """Return the arguments of a dataclass instance.

    Raises:
        ProtocolError: a field is of another type, or outside its limits.
    """
    arguments: list[Argument] = []
    for name, hint in _hints(type(record)).items():
        arguments += _flatten(f"{type(record).__name__}.{name}", hint, getattr(record, name))
    return arguments


def build(kind: type[Record], arguments: Iterator[Argument]) -> Record:
    """Return an instance from the next of the arguments; those after it are left.

    Raises:
        ProtocolError: they are too few, of other types, or outside their limits.
    """
    return kind(
        **{
            name: _build(f"{kind.__name__}.{name}", hint, arguments)
            for name, hint in _hints(kind).items()
        }
    )


def _hints(kind: Any) -> dict[str, Any]:
    return _read_hints(kind)


@functools.cache
def _read_hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in fields(kind)}


def _is_record(kind: Any) -> bool:
    return is_dataclass(kind)


def _item(hint: Any) -> Any:
    """Return X of ``tuple[X, ...]``."""
    item, more = get_args(hint)
    assert more is Ellipsis, "tuples of one length are not in the protocol"
    return item


def _plain(hint: Any) -> tuple[Any, Within | None]:
    if get_origin(hint) is Annotated:
        return get_args(hint)[0], get_args(hint)[1]
    assert get_origin(hint) not in (Union, types.UnionType), "unions are not in the protocol"
    return hint, None


def _layout_of(name: str, hint: Any) -> tuple[Field, ...]:
    if get_origin(hint) is tuple:
        item = _item(hint)
        parts = layout(item) if _is_record(item) else _layout_of("item", item)
        most = str(len(get_args(item))) if get_origin(item) is Literal else ""
        return (Field(name, "i", f"0..{most}", parts),)
    if get_origin(hint) is Literal:
        return (Field(name, "s", ", ".join(get_args(hint))),)
    kind, within = _plain(hint)
    if _is_record(kind):
        return layout(kind, f"{name}.")
    if kind is bool:
        return (Field(name, "i", "0, 1"),)
    allowed = f"{within.low}..{within.high}" if within is not None else ""
    allowed += " characters" if allowed and kind is str else ""
    return (Field(name, {int: "i", float: "f", str: "s"}[kind], allowed),)


def _flatten(name: str, hint: Any, value: object) -> list[Argument]:
    if get_origin(hint) is tuple:
        assert isinstance(value, tuple), f"{name} must be a tuple, not {value!r}"
        item = _item(hint)
        _check_distinct(name, item, value)
        return [len(value), *(a for each in value for a in _flatten(name, item, each))]
    kind, _ = _plain(hint)
    if _is_record(kind):
        assert type(value) is kind, f"{name} must be a {kind}, not {value!r}"
        return flatten(value)
    if kind is float and type(value) is int:
        value = float(value)
    _check(name, hint, value)
    return [int(value) if isinstance(value, bool) else value]  # type: ignore[list-item]


def _build(name: str, hint: Any, arguments: Iterator[Argument]) -> Any:
    if get_origin(hint) is tuple:
        item, count = _item(hint), _next(f"{name} (how many)", arguments)
        if type(count) is not int or count < 0:
            raise _wrong(f"{name} (how many)", count, "a whole number from 0")
        # Whatever number came, no more are built than there are arguments.
        values = tuple(_build(name, item, arguments) for _ in range(count))
        _check_distinct(name, item, values)
        return values
    kind, _ = _plain(hint)
    if _is_record(kind):
        return build(kind, arguments)
    value = _next(name, arguments)
    if kind is bool and type(value) is int and value in (0, 1):
        value = bool(value)
    _check(name, hint, value)
    return value


def _next(name: str, arguments: Iterator[Argument]) -> Argument:
    for argument in arguments:
        return argument
    raise ProtocolError(f"{name} is missing: there are too few arguments.")


def _check_distinct(name: str, item: Any, values: tuple[Any, ...]) -> None:
    """Refuse doubles among the words of a list, which is to say, more than there are."""
    if get_origin(item) is Literal and len(set(values)) < len(values):
        raise _wrong(name, ", ".join(values), f"each of {', '.join(get_args(item))} at most once")


def _check(name: str, hint: Any, value: object) -> None:
    if get_origin(hint) is Literal:
        if value not in get_args(hint) or type(value) is not str:
            raise _wrong(name, value, "one of " + ", ".join(get_args(hint)))
        return
    kind, within = _plain(hint)
    if type(value) is not kind:
        words = {int: "an int32", float: "a float32", str: "a string", bool: "0 or 1"}
        raise _wrong(name, value, words[kind])
    if kind is int:
        within = within or Within(MIN_INT, MAX_INT)
    size = len(value) if isinstance(value, str) else value
    if within is not None and not within.low <= size <= within.high:  # type: ignore[operator]
        unit = " characters" if kind is str else ""
        raise _wrong(name, value, f"from {within.low} to {within.high}{unit}")


def _wrong(name: str, value: object, allowed: str) -> ProtocolError:
    return ProtocolError(f"{name} is {quote(repr(value))}, and must be {allowed}.")
