"""What tests share that speak to a Surge XT, fake or real: free ports, a voice and an ear."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Protocol

from fake_surge import FakeSurge
from surge_host import SurgeHost

from backend.osc.codec import write_message
from backend.osc.readback import Readback
from backend.osc.surge_query import Conversation
from backend.osc.wire import AnswerSockets, SurgeSocket, bundles
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import parse_body, write_fxp
from backend.synth.spec import load_spec

#: Long enough for a busy machine; tests wait for what must come, and never this long for it.
PATIENCE_S = 20.0


class Hosted(Protocol):
    """A Surge XT that runs: ``FakeSurge`` or ``SurgeHost``."""

    port: int
    answer_port: int
    user_patches: Path

    def stop_audio(self) -> None: ...
    def resume_audio(self) -> None: ...
    def state(self, file: Path) -> bytes: ...
    def close(self) -> None: ...
    def kill(self) -> None: ...


def free_ports(count: int) -> list[int]:
    """Return UDP ports that nobody has now."""
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for opened in held:
        opened.bind(("127.0.0.1", 0))
    ports = [opened.getsockname()[1] for opened in held]
    for opened in held:
        opened.close()
    return ports


def hosted(
    surge: Path | None, home: Path, port: int, answer_port: int, patch: Path | None = None
) -> Hosted:
    """Start the real Surge XT at a path, or the fake one."""
    home.mkdir(parents=True, exist_ok=True)
    if surge is None:
        return FakeSurge(home, port, answer_port, patch)
    return SurgeHost(surge, home, port, answer_port, patch)


def drawn_patch(folder: Path, index: int, stem: str = "") -> Path:
    """Write the preset of an index of the Full space."""
    file = folder / f"{stem or f'drawn-{index}'}.fxp"
    write_fxp(file, draw_parameters(load_spec("surge_full"), index), file.stem)
    return file


def name_shown(surge: Hosted, folder: Path) -> str:
    """Return the patch name that Surge XT shows, as its session state has it."""
    return parse_body(surge.state(folder / "state"), "none").name


class Rig:
    """Speaks to one Surge XT and hears it; a context manager.

    Args:
        surge: to which.
        answer_port: where to listen, if not where it answers.
    """

    def __init__(self, surge: Hosted, answer_port: int = 0) -> None:
        self.surge = surge
        self.ears = AnswerSockets((answer_port or surge.answer_port,))
        assert self.ears.ports == (answer_port or surge.answer_port,)
        self._socket = SurgeSocket(surge.port)
        self.talk = Conversation(self._socket, self.ears)

    def send(self, address: str, *arguments: float | str) -> None:
        self.talk.send(address, *arguments)

    def burst(self, *messages: tuple[str, tuple[float | str, ...]]) -> None:
        """Send messages as bundles, without a pause."""
        for bundle in bundles(write_message(*message) for message in messages):
            self._socket.send(bundle)

    def hear(self, *addresses: str, within_s: float = PATIENCE_S) -> tuple[float | str, ...] | None:
        """Return the arguments of the next answer with one of the addresses."""
        answer = self.talk.wait_for(*addresses, timeout_s=within_s)
        return None if answer is None else answer[1]

    def value(self, address: str) -> float:
        """Return what a parameter or one of its options is now."""
        got = self.talk.read([address.rpartition("/")[0] if address.endswith("+") else address])
        return {**got.values, **got.options}[address]

    def becomes(self, address: str, value: float) -> bool:
        """Wait until a parameter is about some value."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if abs(self.value(address) - value) < 1e-5:
                return True
        return False

    def all(self) -> Readback:
        got = self.talk.read_all()
        assert got is not None, "it does not answer"
        return got

    def load(self, file: Path) -> None:
        """Load a patch, and wait for it."""
        self.talk.discard()
        self.send("/patch/load", str(file.with_suffix("")))
        assert self.hear("/patch/load") == (str(file.with_suffix("")),)

    def saved(self, file: Path) -> bytes:
        """Have the patch saved; the answer to a query comes after it."""
        self.send("/patch/save", str(file.with_suffix("")))
        self.send("/q/patch")
        assert self.hear("/patch") is not None
        return file.read_bytes()

    def __enter__(self) -> Rig:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._socket.__exit__()
        self.ears.close()
