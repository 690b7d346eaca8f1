"""How many threads torch may use while other processes are at work on the same cores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread until the end of the block.

    Beside renderers that keep all cores busy, threads that share an operation of a tenth of a
    millisecond wait for each other, and spin meanwhile: measured on two busy cores, each sound took
    three times as long to be analysed, and six times the CPU time.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
