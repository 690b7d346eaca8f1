from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import logs
from backend.errors import OutputError
from backend.logs import LOG_NAME, pack_report, start_log, stop_log

log = logging.getLogger("backend.some_module")


@pytest.fixture
def handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Handler]:
    level = logging.getLogger().level
    monkeypatch.setattr(logs, "MAX_LOG_BYTES", 2000)
    handler = start_log(tmp_path)
    yield handler
    stop_log(handler)
    logging.getLogger().setLevel(level)


def names_in(packed: Path) -> set[str]:
    with zipfile.ZipFile(packed) as bundle:
        return set(bundle.namelist())


def text_in(packed: Path, name: str) -> str:
    with zipfile.ZipFile(packed) as bundle:
        return bundle.read(name).decode()


def test_lines_are_written_with_their_origin(handler: logging.Handler, tmp_path: Path) -> None:
    log.info("match %d: ünïcödé 音", 7)
    text = (tmp_path / LOG_NAME).read_text("utf-8")
    assert "INFO backend.some_module: match 7: ünïcödé 音\n" in text


def test_the_log_rotates_and_never_grows_beyond_its_limit(
    handler: logging.Handler, tmp_path: Path
) -> None:
    for number in range(1000):
        log.info("line %d", number)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [LOG_NAME, *(f"{LOG_NAME}.{n}" for n in range(1, logs.KEPT_LOGS + 1))]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    assert "line 999" in (tmp_path / LOG_NAME).read_text()


def test_a_log_that_cannot_be_written_stops_nothing(
    handler: logging.Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    class FullDisk:
        def write(self, text: str) -> None:
            raise OSError(28, "No space left on device")

        def flush(self) -> None: ...
        def close(self) -> None: ...
        def seek(self, *_: int) -> None: ...
        def tell(self) -> int:
            return 0

    assert isinstance(handler, logging.StreamHandler)
    handler.stream.close()
    handler.stream = FullDisk()  # type: ignore[assignment]
    log.info("goes nowhere")
    assert capsys.readouterr().err == ""


def test_nothing_is_logged_after_stopping(tmp_path: Path) -> None:
    handler = start_log(tmp_path)
    stop_log(handler)
    log.warning("too late")
    assert (tmp_path / LOG_NAME).read_text() == ""


def test_a_report_holds_logs_and_texts_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "logs"
    folder.mkdir(parents=True)
    for name in ("backend.log", "backend.log.1", "start.log"):
        (folder / name).write_text(f"lines of {name}\n")
    for name in ("kick.wav", "kick.fxp", "kick.log.wav", "backend.json", "x.log.fxp"):
        (folder / name).write_bytes(b"secret")
        (folder.parent / name).write_bytes(b"secret")
    (folder / "folder.log").mkdir()
    packed = pack_report(folder, {"doctor.txt": "ok\n"}, tmp_path / "out.zip")
    assert packed == tmp_path / "out.zip"
    assert names_in(packed) == {
        *("doctor.txt", "logs/backend.log", "logs/backend.log.1", "logs/start.log")
    }
    assert text_in(packed, "logs/backend.log.1") == "lines of backend.log.1\n"
    assert text_in(packed, "doctor.txt") == "ok\n"


def test_a_link_from_the_logs_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "sound.wav").write_bytes(b"secret")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "backend.log").symlink_to(tmp_path / "sound.wav")
    packed = pack_report(tmp_path / "logs", {}, tmp_path / "out.zip")
    assert names_in(packed) == set()


def test_the_users_name_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/mia"))
    (tmp_path / "backend.log").write_text("read /home/mia/kick.wav\n")
    packed = pack_report(tmp_path, {"doctor.txt": "/home/mia/.vst3"}, tmp_path / "out.zip")
    assert text_in(packed, "logs/backend.log") == "read ~/kick.wav\n"
    assert text_in(packed, "doctor.txt") == "~/.vst3"


def test_an_earlier_report_stays(tmp_path: Path) -> None:
    made = [pack_report(tmp_path / "none", {}, tmp_path / "out.zip") for _ in range(3)]
    assert [path.name for path in made] == ["out.zip", "out-2.zip", "out-3.zip"]


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="missing"):
        pack_report(tmp_path, {}, tmp_path / "missing" / "out.zip")
