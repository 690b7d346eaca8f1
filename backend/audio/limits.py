"""What a sound file may be, and the errors for what it may not."""

from __future__ import annotations

from pathlib import Path

from backend.audio.faults import unusable

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
MIN_DURATION_S, MAX_DURATION_S = 0.05, 600.0
MAX_CHANNELS = 64
MAX_SAMPLE_BITS = 64


def check_channels(path: Path, channels: int) -> None:
    """Raise AudioError unless there are 1 to 64 channels."""
    if channels < 1:
        raise unusable(path, "has 0 channels", "export it as mono or stereo.")
    if channels > MAX_CHANNELS:
        found = f"has {channels:,} channels, 1 to {MAX_CHANNELS} are allowed"
        raise unusable(path, found, "export it as mono or stereo.")


def check_rate(path: Path, rate_hz: float) -> None:
    """Raise AudioError unless the sample rate is 8 to 192 kHz."""
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        found = f"has a sample rate of {rate_hz:,.0f} Hz, 8,000 to 192,000 Hz are allowed"
        raise unusable(path, found, "export it at 44,100 Hz.")


def check_sample_bits(path: Path, bits: int) -> None:
    """Raise AudioError unless a sample has 1 to 64 bits; with more, the AIFF decoder hangs."""
    if not 1 <= bits <= MAX_SAMPLE_BITS:
        found = f"has samples of {bits:,} bits, 1 to {MAX_SAMPLE_BITS} are allowed"
        raise unusable(path, found, "export it with 16 or 24 bits.")


def check_duration(path: Path, duration_s: float) -> None:
    """Raise AudioError unless a sound lasts 50 ms to 10 min."""
    if duration_s < MIN_DURATION_S:
        found = f"lasts {1000 * max(0.0, duration_s):.0f} ms, at least 50 ms are needed"
        raise unusable(path, found, "give a longer sound.")
    if duration_s > MAX_DURATION_S:
        found = f"lasts {duration_s / 60:,.1f} min, at most 10 min are allowed"
        raise unusable(path, found, "cut out the part to match.")
