"""Sounds and files for the audio tests, made on the spot."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pedalboard.io import AudioFile

from backend.records import Audio

RATE_HZ = 44_100

FORMATS = ("wav", "flac", "aiff", "ogg", "mp3")


def make_tone(
    seconds: float, *, rate_hz: int = RATE_HZ, channels: int = 2, hz: float = 440.0
) -> Audio:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    gains = np.linspace(0.4, 0.2, channels)[:, None]
    return (gains * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


def encode(audio: Audio, kind: str, *, rate_hz: int = RATE_HZ, bits: int = 16) -> bytes:
    """Return a sound file as bytes; 32 bit WAV is float."""
    depth = {"bit_depth": bits} if kind in ("wav", "flac", "aiff") else {}
    buffer = io.BytesIO()
    with AudioFile(buffer, "w", rate_hz, audio.shape[0], format=kind, **depth) as file:
        file.write(audio)
    return buffer.getvalue()


def make_wav(
    data: bytes,
    *,
    code: int = 1,
    channels: int = 2,
    rate_hz: int = RATE_HZ,
    bits: int = 16,
    data_bytes: int | None = None,
) -> bytes:
    """Return a WAV file with any header one likes; ``data_bytes`` is the size it claims."""
    frame_bytes = (channels * bits // 8) & 0xFFFF
    byte_rate = rate_hz * frame_bytes & 0xFFFFFFFF
    fmt = struct.pack("<HHIIHH", code, channels, rate_hz, byte_rate, frame_bytes, bits)
    claimed = len(data) if data_bytes is None else data_bytes
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", claimed)
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data


@pytest.fixture
def tone() -> Callable[..., Audio]:
    return make_tone


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    return encode


@pytest.fixture
def raw_wav() -> Callable[..., bytes]:
    return make_wav


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write bytes, or audio as a float WAV, under a name; returns the path."""

    def write(content: bytes | Audio, name: str = "sound.wav", *, rate_hz: int = RATE_HZ) -> Path:
        path = tmp_path / name
        if not isinstance(content, bytes):
            content = encode(content, "wav", rate_hz=rate_hz, bits=32)
        path.write_bytes(content)
        return path

    return write
