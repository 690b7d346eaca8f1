"""Keeps the last seconds of what an input hears, so that a sound can be caught after it was played.

Input --push--> ring of the last seconds --keep--> AudioRegion
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np

from backend.errors import DeviceError
from backend.records import Audio, AudioRegion


class Input(Protocol):
    """Something that hears: a device, or a test."""

    @property
    def sample_rate_hz(self) -> int:
        """Samples per second that it gives."""

    @property
    def channels(self) -> int:
        """One or two."""

    def start(self, push: Callable[[Audio, bool], None]) -> None:
        """Call ``push(audio, lost)`` with each new ``(channels, samples)``, from any thread.

        ``lost`` says that something before this block was lost.

        Raises:
            DeviceError: it cannot hear.
        """

    def close(self) -> None:
        """Stop hearing."""


class Recorder:
    """Listens from its making on, and remembers the last seconds.

    Args:
        source: what it listens to; closed with the recorder.
        seconds: how much is remembered at most.

    Raises:
        DeviceError: the source cannot hear.
    """

    def __init__(self, source: Input, seconds: float) -> None:
        self._source = source
        self._ring: Audio = np.zeros(
            (source.channels, round(seconds * source.sample_rate_hz)), np.float32
        )
        self._heard = 0
        self._losses: list[int] = []
        self._grown = threading.Condition()
        source.start(self._push)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def heard_s(self) -> float:
        """How long it has listened, in seconds of sound."""
        with self._grown:
            return self._heard / self._source.sample_rate_hz

    def wait(self, seconds: float, *, silence_s: float = 5.0) -> None:
        """Wait until it has listened for so many seconds of sound.

        Args:
            seconds: at most what the ring holds.
            silence_s: how long the source may give nothing at all.

        Raises:
            DeviceError: the source gives no more.
        """
        wanted = min(round(seconds * self._source.sample_rate_hz), self._ring.shape[1])
        with self._grown:
            while self._heard < wanted:
                before = self._heard
                self._grown.wait(silence_s)
                if self._heard == before:
                    raise DeviceError(
                        f"the audio device has given nothing for {silence_s:g} s: see that it is "
                        "connected, or choose another with --device"
                    )

    def keep(self, seconds: float, name: str) -> AudioRegion:
        """Return the last seconds heard, or as many as there are.

        Args:
            seconds: at most what the ring holds.
            name: of the region; a remark in it says where sound was lost on the way.
        """
        rate_hz = self._source.sample_rate_hz
        with self._grown:
            size = self._ring.shape[1]
            count = min(round(seconds * rate_hz), self._heard, size)
            start = self._heard - count
            place = start % size
            audio: Audio = np.concatenate(
                [
                    self._ring[:, place : place + count],
                    self._ring[:, : max(0, place + count - size)],
                ],
                axis=1,
            )
            lost_s = [(place - start) / rate_hz for place in self._losses if place > start]
        remarks: tuple[str, ...] = ()
        if lost_s:
            said = ", ".join(f"{at_s:.2f}" for at_s in lost_s[:5])
            remarks = (f"The computer was too busy and lost some sound at {said} s.",)
        return AudioRegion(audio, rate_hz, name, remarks)

    def close(self) -> None:
        """Stop listening."""
        self._source.close()

    def _push(self, audio: Audio, lost: bool) -> None:
        size = self._ring.shape[1]
        with self._grown:
            if lost:
                self._losses = [place for place in self._losses if place > self._heard - size]
                self._losses.append(self._heard)
            end = self._heard + audio.shape[1]
            kept = audio[:, -size:]
            self._ring[:, np.arange(end - kept.shape[1], end) % size] = kept
            self._heard = end
            self._grown.notify_all()
