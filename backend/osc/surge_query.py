"""Asks one running Surge XT what it holds.

One bundle of three queries brings everything: Surge answers them in order from one thread, so the
answer to the last ends the list. Datagrams that the system has dropped are asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from backend.osc.codec import write_message
from backend.osc.readback import Answer, Readback, path_of, take
from backend.osc.wire import AnswerSockets, SurgeSocket, bundles, read_answer

#: How long a Surge XT may take to begin to answer; its message thread also draws its window.
ANSWER_S = 1.0
#: Silence within a list of answers, after which the rest is taken as lost.
LULL_S = 0.3
#: Parameters asked for again at a time: few enough for the smallest receive buffer.
ASKED_AGAIN = 24
ROUNDS = 6


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
                return path_of(answer)
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
            if take(datagram, got):
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
