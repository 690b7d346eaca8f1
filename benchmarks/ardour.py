"""Ardour 7 without a window, told what to do line by line in Lua.

``ardour7-lua`` is Ardour's own engine, session and plugin hosts, with its Lua interpreter in place
of the editor and its dummy for an audio device. What it knows of plugins it keeps in a home folder
that is made for it.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from backend.errors import ServiceError

PROGRAM = "ardour7-lua"
SCANNER = Path("/usr/lib/ardour7/ardour-vst3-scanner")
#: For what is run without Ardour's own start script.
PLACES = {
    "LD_LIBRARY_PATH": "/usr/lib/ardour7",
    "ARDOUR_DATA_PATH": "/usr/share/ardour7",
    "ARDOUR_CONFIG_PATH": "/etc/ardour7",
    "ARDOUR_DLL_PATH": "/usr/lib/ardour7",
}
#: Loading a session on a busy machine; everything else takes less.
ANSWER_S = 120.0
POLL_S = 0.02
READER = """
local function say(text) io.stdout:write("host: " .. text .. "\\n"); io.stdout:flush() end
say("ok")
for line in io.stdin:lines() do
  local chunk, fault = load("return " .. line)
  if not chunk then chunk, fault = load(line) end
  if not chunk then
    say("error " .. fault)
  else
    local ran, result = pcall(chunk)
    say((ran and "ok " or "error ") .. tostring(result))
  end
end
quit()
"""


def is_installed() -> bool:
    """Whether Ardour 7 is there."""
    return shutil.which(PROGRAM) is not None and SCANNER.exists()


class Ardour:
    """A running Ardour; a context manager that ends it.

    Args:
        home: its home folder; plugins that it is to know are linked into ``home/.vst3``.
        variables: more of the environment.

    Raises:
        ServiceError: it does not start.
    """

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self.home = home
        (home / ".vst3").mkdir(parents=True, exist_ok=True)
        reader = home / "reader.lua"
        reader.write_text(READER, "utf-8")
        self._environment = {**os.environ, **variables, "HOME": str(home)}
        for name in ("DISPLAY", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            self._environment.pop(name, None)
        self.log = home / "ardour.log"
        self._answers: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            [PROGRAM, str(reader)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=home,
            env=self._environment,
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self._answer("start")

    def do(self, lua: str) -> str:
        """Run a line of Lua; return what it gives, as text.

        Raises:
            ServiceError: Lua or Ardour refuses, or Ardour has ended.
        """
        assert self._process.stdin is not None and "\n" not in lua
        try:
            self._process.stdin.write(lua + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ServiceError(f"Ardour has ended before {lua!r}; see {self.log}.") from error
        return self._answer(lua)

    def wait(self, lua: str, holds: Callable[[str], bool], seconds: float = ANSWER_S) -> str:
        """Run a line again and again until what it gives is as wanted; return that.

        Raises:
            ServiceError: it never is.
        """
        until_s = time.monotonic() + seconds
        while not holds(given := self.do(lua)):
            if time.monotonic() > until_s:
                raise ServiceError(f"after {seconds:.0f} s {lua!r} still gives {given}.")
            time.sleep(POLL_S)
        return given

    def scan(self, plugin: Path) -> str:
        """Link a VST3 into the home folder and have Ardour look at it; return its unique name.

        Raises:
            ServiceError: Ardour's scanner refuses it.
        """
        link = self.home / ".vst3" / plugin.name
        link.unlink(missing_ok=True)
        link.symlink_to(plugin, target_is_directory=True)
        done = subprocess.run(
            [str(SCANNER), "-v", str(link)],
            capture_output=True,
            text=True,
            errors="replace",
            env={**self._environment, **PLACES},
            timeout=ANSWER_S,
            check=False,
        )
        found = re.search(r'<VST3Info uid="([0-9A-F]+)"', done.stdout)
        if done.returncode or not found:
            raise ServiceError(f"Ardour's scanner refuses {plugin}: {done.stdout}{done.stderr}")
        return found[1]

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                pass  # it has ended before
        try:
            self._process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(ANSWER_S)

    def __enter__(self) -> Ardour:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def _answer(self, lua: str) -> str:
        try:
            answer = self._answers.get(timeout=ANSWER_S)
        except queue.Empty:
            answer = f"error no answer within {ANSWER_S:.0f} s"
        word, _, rest = answer.partition(" ")
        if word != "ok":
            raise ServiceError(f"Ardour at {lua!r}: {rest}; see {self.log}.")
        return rest

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self.log.open("w", encoding="utf-8") as log:
            for line in self._process.stdout:
                if line.startswith("host: "):
                    self._answers.put(line[6:].rstrip("\n"))
                else:
                    log.write(line)
                    log.flush()
        self._answers.put("gone it has ended")
