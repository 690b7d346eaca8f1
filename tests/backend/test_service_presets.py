from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_renderers import FakePool
from preset_files import playing_pool, preset_folder

from backend import presets_commands
from backend.errors import SurgeNotFoundError
from backend.matching.preset_store import PresetStore
from backend.service_presets import QuietScan, preset_scan
from backend.synth import patch_folders

WAIT_S = 30.0


class Held:
    """A scan that goes on until it is let go or has to give way."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun, self.go_on, self.gave_way = (threading.Event() for _ in range(3))

    def __call__(self, ended: Callable[[], bool]) -> None:
        self.calls += 1
        self.begun.set()
        while not self.go_on.wait(0.01):
            if ended():
                self.gave_way.set()
                return


def finished(scan: QuietScan) -> None:
    worker = scan._worker
    assert worker is not None
    worker.join(WAIT_S)
    assert not worker.is_alive()


def test_it_begins_when_it_was_quiet_and_is_done_once() -> None:
    held = Held()
    scan = QuietScan(held, quiet_s=10.0)
    scan.consider(9.9)
    assert not held.begun.is_set()
    scan.consider(10.0)
    assert held.begun.wait(WAIT_S)
    scan.consider(11.0)
    held.go_on.set()
    finished(scan)
    scan.consider(12.0)
    assert held.calls == 1 and scan.close()


def test_it_gives_way_to_a_match_and_goes_on_later() -> None:
    held = Held()
    scan = QuietScan(held, quiet_s=10.0)
    scan.consider(10.0)
    assert held.begun.wait(WAIT_S)
    scan.consider(0.0)
    assert held.gave_way.wait(WAIT_S)
    finished(scan)
    scan.consider(5.0)
    assert held.calls == 1
    held.go_on.set()
    scan.consider(10.0)
    finished(scan)
    assert held.calls == 2 and scan.close()


def test_closing_ends_it_for_good() -> None:
    held = Held()
    scan = QuietScan(held, quiet_s=0.0)
    scan.consider(0.0)
    assert held.begun.wait(WAIT_S)
    assert scan.close() and held.gave_way.is_set()
    scan.consider(100.0)
    assert held.calls == 1


def test_what_was_never_begun_closes() -> None:
    assert QuietScan(Held()).close()


@pytest.mark.parametrize("fault", [SurgeNotFoundError("no Surge XT found"), ValueError("ours")])
def test_a_fault_is_a_line_in_the_log_and_not_tried_again(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def scan(ended: Callable[[], bool]) -> None:
        calls.append(1)
        raise fault

    quiet = QuietScan(scan, quiet_s=0.0)
    with caplog.at_level(logging.WARNING):
        quiet.consider(0.0)
        finished(quiet)
    quiet.consider(0.0)
    assert len(calls) == 1 and len(caplog.records) == 1
    assert (caplog.records[0].exc_info is None) == isinstance(fault, SurgeNotFoundError)


def test_the_presets_in_surges_folders_are_played(
    fake_pool: FakePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = preset_folder(tmp_path / "Patches")
    monkeypatch.setattr(patch_folders, "patch_folders", lambda surge: (folder,))
    monkeypatch.setattr(presets_commands, "polite_pool", lambda surge, workers: fake_pool)
    fake_pool.sound = playing_pool().sound
    scan = preset_scan(tmp_path / "presets.sqlite", None)
    scan(lambda: True)
    assert fake_pool.jobs == []
    scan(lambda: False)
    with PresetStore(tmp_path / "presets.sqlite") as store:
        assert len(store.stamps()) == 4
