"""Asks one running Surge XT what it holds, and compares that with a patch file.

One bundle of three queries brings everything: Surge answers them in order from one thread, so the
answer to the last ends the list. Datagrams that the system has dropped are asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from backend.osc.codec import write_message
from backend.osc.patch_state import PatchState, RoutingState, by_address
from backend.osc.wire import AnswerSockets, SurgeSocket, bundles, read_answer
from backend.synth.table import snap_to_note_length

#: How long a Surge XT may take to begin to answer; its message thread also draws its window.
ANSWER_S = 1.0
#: Silence within a list of answers, after which the rest is taken as lost.
LULL_S = 0.3
#: Parameters asked for again at a time: few enough for the smallest receive buffer.
ASKED_AGAIN = 24
ROUNDS = 6

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


class Conversation:
    """Questions to one running Surge XT, and its answers.

    Args:
        socket: sends to it.
        ears: hear what every Surge XT answers.
        others: ports that others are known to answer from.
    """

    def __init__(
        self, socket: SurgeSocket, ears: AnswerSockets, others: Iterable[int] = ()
    ) -> None:
        self._socket = socket
        self._ears = ears
        self._others = frozenset(others)
        self.port = socket.port
        self.source: int | None = None

    def send(self, address: str, *arguments: float | str) -> None:
        """Send one message.

        Raises:
            LinkError: nobody listens.
        """
        self._socket.send(write_message(address, arguments))

    def send_all(self, messages: Iterable[bytes], pause_s: float) -> None:
        """Send messages in bundles, with a pause after each.

        Raises:
            LinkError: nobody listens.
        """
        for bundle in bundles(messages):
            self._socket.send(bundle)
            time.sleep(pause_s)

    def greet(self, timeout_s: float = ANSWER_S) -> str | None:
        """Ask for the patch's path, and note where the answers come from.

        Returns:
            The path without ending, empty where Surge knows none; None if it does not answer.

        Raises:
            LinkError: nobody listens.
        """
        self._ears.discard()
        self.source = None
        for _ in range(2):  # the first query may get lost
            self.send("/q/patch")
            self._socket.check()
            answer = self.wait_for("/patch", timeout_s=timeout_s / 2)
            if answer is not None:
                return _path(answer)
        return None

    def wait_for(self, *addresses: str, timeout_s: float = ANSWER_S) -> Answer | None:
        """Return the first answer with one of the addresses; None after the time-out."""
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            datagram = self._receive(left)
            answer = read_answer(datagram) if datagram is not None else None
            if answer is not None and answer[0] in addresses:
                return answer
        return None

    def check(self) -> None:
        """Look whether somebody still listens.

        Raises:
            LinkError: nobody does.
        """
        self._socket.check()

    def discard(self) -> None:
        """Forget what has come so far."""
        self._ears.discard()

    def read_all(self) -> Readback | None:
        """Return everything that Surge tells; None if it says nothing.

        Raises:
            LinkError: nobody listens.
        """
        got = Readback()
        self.discard()
        if not self._ask(got, ("/q/all_params", "/q/all_mods")):
            return None
        for _ in range(ROUNDS):
            missing = got.missing()
            if not missing:
                break
            for start in range(0, len(missing), ASKED_AGAIN):
                self._ask(got, [f"/q{a}" for a in missing[start : start + ASKED_AGAIN]])
        return got

    def read(self, addresses: Iterable[str]) -> Readback:
        """Return what Surge tells about a few parameters.

        Raises:
            LinkError: nobody listens.
        """
        got = Readback()
        self._ask(got, [f"/q{address}" for address in addresses])
        return got

    def _ask(self, got: Readback, queries: Iterable[str]) -> bool:
        """Take answers until the one to the last query; False if none came at all."""
        self.send_all([write_message(query, ()) for query in (*queries, "/q/patch")], 0.0)
        wait_s, heard = ANSWER_S, False
        while (datagram := self._receive(wait_s)) is not None:
            wait_s, heard = LULL_S, True
            if _take(datagram, got):
                return True
        return heard

    def _receive(self, timeout_s: float) -> bytes | None:
        until = time.monotonic() + timeout_s
        while (came := self._ears.receive(until - time.monotonic())) is not None or (
            time.monotonic() < until
        ):
            if came is None:
                continue
            datagram, source = came
            if source in self._others or self.source not in (None, source):
                continue
            if self.source is None and datagram.startswith(b"/patch\0"):
                self.source = source
            return datagram
        return None


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


def _take(datagram: bytes, got: Readback) -> bool:
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
        got.patch = _path(answer)
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


def _path(answer: Answer) -> str:
    text = str(answer[1][0]) if answer[1] else ""
    return "" if text == "<unknown patch>" else text
