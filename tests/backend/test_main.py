from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend import commands
from backend.__main__ import main
from backend.errors import SynthmatchError

HEAVY = ("torch", "numpy", "pedalboard", "matplotlib", "rich", "backend.commands")


def one_line(text: str) -> str:
    """Return the message of a fault that was told as it should be."""
    assert text.startswith("synthmatch: ") and text.count("\n") == 1 and text.endswith("\n")
    return text.removeprefix("synthmatch: ").rstrip("\n")


def test_importing_the_entry_point_stays_light() -> None:
    code = f"import sys, backend.__main__; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_module_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backend", "match"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "SOUND" in one_line(done.stderr)


def test_a_fault_is_one_line_whatever_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(arguments: object) -> int:
        raise SynthmatchError("a\nb\x1b[31mc\r\td")

    monkeypatch.setattr(commands, "show", fail)
    assert main(["show", "p.fxp"]) == 2
    assert one_line(capsys.readouterr().err) == "a b [31mc  d"


def test_an_interruption_is_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "match", interrupt)
    assert main(["match", "s.wav"]) == 130
    assert one_line(capsys.readouterr().err) == "interrupted"


def test_a_request_to_terminate_is_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def terminated(arguments: object) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(commands, "match", terminated)
    try:
        assert main(["match", "s.wav"]) == 130
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_bug_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(commands, "show", fail)
    with pytest.raises(ZeroDivisionError):
        main(["show", "p.fxp"])


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("synthmatch ")


def test_a_reader_that_stops_early_is_no_fault(tmp_path: Path) -> None:
    code = (
        "import sys, backend.commands, backend.__main__ as m\n"
        "backend.commands.show = lambda a: [print('x' * 99) for _ in range(9999)] and 0\n"
        "sys.exit(m.main(['show', 'p.fxp']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
