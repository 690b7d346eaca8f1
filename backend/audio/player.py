"""Plays a target and a candidate, equally loud, and goes from one to the other without a gap.

    AudioRegion --load--> buffers at the device's rate --play, switch--> voices --pull--> Output

One stream stays open and asks for samples; a voice reads one buffer from one place. Whoever takes
over fades in while all others fade out, so that a switch in mid-sound goes on at the same sample.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from backend.audio.loudness import level_match
from backend.audio.resample import resample
from backend.records import Audio, AudioRegion

Side = Literal["target", "candidate"]

#: How long a voice takes to give way to another: no click, and no gap that is heard.
CROSSFADE_S = 0.005


class Output(Protocol):
    """Something that plays: a device, or a test."""

    @property
    def sample_rate_hz(self) -> int:
        """Samples per second that it takes."""

    @property
    def running(self) -> bool:
        """Whether it asks for samples; false before ``start``, and after a device went away."""

    def start(self, pull: Callable[[int], Audio]) -> None:
        """Ask ``pull(frames)`` for float32 ``(2, frames)`` again and again, from any thread.

        Raises:
            DeviceError: it cannot play.
        """

    def close(self) -> None:
        """Stop asking; once only is enough."""


@dataclass
class _Voice:
    side: Side
    buffer: Audio
    position: int
    gain: float
    rising: bool = True


class Player:
    """Plays one of two sounds at a time through an output, which opens when first needed.

    Args:
        output: where the sound goes; closed with the player.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._buffers: dict[Side, Audio] = {}
        self._voices: list[_Voice] = []

    def load(self, target: AudioRegion, candidate: AudioRegion | None = None) -> None:
        """Take the sounds to compare; what plays now goes on until the next ``play`` or ``switch``.

        Both get the length of the longer, and are equally loud to 0.5 LU (``level_match``).

        Args:
            target: mono or stereo, any rate.
            candidate: the same; None where there is none yet.
        """
        rate_hz = self._output.sample_rate_hz
        regions: dict[Side, AudioRegion] = {"target": _at_rate(target, rate_hz)}
        if candidate is not None:
            regions["candidate"] = _at_rate(candidate, rate_hz)
        gains = level_match(regions["target"], regions.get("candidate", regions["target"]))
        gains_db: dict[Side, float] = {
            "target": gains.target_db,
            "candidate": gains.candidate_db,
        }
        length = max(region.audio.shape[1] for region in regions.values())
        buffers = {
            side: self._buffer(region.audio, gains_db[side], length)
            for side, region in regions.items()
        }
        with self._lock:
            self._buffers = buffers

    @property
    def playing(self) -> Side | None:
        """Which of the two is heard, None for silence."""
        with self._lock:
            voice = self._heard()
            return None if voice is None else voice.side

    def play(self, side: Side) -> None:
        """Play a loaded sound from its beginning.

        Raises:
            DeviceError: the output cannot play.
        """
        self._play(side, 0)

    def switch(self, to: Side | None = None) -> Side:
        """Go to the other sound at the same moment of it, or start the candidate from silence.

        Args:
            to: go to this one instead.

        Returns:
            Which is heard now: the target where no candidate is loaded.

        Raises:
            DeviceError: the output cannot play.
        """
        with self._lock:
            voice = self._heard()
            from_target = voice is None or voice.side == "target"
        side: Side = to or ("candidate" if from_target else "target")
        if side not in self._buffers:
            side = "target"
        self._play(side, None)
        return side

    def stop(self) -> None:
        """Fade to silence."""
        with self._lock:
            for voice in self._voices:
                voice.rising = False

    def close(self) -> None:
        """Close the output."""
        self._output.close()

    def pull(self, frames: int) -> Audio:
        """Return what is heard next, float32 ``(2, frames)``, within -1..1; the output calls it.

        Args:
            frames: at least one.
        """
        block: Audio = np.zeros((2, frames), np.float32)
        with self._lock:
            for voice in self._voices:
                part = voice.buffer[:, voice.position : voice.position + frames]
                step = (1 if voice.rising else -1) / (CROSSFADE_S * self._output.sample_rate_hz)
                gains = np.clip(voice.gain + step * np.arange(1, frames + 1), 0.0, 1.0)
                block[:, : part.shape[1]] += part * gains[: part.shape[1]].astype(np.float32)
                voice.gain = float(gains[-1])
                voice.position += frames
            self._voices = [
                voice
                for voice in self._voices
                if voice.position < voice.buffer.shape[1] and (voice.rising or voice.gain > 0)
            ]
        return block

    def _play(self, side: Side, position: int | None) -> None:
        assert side in self._buffers, f"no {side} is loaded"
        if not self._output.running:
            self._output.start(self.pull)
        with self._lock:
            heard = self._heard()
            if position is None:
                position = 0 if heard is None else heard.position
            for voice in self._voices:
                voice.rising = False
            # From silence at the beginning, the sound's own attack is not to be faded.
            gain = 0.0 if self._voices else 1.0
            self._voices.append(_Voice(side, self._buffers[side], position, gain))

    def _heard(self) -> _Voice | None:
        return next((voice for voice in self._voices if voice.rising), None)

    def _buffer(self, audio: Audio, gain_db: float, length: int) -> Audio:
        """Return ``(2, length)`` that ends in a fade, so that a sound cut off does not click."""
        buffer: Audio = np.zeros((2, length), np.float32)
        buffer[:, : audio.shape[1]] = audio * np.float32(10 ** (gain_db / 20))
        fade = min(audio.shape[1], round(CROSSFADE_S * self._output.sample_rate_hz))
        ramp = np.linspace(1, 0, fade, dtype=np.float32)
        buffer[:, audio.shape[1] - fade : audio.shape[1]] *= ramp
        return buffer


def _at_rate(region: AudioRegion, rate_hz: int) -> AudioRegion:
    audio = resample(region.audio, from_hz=region.sample_rate_hz, to_hz=rate_hz)
    return AudioRegion(audio, rate_hz, region.name)
