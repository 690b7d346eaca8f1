"""A real Surge XT with OSC on, played block by block in a process of its own.

As a script it is the host; ``SurgeHost`` starts that script and talks to it. The host is told what
to do by lines on its standard input (``stop``, ``resume``, ``state FILE``, ``play FILE`` and
``quit``), answers each with ``host: LINE``, and leaves when its input ends. Its home folder is an
empty one, so nothing of the user's is read or changed.

Two things about a hosted Surge: the state that switches OSC on must be in before the host prepares
it to play, and its answers come from JUCE's message thread, which a VST3 on Linux runs by itself.
"""

from __future__ import annotations

import argparse
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

SAMPLE_RATE_HZ = 44_100
BLOCK_SAMPLES = 512

#: Loading a plugin on a busy machine, and everything else the host does.
START_S = 120.0
ANSWER_S = 30.0


class SurgeHost:
    """A hosted Surge XT; a context manager that ends its process.

    Args:
        surge: the VST3.
        home: home folder of the process; user patches lie in ``home/.Surge XT/Patches``.
        port: OSC In.
        answer_port: OSC Out; 0 leaves it off.
        patch: an ``.fxp`` to begin with; Surge's initial patch otherwise.
    """

    def __init__(
        self, surge: Path, home: Path, port: int, answer_port: int, patch: Path | None = None
    ) -> None:
        self.port = port
        self.answer_port = answer_port
        self.user_patches = home / ".Surge XT" / "Patches"
        self.user_patches.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, __file__, "--surge", str(surge), "--port", str(port)]
        command += ["--out", str(answer_port), *(["--patch", str(patch)] if patch else [])]
        root = str(Path(__file__).resolve().parents[2])
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": root}
        for name in ("XDG_DOCUMENTS_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            environment.pop(name, None)
        self._log = (home / "host.log").open("wb")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._expect("ready", START_S)
        except BaseException:
            self.kill()
            raise

    def stop_audio(self) -> None:
        """Stop calling process, as a host does with a suspended plugin."""
        self._tell("stop")

    def resume_audio(self) -> None:
        """Call process again."""
        self._tell("resume")

    def state(self, file: Path) -> bytes:
        """Return the patch body that Surge would save in its host's session."""
        self._tell(f"state {file}")
        return file.read_bytes()

    def play(self, body_file: Path) -> None:
        """Set a patch body as the plugin's state, as a host does on opening a session."""
        self._tell(f"play {body_file}")

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait(ANSWER_S)
        self._log.close()

    def close(self) -> None:
        """End the process and wait for it."""
        if self._process.poll() is None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                self._process.wait(ANSWER_S)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def __enter__(self) -> SurgeHost:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        self._expect(line, ANSWER_S)

    def _expect(self, line: str, seconds: float) -> None:
        got = self._answers.get(timeout=seconds)
        assert got == line, f"the host says {got!r} instead of {line!r}; see host.log in its home"

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:  # Surge prints here, too
            if line.startswith("host: "):
                self._answers.put(line[6:].rstrip("\n"))
        self._answers.put("gone")


def with_osc(body: bytes, port: int, answer_port: int) -> bytes:
    """Return a patch body whose host state switches OSC on."""
    from backend.synth.patch_file import BODY_HEADER

    _, xml_size, *tables = BODY_HEADER.unpack_from(body)
    xml = body[BODY_HEADER.size : BODY_HEADER.size + xml_size]
    state = (
        f'<dawExtraState populated="1"><oscPortIn v="{port}" /><oscPortOut v="{answer_port}" />'
        f'<oscIPAddrOut v="127.0.0.1" /><oscStartIn v="1" />'
        f'<oscStartOut v="{int(answer_port > 0)}" /></dawExtraState></patch>'
    ).encode()
    head, _, _ = xml.partition(b"<dawExtraState")
    whole = head.removesuffix(b"</patch>") + state
    rest = body[BODY_HEADER.size + xml_size :]
    return BODY_HEADER.pack(b"sub3", len(whole), *tables) + whole + rest


def _lines(stream: IO[str], lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))
    lines.put("quit")


def main() -> None:
    """Host until the standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--surge", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--out", type=int, default=0)
    parser.add_argument("--patch", type=Path)
    given = parser.parse_args()
    from pedalboard import VST3Plugin

    from backend.synth.patch_file import read_fxp
    from backend.synth.plugin_state import body_from_state, state_from_body

    plugin = VST3Plugin(given.surge)

    def block(samples: int = BLOCK_SAMPLES) -> None:
        # half a sample more, because pedalboard truncates to whole samples
        plugin.process([], (samples + 0.5) / SAMPLE_RATE_HZ, SAMPLE_RATE_HZ, 2, samples, False)

    body = read_fxp(given.patch).body if given.patch else body_from_state(plugin.raw_state)
    plugin.raw_state = state_from_body(with_osc(body, given.port, given.out))
    block()  # Surge takes the state up here,
    block(2 * BLOCK_SAMPLES)  # and looks at its OSC settings when prepared for another size
    print("host: ready", flush=True)
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_lines, args=(sys.stdin, lines), daemon=True).start()
    playing = True
    due_s = time.monotonic()
    while True:
        try:
            line = lines.get(timeout=None if not playing else max(0.0, due_s - time.monotonic()))
        except queue.Empty:
            block()
            due_s = max(due_s + BLOCK_SAMPLES / SAMPLE_RATE_HZ, time.monotonic())
            continue
        word, _, rest = line.partition(" ")
        if word == "quit":
            break
        if word in ("stop", "resume"):
            playing, due_s = word == "resume", time.monotonic()
        elif word == "state":
            Path(rest).write_bytes(body_from_state(plugin.raw_state))
        elif word == "play":
            plugin.raw_state = state_from_body(Path(rest).read_bytes())
        print(f"host: {line}", flush=True)
    sys.stdout.flush()
    os._exit(0)  # the plugin's own threads are of no use any more


if __name__ == "__main__":
    main()
