"""The live benchmark against a backend in a process of its own; model and Surge XT are fakes."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import fake_backend
import pytest

from backend.bench_live import cpu_seconds, run_match
from backend.launcher import start_service
from backend.osc import protocol as say
from backend.osc.client import Client
from backend.records import AudioRegion


def test_a_round_is_timed_in_the_order_in_which_things_happen(
    tmp_path: Path, tiny_audio: AudioRegion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAKE_BACKEND", raising=False)
    start_service(tmp_path, command=[sys.executable, str(fake_backend.__file__), "serve"])
    with Client.connect(tmp_path, "test") as client:
        try:
            alone = run_match(client, tiny_audio, 3, 1, write=False)
            assert alone.matched > 0 and math.isnan(alone.first_verified)
            client.ask(say.ChooseInstance(53280), say.Chosen)
            written = run_match(client, tiny_audio, 3, 3, write=True)
            assert 0 < written.matched < written.first_verified < written.all_verified
        finally:
            client.ask(say.StopService(), say.Stopping)


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time is read from /proc")
def test_cpu_time_is_that_of_the_process() -> None:
    before = cpu_seconds(os.getpid())
    total = sum(math.sqrt(n) for n in range(2_000_000))
    assert total > 0 and cpu_seconds(os.getpid()) > before
    assert math.isnan(cpu_seconds(2**22 + 1))
