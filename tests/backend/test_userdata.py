from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.errors import OutputError
from backend.userdata import DATA_VARIABLE, data_folder, open_user_data

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")

#: Opens the folder as somebody who is not the superuser, for whom permissions count.
OPEN_AS_NOBODY = """
import os, sys
from pathlib import Path
import backend.userdata, encodings.idna
if os.getuid() == 0:
    os.setuid(65534)
try:
    backend.userdata.open_user_data(Path(sys.argv[1]))
except backend.errors.OutputError as error:
    print(error)
"""

#: Opens the folder where no file can grow, as on a full disk.
OPEN_WITHOUT_ROOM = """
import resource, signal, sys
from pathlib import Path
import backend.userdata
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    backend.userdata.open_user_data(Path(sys.argv[1]))
except backend.errors.OutputError as error:
    print(error)
"""


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that others may enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def printed_by(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/x/data"}, "/x/data/synthmatch"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "/home/mia/.local/share/synthmatch"),
        ("linux", {}, "/home/mia/.local/share/synthmatch"),
        ("darwin", {}, "/home/mia/Library/Application Support/Synthmatch"),
        ("win32", {"LOCALAPPDATA": "/u/Local"}, "/u/Local/Synthmatch"),
        ("win32", {}, "/home/mia/AppData/Local/Synthmatch"),
        ("darwin", {DATA_VARIABLE: "/elsewhere/räume"}, "/elsewhere/räume"),
    ],
)
def test_the_folder_is_where_the_platform_wants_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", DATA_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/mia"))
    assert data_folder() == Path(expected).absolute()


def test_all_folders_are_made(tmp_path: Path) -> None:
    data = open_user_data(tmp_path / "a b" / "Ünïcödé")
    assert data.folder == tmp_path / "a b" / "Ünïcödé"
    assert {path.name for path in data.folder.iterdir()} == {"audio", "matches", "undo", "logs"}
    assert all(path.is_dir() for path in (data.audio, data.matches, data.undo, data.logs))


@POSIX
def test_only_the_user_can_enter(tmp_path: Path) -> None:
    data = open_user_data(tmp_path / "data")
    for path in (data.folder, data.audio, data.matches, data.undo, data.logs):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@POSIX
def test_a_folder_that_was_there_keeps_its_permissions_and_files(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "mine.wav").write_bytes(b"sound")
    data = open_user_data(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert (data.audio / "mine.wav").read_bytes() == b"sound"


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match=DATA_VARIABLE):
        open_user_data(tmp_path / "file")


@POSIX
def test_a_read_only_folder_is_told(reachable: Path) -> None:
    reachable.chmod(0o555)
    said = printed_by(OPEN_AS_NOBODY, reachable)
    assert str(reachable) in said and os.strerror(13) in said and DATA_VARIABLE in said
    assert said.count("\n") == 1


@POSIX
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    said = printed_by(OPEN_WITHOUT_ROOM, tmp_path)
    assert str(tmp_path) in said and "make room" in said and said.count("\n") == 1
