"""How much memory this process has in use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

UNKNOWN_MB = -1.0
BYTES_PER_MB = 1024 * 1024


def memory_mb() -> float:
    """Return the resident memory of this process in MB; -1 where the system does not tell.

    On macOS it is the most that was ever in use.
    """
    if sys.platform == "linux":
        try:
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        except (OSError, ValueError, IndexError):
            return UNKNOWN_MB
        return pages * os.sysconf("SC_PAGE_SIZE") / BYTES_PER_MB
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / BYTES_PER_MB
    return UNKNOWN_MB
