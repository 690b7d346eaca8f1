"""What a running Surge XT has answered, by OSC address, and how it differs from a patch file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from backend.osc.patch_state import PatchState, RoutingState, by_address
from backend.osc.wire import read_answer
from backend.synth.table import snap_to_note_length

#: Part of a parameter's range; float32 resolves 6e-8, and Surge tells ranges to six decimals.
TOLERANCE = 2e-6
#: Part of a modulation target's range.
DEPTH_TOLERANCE = 1e-5

Answer = tuple[str, tuple[float | str, ...]]


@dataclass(frozen=True)
class Range:
    """Kind and native range of a parameter, which follow oscillator and effect types."""

    kind: str
    minimum: float
    maximum: float


@dataclass
class Readback:
    """What a Surge XT holds: values as it answers them, by OSC address (see ``PatchState``)."""

    values: dict[str, float] = field(default_factory=dict)
    options: dict[str, float] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)
    option_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    depths: dict[tuple[str, str], float] = field(default_factory=dict)
    mutes: dict[tuple[str, str], bool] = field(default_factory=dict)
    patch: str | None = None

    def missing(self) -> list[str]:
        """Return the parameters of which something has not come."""
        return [
            address
            for address in by_address()
            if address not in self.values
            or address not in self.ranges
            or address not in self.option_names
            or any(f"{address}/{o}+" not in self.options for o in self.option_names[address])
        ]


def differences(wanted: PatchState, got: Readback) -> tuple[str, ...]:
    """Return the addresses at which a Surge XT holds something else than a patch says."""
    faults = [a for a, native in wanted.natives.items() if not _same(a, native, wanted, got)]
    faults += [
        address
        for address, value in wanted.options.items()
        if address in got.options and got.options[address] != value
    ]
    for key in wanted.routings.keys() | got.depths.keys():
        if not _same_routing(key, wanted.routings.get(key), got):
            faults.append(f"{key[0]} {key[1]}")
    return tuple(sorted(faults))


def fraction(address: str, native: float, range_: Range) -> float:
    """Return a native value as Surge speaks of it: part of the range, or a whole number."""
    if range_.kind != "float":
        return float(native)
    minimum, maximum = _exact(address, range_)
    return (native - minimum) / (maximum - minimum) if maximum > minimum else 0.0


def _exact(address: str, range_: Range) -> tuple[float, float]:
    """Return a range as our table has it where that is the same one, with all its decimals."""
    known = by_address()[address]
    if known.minimum is not None and known.maximum is not None:
        if abs(known.minimum - range_.minimum) + abs(known.maximum - range_.maximum) < 1e-5:
            return known.minimum, known.maximum
    return range_.minimum, range_.maximum


def _same(address: str, native: float, wanted: PatchState, got: Readback) -> bool:
    range_ = got.ranges.get(address)
    value = got.values.get(address)
    if range_ is None or value is None:
        return False
    natives = [native]
    if wanted.options.get(f"{address}/tempo_sync+") == 1.0:
        natives.append(snap_to_note_length(native))
    return any(abs(value - fraction(address, n, range_)) <= TOLERANCE for n in natives)


def _same_routing(key: tuple[str, str], routing: RoutingState | None, got: Readback) -> bool:
    depth = got.depths.get(key)
    if routing is None or depth is None:
        return routing is None and depth is None
    if got.mutes.get(key, False) != routing.muted:
        return False
    range_ = got.ranges.get(key[1])
    if routing.depth is None or range_ is None:
        return routing.depth is None
    minimum, maximum = _exact(key[1], range_)
    asked = max(-1.0, min(1.0, routing.depth / (maximum - minimum)))
    return abs(depth - asked) <= DEPTH_TOLERANCE


def take(datagram: bytes, got: Readback) -> bool:
    """Put one answer where it belongs; True for the one that ends the list."""
    if datagram.startswith(b"/doc/"):
        doc = _doc(datagram)
        if doc is not None:
            address, content = doc
            if isinstance(content, Range):
                got.ranges[address] = content
            else:
                got.option_names[address] = content
        return False
    answer = read_answer(datagram)
    if answer is None:
        return False
    address, arguments = answer
    if address == "/patch":
        got.patch = path_of(answer)
        return True
    first = arguments[0] if arguments else None
    if address.startswith("/mod/"):
        if len(arguments) == 2 and isinstance(first, str) and isinstance(arguments[1], float):
            if address.startswith("/mod/mute/"):
                got.mutes["/mod/" + address[10:], first] = arguments[1] > 0.5
            else:
                got.depths[address, first] = arguments[1]
    elif address.startswith("/param/") and isinstance(first, float):
        (got.options if address.endswith("+") else got.values)[address] = first
    return False


@lru_cache(maxsize=8192)
def _doc(datagram: bytes) -> tuple[str, Range | tuple[str, ...]] | None:
    answer = read_answer(datagram)
    if answer is None:
        return None
    address = answer[0].removeprefix("/doc")
    texts = [str(argument) for argument in answer[1]]
    if address.endswith("/ext"):
        return address.removesuffix("/ext"), tuple(texts)
    if len(texts) != 4:
        return None
    try:
        return address, Range(texts[1], float(texts[2]), float(texts[3]))
    except ValueError:
        return None


def path_of(answer: Answer) -> str:
    """Return the path in an answer to ``/q/patch``; empty where Surge knows none."""
    text = str(answer[1][0]) if answer[1] else ""
    return "" if text == "<unknown patch>" else text
