"""Lets everything else on the computer go first: for work in the background of music."""

from __future__ import annotations

import os
import sys

#: How far below the usual, on systems that count so (the most is 19).
NICER_BY = 10
BELOW_NORMAL_PRIORITY_CLASS = 0x4000  # Windows, winbase.h


def step_back() -> None:
    """Lower the priority of this process, and of those that it starts from now on, for good."""
    if sys.platform == "win32":
        import ctypes

        kernel32 = ctypes.windll.kernel32
        kernel32.SetPriorityClass(kernel32.GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICER_BY)
