"""The commands as functions; as processes they are in ``tests/integration/test_service.py``."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import doctor, service_commands
from backend.__main__ import main
from backend.cli import make_parser
from backend.discovery import Discovery, Presence
from backend.doctor import Finding
from backend.errors import SynthmatchError
from backend.userdata import DATA_VARIABLE


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my data"
    monkeypatch.setenv(DATA_VARIABLE, str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def no_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(surge: Path | None) -> Iterator[Finding]:
        yield Finding("ok", "Python", "3.11")
        yield Finding("note", "Surge XT", f"looked in\n {surge}")

    monkeypatch.setattr(doctor, "examine", examine)


def test_serve_has_the_documented_defaults() -> None:
    a = make_parser().parse_args(["serve"])
    assert (a.idle_minutes, a.device, a.surge, a.presets) == (15.0, "auto", None, True)


def test_serve_takes_all_its_options() -> None:
    a = make_parser().parse_args(
        "serve --idle-minutes 0.5 --device cpu --surge p --no-presets".split()
    )
    assert (a.idle_minutes, a.device, a.surge, a.presets) == (0.5, "cpu", Path("p"), False)


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "soon"])
def test_idle_minutes_have_limits(minutes: str) -> None:
    with pytest.raises(SynthmatchError, match="0.01 to 1440"):
        make_parser().parse_args(["serve", "--idle-minutes", minutes])


def test_status_without_a_backend(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["status"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "no backend is running" in said and "synthmatch serve" in said
    assert not folder.exists()  # asking makes nothing


def test_stop_without_a_backend(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["stop"]) == 0
    assert capsys.readouterr().out == f"{service_commands.NONE_RUNS}\n"
    assert not folder.exists()


def test_serve_beside_another_is_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.discovery.LOCK_WAIT_S", 0.05)
    folder.mkdir()
    with Presence(folder) as presence:
        presence.announce(Discovery(os.getpid(), 40_000, "ab" * 16, "0.1.0", 1))
        assert main(["serve"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"running already (process {os.getpid()})" in said


def test_serve_where_nothing_can_be_written_is_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    folder.write_text("a file in the way")
    assert main(["serve"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and DATA_VARIABLE in said and str(folder) in said


def test_a_backend_of_another_protocol_is_told(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    folder.mkdir()
    with Presence(folder) as presence:
        presence.announce(Discovery(4711, 40_000, "ab" * 16, "9.9.9", 99))
        assert main(["status"]) == 2
    said = capsys.readouterr().err
    assert "9.9.9" in said and "99" in said and "4711" in said


def test_the_report_packs_logs_and_findings_but_no_sounds(
    capsys: pytest.CaptureFixture[str], folder: Path, no_doctor: None
) -> None:
    for name in ("logs/backend.log", "audio/a.wav", "matches/000001/a-1.fxp", "logs/b.wav"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")
    assert main(["report", "-o", "bundle.zip", "--surge", "there"]) == 0
    assert "bundle.zip holds" in capsys.readouterr().out
    with zipfile.ZipFile("bundle.zip") as bundle:
        assert set(bundle.namelist()) == {"doctor.txt", "service.txt", "logs/backend.log"}
        found = bundle.read("doctor.txt").decode()
        assert bundle.read("service.txt") == b"no backend is running\n"
    assert found.splitlines() == [
        "ok     Python           3.11",
        "note   Surge XT         looked in there",
    ]


def test_the_report_names_the_backend_but_not_its_token(folder: Path, no_doctor: None) -> None:
    folder.mkdir()
    with Presence(folder) as presence:
        presence.announce(Discovery(4711, 40_000, "ab" * 16, "9.9.9", 1))
        assert main(["report"]) == 0
    packed = Path("synthmatch-report.zip")
    with zipfile.ZipFile(packed) as bundle:
        texts = [bundle.read(name) for name in bundle.namelist()]
    assert b"process 4711, version 9.9.9, protocol 1\n" in texts
    assert not any(b"abababab" in text for text in texts)


def test_a_doctor_that_breaks_is_part_of_the_report(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def examine(surge: Path | None) -> Iterator[Finding]:
        yield Finding("ok", "Python", "3.11")
        raise ImportError("no module named torch")

    monkeypatch.setattr(doctor, "examine", examine)
    assert main(["report"]) == 0
    with zipfile.ZipFile("synthmatch-report.zip") as bundle:
        assert "ImportError: no module named torch" in bundle.read("doctor.txt").decode()


def test_a_report_that_cannot_be_written_is_one_line(
    capsys: pytest.CaptureFixture[str], no_doctor: None
) -> None:
    assert main(["report", "-o", "missing/out.zip"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
