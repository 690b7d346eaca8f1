"""Keeps the memory that was freed, for what is allocated next.

A search measures sound after sound and needs the same few megabytes for each. The C library of
Linux gives such blocks back to the system when they are freed, and the system hands them out again
page by page, each filled with zeros first: measured, that takes four times as long as the spectra
that they are for. macOS and Windows keep blocks of this size by themselves.
"""

from __future__ import annotations

import ctypes
import platform

#: Parameters of glibc's ``mallopt`` (malloc.h).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
#: Blocks up to this come from the heap; the most that glibc allows.
LARGEST_BLOCK = 32 * 1024 * 1024
#: So much of the heap's free end is kept.
MOST_KEPT = 256 * 1024 * 1024


def keep_freed_memory() -> bool:
    """Let this process keep freed memory from now on; tells whether that could be asked for."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    kept = mallopt(M_TRIM_THRESHOLD, MOST_KEPT), mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
    return all(kept)
