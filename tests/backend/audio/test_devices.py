from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backend.audio.devices import DeviceInput, DeviceOutput, find_device, list_devices
from backend.errors import DeviceError

MICROPHONE, SPEAKERS, MONITOR, MONO = range(4)


class PortAudioError(Exception):
    pass


class Stream:
    """A stream that a test moves; ``calls`` are the arguments of all of them."""

    calls: list[dict[str, Any]] = []

    def __init__(self, **arguments: Any) -> None:
        if arguments["device"] == MONITOR:
            raise PortAudioError("Error opening stream:\nDevice unavailable [PaErrorCode -9985]")
        Stream.calls.append(arguments)
        self.active = False

    def start(self) -> None:
        self.active = True

    def close(self) -> None:
        self.active = False


def found(name: str, inputs: int, outputs: int) -> dict[str, Any]:
    return {
        "name": name,
        "hostapi": 0,
        "max_input_channels": inputs,
        "max_output_channels": outputs,
        "default_samplerate": 48_000.0,
    }


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A computer with a microphone, speakers, a loopback of them, and one small speaker."""
    module = ModuleType("sounddevice")
    devices = [
        found("Microphone", 1, 0),
        found("Speakers", 0, 8),
        found("Monitor of Speakers", 2, 0),
        found("Speaker", 0, 1),
    ]
    Stream.calls = []
    for name, value in {
        "PortAudioError": PortAudioError,
        "query_devices": lambda: devices,
        "query_hostapis": lambda number: {"name": "ALSA"},
        "default": SimpleNamespace(device=(MICROPHONE, SPEAKERS)),
        "OutputStream": Stream,
        "InputStream": Stream,
        "devices": devices,
    }.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


@pytest.fixture
def no_portaudio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer that has the package and not the library."""
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    yield


def test_each_direction_lists_its_own_devices(portaudio: ModuleType) -> None:
    assert [(d.number, d.name, d.standard) for d in list_devices("input")] == [
        (MICROPHONE, "Microphone", True),
        (MONITOR, "Monitor of Speakers", False),
    ]
    [speakers, speaker] = list_devices("output")
    assert (speakers.channels, speakers.sample_rate_hz, speakers.system) == (8, 48_000, "ALSA")
    assert speaker.number == MONO


@pytest.mark.parametrize(
    ("wanted", "number"),
    [(None, MICROPHONE), ("2", MONITOR), ("monitor", MONITOR), ("MICROPHONE", MICROPHONE)],
)
def test_a_device_is_found_by_number_or_part_of_its_name(
    portaudio: ModuleType, wanted: str | None, number: int
) -> None:
    assert find_device("input", wanted).number == number


def test_a_whole_name_is_preferred_to_a_part(portaudio: ModuleType) -> None:
    assert find_device("output", "Speaker").number == MONO


@pytest.mark.parametrize(("wanted", "said"), [("alsa", "2 audio devices"), ("7", "no input")])
def test_a_name_that_does_not_say_which_lists_what_there_is(
    portaudio: ModuleType, wanted: str, said: str
) -> None:
    with pytest.raises(DeviceError, match=f"{said}.*0 Microphone; 2 Monitor"):
        find_device("input", wanted)


def test_no_device_at_all_is_said(portaudio: ModuleType) -> None:
    portaudio.devices.clear()
    with pytest.raises(DeviceError, match="no audio device for output"):
        find_device("output")


@pytest.mark.parametrize("kind", ["input", "output"])
def test_without_portaudio_one_line_says_what_to_install(no_portaudio: None, kind: Any) -> None:
    with pytest.raises(DeviceError, match="PortAudio library not found.*install PortAudio") as info:
        find_device(kind)
    assert "\n" not in str(info.value)


def test_an_output_plays_what_is_pulled(portaudio: ModuleType) -> None:
    output = DeviceOutput(find_device("output"))
    assert not output.running
    output.start(lambda frames: np.array([[0.25] * frames, [0.5] * frames], np.float32))
    assert output.running
    [call] = Stream.calls
    assert (call["device"], call["channels"], call["samplerate"]) == (SPEAKERS, 2, 48_000)
    block = np.zeros((10, 2), np.float32)
    call["callback"](block, 10, None, None)
    np.testing.assert_array_equal(block, [[0.25, 0.5]] * 10)
    output.close()
    assert not output.running


def test_a_single_speaker_gets_the_mean_of_both_sides(portaudio: ModuleType) -> None:
    output = DeviceOutput(find_device("output", str(MONO)))
    output.start(lambda frames: np.array([[0.25] * frames, [0.75] * frames], np.float32))
    block = np.zeros((10, 1), np.float32)
    Stream.calls[0]["callback"](block, 10, None, None)
    np.testing.assert_array_equal(block, [[0.5]] * 10)


def test_an_input_hands_over_copies_and_tells_of_losses(portaudio: ModuleType) -> None:
    source = DeviceInput(find_device("input"))
    heard: list[tuple[np.ndarray, bool]] = []
    source.start(lambda audio, lost: heard.append((audio, lost)))
    block = np.ones((10, 1), np.float32)
    callback = Stream.calls[0]["callback"]
    callback(block, 10, None, None)
    callback(block, 10, None, SimpleNamespace(input_overflow=True))
    block[:] = 0
    assert [(audio.shape, bool(audio.all()), lost) for audio, lost in heard] == [
        ((1, 10), True, False),
        ((1, 10), True, True),
    ]


def test_a_device_that_cannot_be_opened_is_said_in_one_line(portaudio: ModuleType) -> None:
    source = DeviceInput(find_device("input", "monitor"))
    with pytest.raises(DeviceError, match="2 Monitor of Speakers cannot be opened") as info:
        source.start(lambda audio, lost: None)
    assert "\n" not in str(info.value)
