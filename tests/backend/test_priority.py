from __future__ import annotations

import multiprocessing
import os
import sys

import pytest

from backend.priority import NICER_BY, step_back


def priority_after(results: multiprocessing.Queue[tuple[int, int]]) -> None:
    before = os.nice(0)
    step_back()
    results.put((before, os.nice(0)))


@pytest.mark.skipif(sys.platform == "win32", reason="counts priorities otherwise")
def test_a_process_steps_back_for_all_others() -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[tuple[int, int]] = context.Queue()
    process = context.Process(target=priority_after, args=(results,))
    process.start()
    before, after = results.get(timeout=120)
    process.join(30)
    assert after == min(19, before + NICER_BY)
