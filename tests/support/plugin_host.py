"""A host of the plugin that plays block by block, as fast as sound goes, in a process of its own.

As a script it is the host; ``PluginHost`` starts that script and talks to it in lines of JSON. All
instances get the same blocks: what they are told to play, and silence else. Each block that comes
out otherwise than it went in is counted.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

SAMPLE_RATE_HZ = 44_100
BLOCK_SAMPLES = 512
#: Longest wait for an answer; a busy machine may take long.
ANSWER_S = 120.0


class PluginHost:
    """A host with any number of instances, by name; a context manager that ends its process.

    Args:
        plugin: the VST3.
        folder: where its log and what it hands over are put.
        variables: more of its environment, as the plugin's backend needs it.
    """

    def __init__(self, plugin: Path, folder: Path, variables: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._log = (folder / "host.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(plugin)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **variables},
            text=True,
        )
        self._answers: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._answer() == "ready"

    def load(self, name: str, state: bytes | None = None) -> None:
        """Make an instance; a state is set before it plays, as on opening a project."""
        self.tell("load", name, None if state is None else self._file(state))

    def unload(self, name: str) -> None:
        self.tell("unload", name)

    def set(self, name: str, parameter: str, value: float | bool) -> None:
        """Set a parameter, and let a block pass with it."""
        self.tell("set", name, parameter, value)

    def get(self, name: str, parameter: str) -> float | bool:
        value: float | bool = self.tell("get", name, parameter)
        return value

    def click(self, name: str, parameter: str) -> None:
        """Set a switch on and off again."""
        self.set(name, parameter, True)
        self.set(name, parameter, False)

    def play(self, audio: np.ndarray) -> None:
        """Play ``(2, samples)`` through all instances, and wait for its end."""
        np.save(self._folder / "sound.npy", audio)
        self.tell("play", str(self._folder / "sound.npy"))

    def state(self, name: str) -> bytes:
        """Return what a project would save."""
        self.tell("state", name, str(self._folder / "state"))
        return (self._folder / "state").read_bytes()

    def restore(self, name: str, state: bytes) -> None:
        """Set a state while it plays."""
        self.tell("restore", name, self._file(state))

    def blocks(self) -> tuple[int, int]:
        """Return how many blocks were played, and how many were changed by an instance."""
        played, changed = self.tell("blocks")
        return played, changed

    def tell(self, *words: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def kill(self) -> None:
        """End the process at once, as a crash does."""
        self._process.kill()
        self._process.wait(ANSWER_S)
        self._log.close()

    def close(self) -> None:
        """Unload all, end the process and wait for it; it must end well."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            status = self._process.wait(ANSWER_S)
        finally:
            self.kill()
        assert status == 0, f"the host ended with {status}; see {self._folder / 'host.log'}"

    def __enter__(self) -> PluginHost:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.kill()

    def _file(self, content: bytes) -> str:
        path = self._folder / "given-state"
        path.write_bytes(content)
        return str(path)

    def _answer(self) -> Any:
        answer = self._answers.get(timeout=ANSWER_S)
        assert "fault" not in answer, f"{answer['fault']}; see {self._folder / 'host.log'}"
        return answer["answer"]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(json.loads(line))
        self._answers.put({"fault": "the host has ended"})


class Host:
    """The host's side.

    Args:
        plugin: the VST3.
    """

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._instances: dict[str, Any] = {}
        self._sound = np.zeros((2, 0), np.float32)
        self._played = self._changed = 0

    def load(self, name: str, state: str | None) -> None:
        from pedalboard import VST3Plugin

        instance = VST3Plugin(self._plugin)
        if state is not None:
            instance.raw_state = Path(state).read_bytes()
        self._instances[name] = instance

    def unload(self, name: str) -> None:
        del self._instances[name]
        gc.collect()

    def set(self, name: str, parameter: str, value: float | bool) -> None:
        assert parameter in self._instances[name].parameters, f"no parameter {parameter}"
        setattr(self._instances[name], parameter, value)
        self.block()

    def get(self, name: str, parameter: str) -> float | bool:
        value: float | bool = getattr(self._instances[name], parameter)
        return value

    def play(self, file: str) -> None:
        self._sound = np.load(file)

    def state(self, name: str, file: str) -> None:
        Path(file).write_bytes(self._instances[name].raw_state)

    def restore(self, name: str, file: str) -> None:
        self._instances[name].raw_state = Path(file).read_bytes()

    def blocks(self) -> tuple[int, int]:
        return self._played, self._changed

    def sockets(self) -> int:
        """Return how many internet sockets this process has open; Linux."""
        open_files = {os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()}
        tables = (Path("/proc/self/net") / name for name in ("udp", "udp6", "tcp", "tcp6"))
        rows = [row.split() for table in tables for row in table.read_text().splitlines()[1:]]
        return sum(any(file.endswith(f"socket:[{row[9]}]") for file in open_files) for row in rows)

    @property
    def plays(self) -> bool:
        """Whether a sound is on."""
        return self._sound.shape[1] > 0

    def block(self) -> None:
        """Let a block pass through all instances."""
        sound, self._sound = np.split(self._sound, [BLOCK_SAMPLES], axis=1)
        block = np.zeros((2, BLOCK_SAMPLES), np.float32)
        block[:, : sound.shape[1]] = sound
        for instance in self._instances.values():
            heard = instance.process(block, SAMPLE_RATE_HZ, BLOCK_SAMPLES, False)
            self._changed += heard.tobytes() != block.tobytes()
        self._played += 1


def _lines(lines: queue.Queue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    lines.put("")


def main() -> None:
    """Host until the standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what plugins print is no answer
    host = Host(sys.argv[1])
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_lines, args=(lines,), daemon=True).start()

    def say(**answer: object) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    say(answer="ready")
    due_s = time.monotonic()
    while True:
        try:
            line = lines.get(timeout=max(0.0, due_s - time.monotonic()))
        except queue.Empty:
            host.block()
            due_s = max(due_s + BLOCK_SAMPLES / SAMPLE_RATE_HZ, time.monotonic())
            continue
        if not line:
            break
        word, *arguments = json.loads(line)
        try:
            answer = getattr(host, word)(*arguments)
            while word == "play" and host.plays:
                host.block()
                time.sleep(max(0.0, due_s - time.monotonic()))
                due_s = max(due_s + BLOCK_SAMPLES / SAMPLE_RATE_HZ, time.monotonic())
            say(answer=answer)
        except Exception as error:
            say(fault=f"{type(error).__name__}: {error}")
    for name in list(host._instances):
        host.unload(name)


if __name__ == "__main__":
    main()
