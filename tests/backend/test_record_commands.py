from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_sound import FakeInput

from backend import record_commands
from backend.__main__ import main
from backend.audio.devices import Device
from backend.audio.region import load_region
from backend.cli import make_parser
from backend.errors import DeviceError, SynthmatchError
from backend.records import Audio

MICROPHONE = Device(0, "Microphone", "ALSA", 1, 8_000, True)
LOOPBACK = Device(3, "Monitor of Speakers", "ALSA", 2, 48_000, False)


def ramp(seconds: float) -> Audio:
    return np.linspace(0.1, 0.5, round(seconds * 8_000)).astype(np.float32)


class TalkingInput(FakeInput):
    """Hears a given sound as soon as it is opened."""

    def __init__(self, sound: Audio, lost: bool = False) -> None:
        super().__init__(8_000)
        self._sound, self._lost = sound, lost

    def start(self, push: Callable[[Audio, bool], None]) -> None:
        super().start(push)
        self.hear(self._sound[: len(self._sound) // 2])
        self.hear(self._sound[len(self._sound) // 2 :], lost=self._lost)


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., TalkingInput]:
    """Put a computer with a microphone that hears a sound in place of this one."""
    monkeypatch.chdir(tmp_path)

    def install(sound: Audio, *, lost: bool = False) -> TalkingInput:
        source = TalkingInput(sound, lost)
        monkeypatch.setattr(record_commands, "find_device", lambda kind, wanted: MICROPHONE)
        monkeypatch.setattr(record_commands, "DeviceInput", lambda device: source)
        return source

    return install


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_enter_keeps_the_last_seconds(
    hears: Callable[..., TalkingInput],
    typed: Callable[[str], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = hears(ramp(3.0))
    typed("\n")
    assert main(["record", "--look-back", "1", "-o", "a b ü.wav"]) == 0
    region = load_region(tmp_path / "a b ü.wav")
    assert region.duration_s == pytest.approx(1.0, abs=0.01)
    said = capsys.readouterr().out
    assert "Microphone" in said and "a b ü.wav: 1.00 s, peak -6.0 dB" in said
    assert source.closed


def test_seconds_records_without_asking(
    hears: Callable[..., TalkingInput], typed: Callable[[str], None], tmp_path: Path
) -> None:
    hears(ramp(2.0))
    typed("")
    assert main(["record", "--seconds", "2"]) == 0
    assert (tmp_path / "recording.wav").is_file()


def test_seconds_waits_for_sound_that_is_still_to_come(
    hears: Callable[..., TalkingInput], tmp_path: Path
) -> None:
    source = hears(ramp(0.5))
    status: list[int] = []
    recording = threading.Thread(
        target=lambda: status.append(main_quietly(["record", "--seconds", "2"])), daemon=True
    )
    recording.start()
    while recording.is_alive():
        if hasattr(source, "push"):
            source.hear(ramp(0.5))
        recording.join(0.01)
    assert status == [0]
    assert (tmp_path / "recording.wav").is_file()


def main_quietly(words: list[str]) -> int:
    """Run the command off the main thread, where signals cannot be set."""
    return record_commands.record(make_parser().parse_args(words))


def test_a_name_in_use_is_left_alone(
    hears: Callable[..., TalkingInput],
    typed: Callable[[str], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hears(ramp(1.0))
    mine = tmp_path / "recording.wav"
    mine.write_bytes(b"mine")
    typed("\n")
    assert main(["record"]) == 0
    assert mine.read_bytes() == b"mine" and (tmp_path / "recording-2.wav").is_file()
    assert main(["record", "-o", "recording.wav"]) == 2
    assert "--force" in capsys.readouterr().err
    typed("\n")
    assert main(["record", "-o", "recording.wav", "--force"]) == 0
    assert mine.read_bytes() != b"mine"


@pytest.mark.parametrize(("text", "status"), [("q\n", 0), ("", 2)])
def test_leaving_keeps_nothing(
    hears: Callable[..., TalkingInput],
    typed: Callable[[str], None],
    tmp_path: Path,
    text: str,
    status: int,
) -> None:
    hears(ramp(1.0))
    typed(text)
    assert main(["record"]) == status
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sound", "said"),
    [(np.zeros(8_000), "silent"), (2 * ramp(1.0), "clipped"), (ramp(1.0), "lost some sound")],
)
def test_what_went_wrong_with_the_sound_is_told(
    hears: Callable[..., TalkingInput],
    typed: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    sound: Audio,
    said: str,
) -> None:
    hears(sound, lost=True)
    typed("\n")
    assert main(["record"]) == 0
    assert said in capsys.readouterr().out


def test_a_file_that_could_not_be_written_is_refused_before_listening(
    hears: Callable[..., TalkingInput], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hears(ramp(1.0))
    (tmp_path / "file").touch()
    assert main(["record", "-o", "file/a.wav"]) == 2
    assert main(["record", "-o", "a.mp3"]) == 2
    assert not hasattr(source, "push")
    assert ".wav" in capsys.readouterr().err


def test_without_a_device_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_: object) -> None:
        raise DeviceError("there is no audio device for input: connect one, or switch it on")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(record_commands, "find_device", none)
    assert main(["record"]) == 2
    said = capsys.readouterr()
    assert (
        said.err == "synthmatch: there is no audio device for input: connect one, or switch it on\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_devices_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(record_commands, "list_devices", lambda kind: (MICROPHONE, LOOPBACK))
    assert main(["record", "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "  0  Microphone (ALSA): 1 channel, 8,000 Hz, used where none is named",
        "  3  Monitor of Speakers (ALSA): 2 channels, 48,000 Hz",
    ]


def test_record_has_the_documented_defaults() -> None:
    a = make_parser().parse_args(["record"])
    assert (a.output, a.device, a.list, a.force) == (None, None, False, False)
    assert (a.seconds, a.look_back) == (None, 10.0)


@pytest.mark.parametrize(
    "words", ["--seconds 0.01", "--look-back 601", "--seconds nan", "--seconds 1 --look-back 1"]
)
def test_lengths_have_limits_and_exclude_each_other(words: str) -> None:
    with pytest.raises(SynthmatchError, match="--help"):
        make_parser().parse_args(["record", *words.split()])
