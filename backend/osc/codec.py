"""One OSC message to one datagram and back, in the three types that every side speaks.

JUCE's OSC has no 64-bit integers and no true or false, so everything travels as ``i`` (int32),
``f`` (float32) or ``s`` (UTF-8). python-osc writes and reads the single values; its own message
reader passes over types that it does not know, which this one refuses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pythonosc.parsing import osc_types

from backend.errors import ProtocolError

#: What one datagram may hold: macOS sends no more than 9,216 bytes, python-osc reads 8,192.
MAX_DATAGRAM_BYTES = 8000
MIN_INT, MAX_INT = -(2**31), 2**31 - 1
#: Much more than any fault needs to be recognised, much less than a datagram holds.
QUOTED_CHARACTERS = 60

Argument = int | float | str


@dataclass(frozen=True)
class Message:
    """An OSC message: its address, and arguments whose Python types are their OSC types."""

    address: str
    arguments: tuple[Argument, ...]


def write_message(address: str, arguments: Sequence[Argument]) -> bytes:
    """Return the datagram of a message.

    Raises:
        ProtocolError: an integer beyond int32, a float that float32 cannot hold, a string with a
            NUL or half a character, or more than ``MAX_DATAGRAM_BYTES`` in all.
    """
    tags = "".join(_tag(argument) for argument in arguments)
    datagram = b"".join(
        [
            osc_types.write_string(address),
            osc_types.write_string("," + tags),
            *(_write(argument, address) for argument in arguments),
        ]
    )
    if len(datagram) > MAX_DATAGRAM_BYTES:
        raise ProtocolError(
            f"{address} would take {len(datagram):,} bytes, and a datagram holds at most "
            f"{MAX_DATAGRAM_BYTES:,}: send less text."
        )
    return datagram


def read_message(datagram: bytes) -> Message:
    """Return the message of a datagram.

    Raises:
        ProtocolError: it is too long, cut off, no single message, has bytes left over, or an
            argument of another type than ``i``, ``f`` and ``s``.
    """
    if len(datagram) > MAX_DATAGRAM_BYTES:
        raise ProtocolError(
            f"a datagram of {len(datagram):,} bytes came, and at most {MAX_DATAGRAM_BYTES:,} are "
            "allowed."
        )
    if not datagram.startswith(b"/"):
        raise ProtocolError("a datagram came that is no OSC message: it must begin with /.")
    try:
        return _read(datagram)
    except (osc_types.ParseError, UnicodeDecodeError, ValueError) as error:
        raise ProtocolError(f"a damaged OSC message came ({quote(str(error))}).") from error


def quote(text: str) -> str:
    """Return a stranger's text as one short printable line."""
    shown = text[:QUOTED_CHARACTERS].encode("unicode_escape").decode("ascii")
    return shown + ("..." if len(text) > QUOTED_CHARACTERS else "")


def _tag(argument: Argument) -> str:
    if type(argument) is int:
        return "i"
    if type(argument) is float:
        return "f"
    assert type(argument) is str, f"OSC arguments are int, float or str, not {argument!r}"
    return "s"


def _write(argument: Argument, address: str) -> bytes:
    try:
        if isinstance(argument, int):
            return bytes(osc_types.write_int(argument))
        if isinstance(argument, float):
            if not math.isfinite(argument):
                raise ValueError("it must be finite")
            return bytes(osc_types.write_float(argument))
        if "\0" in argument:
            raise ValueError("it must hold no NUL")
        return bytes(osc_types.write_string(argument))
    except (osc_types.BuildError, ValueError, OverflowError) as error:
        raise ProtocolError(
            f"{address} cannot carry {quote(repr(argument))} ({quote(str(error))})."
        ) from error


def _read(datagram: bytes) -> Message:
    address, index = osc_types.get_string(datagram, 0)
    tags, index = osc_types.get_string(datagram, index)
    if not tags.startswith(","):
        raise ValueError("the types of the arguments are missing")
    arguments: list[Argument] = []
    value: Argument
    for tag in tags[1:]:
        if tag == "i":
            value, index = osc_types.get_int(datagram, index)
        elif tag == "f":
            value, index = osc_types.get_float(datagram, index)
            if not math.isfinite(value):
                raise ValueError("a float is not finite")
        elif tag == "s":
            value, index = osc_types.get_string(datagram, index)
        else:
            raise ValueError(f"type {tag} came, and i, f and s are allowed")
        arguments.append(value)
    if index != len(datagram):
        raise ValueError(f"{len(datagram) - index} bytes are left over")
    return Message(address, tuple(arguments))
