from __future__ import annotations

import multiprocessing
import os
import sys

import pytest

from backend.priority import BEHIND, BESIDE, step_back


def priority_after(results: multiprocessing.Queue[tuple[int, int]]) -> None:
    step_back(BESIDE)
    once = os.nice(0)
    step_back()
    step_back(BESIDE)
    results.put((once, os.nice(0)))


@pytest.mark.skipif(sys.platform == "win32", reason="counts priorities otherwise")
def test_a_process_steps_back_for_all_others() -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[tuple[int, int]] = context.Queue()
    process = context.Process(target=priority_after, args=(results,))
    process.start()
    once, twice = results.get(timeout=120)
    process.join(30)
    assert once == max(BESIDE, os.nice(0)) and twice == max(BEHIND, os.nice(0))
