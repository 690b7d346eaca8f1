"""Makes two channels one sound that can be heard: neither silent on a side nor cancelling out."""

from __future__ import annotations

import numpy as np

from backend.records import Audio

#: A channel this many dB below the other holds no sound of its own (hum or dither of a mono take).
SILENT_BELOW_DB = 60.0

#: Channels cancel out where their sum has this share of the power of their difference, or less.
CANCELLED_SHARE = 0.01


def whole_sound(audio: Audio) -> tuple[Audio, str]:
    """Return a sound with both channels in use and in the same sense, and what was done to it.

    Args:
        audio: float32 ``(channels, samples)``; one channel is handed back as it is.

    Returns:
        The audio, and a sentence for the user, empty where nothing was done.
    """
    if audio.shape[0] != 2:
        return audio, ""
    power = np.square(audio, dtype=np.float64).sum(axis=1)
    louder = int(np.argmax(power))
    if power[1 - louder] < power[louder] * 10 ** (-SILENT_BELOW_DB / 10):
        name = ("left", "right")[louder]
        both = np.repeat(audio[louder : louder + 1], 2, axis=0)
        return both, f"Only the {name} channel has sound: it is heard on both sides."
    left, right = audio.astype(np.float64)
    if np.square(left + right).sum() < CANCELLED_SHARE * np.square(left - right).sum():
        turned = np.stack([audio[0], -audio[1]])
        return turned, "The channels cancel each other out: the right one was turned over."
    return audio, ""
