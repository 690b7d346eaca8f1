"""Lets everything else on the computer go first: for work beside music, and behind it."""

from __future__ import annotations

import os
import sys

#: How far below the usual, 0, on systems that count so (the most is 19): what a musician waits for
#: while a host plays, and what nobody waits for.
BESIDE, BEHIND = 5, 10
BELOW_NORMAL_PRIORITY_CLASS = 0x4000  # Windows, winbase.h


def step_back(nice: int = BEHIND) -> None:
    """Lower the priority of this process, and of those that it starts from now on, for good.

    One that is as low or lower already stays as it is.

    Args:
        nice: ``BESIDE`` or ``BEHIND``; Windows has one step for both.
    """
    if sys.platform == "win32":
        import ctypes

        kernel32 = ctypes.windll.kernel32
        kernel32.SetPriorityClass(kernel32.GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(max(0, nice - os.nice(0)))
