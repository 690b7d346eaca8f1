"""The plugin's end of the protocol as a process: ``synthmatch_talk``, driven from a test."""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from plugin_files import PluginFiles

from backend.osc.codec import Argument
from backend.osc.protocol import TABLE, Answer, Event, Request, address_of
from backend.osc.schema import build

#: Longest wait for what must come; a busy machine may take long.
PATIENCE_S = 120.0


def find_talk(plugin: PluginFiles) -> Path:
    """Return where CMake has built the tool beside the plugin."""
    build_folder = plugin.vst3.parents[3]
    places = [build_folder, build_folder / "Release"]
    names = ("synthmatch_talk", "synthmatch_talk.exe")
    found = [place / name for place in places for name in names if (place / name).exists()]
    assert found, f"no synthmatch_talk in {build_folder}: run make plugin"
    return found[0]


def record_of(address: str, arguments: dict[str, Any]) -> Any:
    """Return the record of Python that the plugin has read."""
    return build(TABLE[address].record, _flat(arguments))


def _flat(arguments: dict[str, Any]) -> Iterator[Argument]:
    for value in arguments.values():
        if isinstance(value, list):
            yield len(value)
            for item in value:
                yield from _flat(item) if isinstance(item, dict) else (item,)
        else:
            yield int(value) if isinstance(value, bool) else value


class Talk:
    """One plugin's link; a context manager.

    Args:
        tool: ``synthmatch_talk``.
        variables: more of its environment.
    """

    def __init__(self, tool: Path, variables: Mapping[str, str]) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.links: list[dict[str, Any]] = []
        self._answers: dict[int, Answer] = {}
        self._came = threading.Condition()
        self._asked = 0
        self.process = subprocess.Popen(
            [str(tool)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | variables,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def open(self, address: str = "") -> dict[str, Any]:
        """Have it look for a backend; return what it says when it is connected or has failed."""
        with self._came:
            self.links.clear()
        self._say({"open": address})
        return self.link("connected", "failed")

    def link(self, *states: str) -> dict[str, Any]:
        """Wait until the link is in one of the states; return what it said then."""

        def there() -> bool:
            return bool(self.links) and self.links[-1]["link"] in states

        with self._came:
            assert self._came.wait_for(there, PATIENCE_S), (states, self.links[-3:])
            return self.links[-1]

    def ask(self, request: Request) -> Any:
        """Ask, and wait for the answer."""
        return self.answer(self.begin(request))

    def begin(self, request: Request) -> int:
        """Ask, and return the number by which to wait for the answer."""
        self._asked += 1
        arguments = dataclasses.asdict(request)
        self._say({"ask": address_of(type(request)), "number": self._asked, "arguments": arguments})
        return self._asked

    def answer(self, number: int) -> Any:
        """Wait for an answer."""
        with self._came:
            assert self._came.wait_for(lambda: number in self._answers, PATIENCE_S)
            return self._answers.pop(number)

    def event(self, kind: type[Event]) -> Any:
        """Wait for the next event of a kind; others are passed over."""
        end_s = time.monotonic() + PATIENCE_S
        while True:
            event = self.events.get(timeout=max(0.0, end_s - time.monotonic()))
            if isinstance(event, kind):
                return event

    def close(self) -> None:
        """End its input, and wait until it has left."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _say(self, line: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            line = json.loads(text)
            with self._came:
                if "link" in line:
                    self.links.append(line)
                elif "answer" in line:
                    self._answers[line["answer"]] = record_of(line["address"], line["arguments"])
                else:
                    self.events.put(record_of(line["event"], line["arguments"]))
                self._came.notify_all()
