"""The benchmark of the pitch detector: its table, and its command without any engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from known_notes import noise, region, saw

from backend.errors import SurgeNotFoundError
from training import bench_pitch
from training.bench_pitch import measure, table
from training.pitch_models import KnownSound


def test_right_and_wrong_sounds_are_told_apart() -> None:
    sounds = [
        KnownSound("saws", "saw in tune", region(saw(220)), 220.0),
        KnownSound("saws", "saw an octave off", region(saw(220)), 440.0),
        KnownSound("other", "noise", region(noise(1.0)), 100.0),
        KnownSound("other", "silence", region(np.full(4410, 1.0)), 100.0),
        KnownSound("other", "a drum is not asked for", region(noise(1.0)), 100.0, tonal=False),
    ]
    findings = measure(sounds)
    assert [finding.right for finding in findings] == [True, False, False, False]
    assert findings[1].cents == pytest.approx(-1200, abs=2)
    head, _, saws, other, total, _, *wrong = table(findings)
    assert head.startswith("| source | sounds | right |")
    assert saws.startswith("| saws | 2 | 50.0% | 0.0 | 100.0% |")
    assert other.startswith("| other | 2 | 0.0% | nan | 0.0% |")
    assert total.startswith("| all | 4 | 25.0% |")
    assert [line.split(":")[0] for line in wrong] == ["- saw an octave off", "- noise", "- silence"]


def test_the_command_needs_no_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere(given: Path | None) -> Path:
        raise SurgeNotFoundError("no Surge XT here")

    monkeypatch.setattr(bench_pitch, "find_surge", nowhere)
    for engine in ("vita_sounds", "csound_sounds", "espeak_sounds"):
        monkeypatch.setattr(bench_pitch, engine, lambda seed, count: iter(()))
    assert bench_pitch.main(["--each", "1"]) == 0
    out = capsys.readouterr().out
    assert "without Surge XT: no Surge XT here" in out
    assert "| struck bar | 1 |" in out and "| all | 24 |" in out
