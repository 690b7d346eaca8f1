"""Memory that was freed is used again, instead of being asked for page by page."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from backend.freed_memory import keep_freed_memory

SCRIPT = """
import resource, sys
import numpy as np
from backend.freed_memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def fill() -> None:
    [np.full(3 << 17, 1.0) for _ in range(4)]  # 12 MB
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(mode: str) -> int:
    run = [sys.executable, "-c", SCRIPT, mode]
    return int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these settings")
def test_freed_blocks_cost_no_new_pages() -> None:
    usual, kept = faults("usual"), faults("keep")
    assert usual > 5_000  # else there is nothing to mend
    assert kept < usual / 10


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert keep_freed_memory() is False
