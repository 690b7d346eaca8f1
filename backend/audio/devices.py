"""Audio devices through PortAudio: which there are, and streams to and from them.

The only module that imports sounddevice, and only when asked: where PortAudio is missing, every
call here raises one clear line and all else works.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from backend.errors import DeviceError
from backend.records import Audio

Kind = Literal["input", "output"]


@dataclass(frozen=True)
class Device:
    """An audio device, as PortAudio sees it.

    Args:
        number: what ``--device`` takes; may change when devices come and go.
        name: as the system calls it.
        system: the sound system it belongs to (ALSA, WASAPI, Core Audio, ...).
        channels: how many it has for the direction asked for.
        sample_rate_hz: its own rate.
        standard: whether it is used where none is named.
    """

    number: int
    name: str
    system: str
    channels: int
    sample_rate_hz: int
    standard: bool


def list_devices(kind: Kind) -> tuple[Device, ...]:
    """Return the devices of one direction, in PortAudio's order.

    Raises:
        DeviceError: PortAudio is missing or fails.
    """
    with _portaudio() as sounddevice:
        standard = sounddevice.default.device[0 if kind == "input" else 1]
        return tuple(
            Device(
                number,
                str(found["name"]),
                str(sounddevice.query_hostapis(found["hostapi"])["name"]),
                int(found[f"max_{kind}_channels"]),
                round(found["default_samplerate"]),
                number == standard,
            )
            for number, found in enumerate(sounddevice.query_devices())
            if found[f"max_{kind}_channels"] > 0
        )


def find_device(kind: Kind, wanted: str | None = None) -> Device:
    """Return a device by its number or a part of its name, or the standard one.

    Raises:
        DeviceError: PortAudio is missing or fails; there is no device of this direction, none of
            this name, or more than one.
    """
    devices = list_devices(kind)
    if not devices:
        raise DeviceError(f"there is no audio device for {kind}: connect one, or switch it on")
    if wanted is None:
        return next((device for device in devices if device.standard), devices[0])
    fitting = [device for device in devices if str(device.number) == wanted]
    fitting = fitting or [device for device in devices if device.name == wanted]
    fitting = fitting or [device for device in devices if wanted.casefold() in _said(device)]
    if len(fitting) == 1:
        return fitting[0]
    names = "; ".join(f"{device.number} {device.name}" for device in fitting or devices)
    found = f"{len(fitting)} audio devices for {kind} fit" if fitting else f"no {kind} device fits"
    raise DeviceError(f"{found} {wanted!r}: choose one by its number: {names}")


class _DeviceStream:
    """A device, and the stream that is open on it."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._stream: Any = None

    @property
    def sample_rate_hz(self) -> int:
        """The device's own rate."""
        return self._device.sample_rate_hz

    def close(self) -> None:
        """Close the device."""
        if self._stream is not None:
            with contextlib.suppress(Exception):  # one that went away cannot be closed in order
                self._stream.close()
        self._stream = None


class DeviceOutput(_DeviceStream):
    """Plays on a device; see ``player.Output``.

    Args:
        device: one for output.
    """

    @property
    def running(self) -> bool:
        """Whether the device asks for samples; false after it went away."""
        return self._stream is not None and bool(self._stream.active)

    def start(self, pull: Callable[[int], Audio]) -> None:
        """Open the device and play what ``pull(frames)``, ``(2, frames)``, gives.

        Raises:
            DeviceError: it cannot be opened.
        """
        self.close()
        channels = min(2, self._device.channels)

        def fill(block: Any, frames: int, time: object, status: object) -> None:
            audio = pull(frames)
            block[:] = (audio if channels == 2 else audio.mean(axis=0, keepdims=True)).T

        with _portaudio(self._device) as sounddevice:
            self._stream = sounddevice.OutputStream(
                device=self._device.number,
                channels=channels,
                samplerate=self._device.sample_rate_hz,
                dtype="float32",
                callback=fill,
            )
            self._stream.start()


class DeviceInput(_DeviceStream):
    """Listens to a device; see ``recorder.Input``.

    Args:
        device: one for input.
    """

    @property
    def channels(self) -> int:
        """One or two, of those the device has."""
        return min(2, self._device.channels)

    def start(self, push: Callable[[Audio, bool], None]) -> None:
        """Open the device and hand each block to ``push(audio, lost)``.

        Raises:
            DeviceError: it cannot be opened.
        """

        def take(block: Any, frames: int, time: object, status: Any) -> None:
            push(np.array(block.T, dtype=np.float32), bool(status and status.input_overflow))

        with _portaudio(self._device) as sounddevice:
            self._stream = sounddevice.InputStream(
                device=self._device.number,
                channels=self.channels,
                samplerate=self._device.sample_rate_hz,
                dtype="float32",
                callback=take,
            )
            self._stream.start()


def _said(device: Device) -> str:
    return f"{device.name}, {device.system}".casefold()


@contextlib.contextmanager
def _portaudio(device: Device | None = None) -> Iterator[Any]:
    """Import sounddevice, and say its faults in one line."""
    try:
        import sounddevice
    except (OSError, ImportError) as error:  # OSError: the library below the package is missing
        raise DeviceError(
            f"no audio devices can be used ({error}): install PortAudio (Debian: libportaudio2)"
        ) from error
    try:
        yield sounddevice
    except (sounddevice.PortAudioError, ValueError) as error:
        reason = " ".join(str(error).split())
        if device is None:
            raise DeviceError(f"PortAudio fails ({reason}): restart the sound system") from error
        raise DeviceError(
            f"the audio device {device.number} {device.name} cannot be opened ({reason}): end the "
            "program that holds it, or choose another with --device"
        ) from error
