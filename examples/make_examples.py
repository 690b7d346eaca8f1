"""Makes the three example sounds from small physical models of our own.

None of them comes from Surge XT, so the presets found for them have something real to reach for.
Run from the repository root with ``python examples/make_examples.py``; same seed, same files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pedalboard.io import AudioFile

Samples = npt.NDArray[np.float64]

SAMPLE_RATE_HZ = 44_100
SEED = 7
PEAK = 0.8


def plucked_string(rng: np.random.Generator) -> Samples:
    """Return a G3 string plucked near the bridge of a small wooden body, 2.5 s.

    Two Karplus-Strong loops, for the string's two planes of motion, drive the body's modes
    (Karplus and Strong 1983; fractional tuning as in Jaffe and Smith 1983).
    """
    length = round(2.5 * SAMPLE_RATE_HZ)
    string = _string_loop(rng, 196.0, 0.996, length) + 0.6 * _string_loop(
        rng, 196.35, 0.9985, length
    )
    time_s = np.arange(round(0.25 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    # Air and plate modes of a small guitar: frequency, decay time, strength.
    modes = ((118.0, 0.05, 0.5), (205.0, 0.04, 1.0), (262.0, 0.03, 0.6), (415.0, 0.02, 0.5))
    body = sum(
        strength * np.exp(-time_s / decay_s) * np.sin(2 * np.pi * hz * time_s)
        for hz, decay_s, strength in modes
    )
    return string + 0.04 * _convolve(string, np.asarray(body))


def struck_bar(rng: np.random.Generator) -> Samples:
    """Return a steel bar on soft supports, hit by a hard mallet, 2.8 s.

    The bending modes of a free bar (Fletcher and Rossing, The Physics of Musical Instruments,
    section 2.15), each split in two by an uneven bar, excited by the mallet's contact pulse.
    """
    time_s = np.arange(round(2.8 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    ratios = (1.0, 2.756, 5.404, 8.933, 13.345)
    bar = np.zeros_like(time_s)
    for order, ratio in enumerate(ratios):
        for split, share in ((1.0, 1.0), (1.0 + rng.uniform(0.001, 0.003), 0.3)):
            hz = 659.3 * ratio * split
            decay_s = 0.9 / (1.0 + 0.55 * (ratio - 1.0))
            strength = share * (np.abs(np.cos(0.9 * (order + 1))) + 0.2)
            bar += strength * np.exp(-time_s / decay_s) * np.sin(2 * np.pi * hz * time_s)
    contact = np.sin(np.pi * np.arange(14) / 13)
    knock = rng.standard_normal(time_s.size) * np.exp(-time_s / 0.004)
    return _convolve(bar, contact) + 0.5 * knock


def sweep_bass(rng: np.random.Generator) -> Samples:
    """Return an A1 of two detuned sawtooths through a four-pole filter that closes, 2.0 s.

    The filter is a chain of trapezoidal one-poles with saturated feedback (Zavalishin, The Art of
    VA Filter Design, chapter 5, with the feedback taken one sample late).
    """
    length = round(2.0 * SAMPLE_RATE_HZ)
    time_s = np.arange(length) / SAMPLE_RATE_HZ
    saws = _sawtooth(55.0, rng.random(), length) + 0.8 * _sawtooth(55.27, rng.random(), length)
    cutoff_hz = 90.0 + 3200.0 * np.exp(-time_s / 0.28) * (1.0 - np.exp(-time_s / 0.012))
    gains = np.tan(np.pi * cutoff_hz / SAMPLE_RATE_HZ)
    gains /= 1.0 + gains
    states = [0.0, 0.0, 0.0, 0.0]
    swept = np.empty(length)
    last = 0.0
    for place in range(length):
        value = float(np.tanh(0.9 * saws[place] - 2.6 * last))
        for pole in range(4):
            step = gains[place] * (value - states[pole])
            value = step + states[pole]
            states[pole] = value + step
        last = value
        swept[place] = value
    release = np.clip((1.9 - time_s) / 0.25, 0.0, 1.0)
    return swept * np.minimum(time_s / 0.004, 1.0) * release**2


def _string_loop(rng: np.random.Generator, hz: float, feedback: float, length: int) -> Samples:
    """Return one plucked delay loop of ``length`` samples tuned to ``hz``."""
    # The averaging filter delays by half a sample, the allpass by the fraction that is left.
    period = SAMPLE_RATE_HZ / hz - 0.5
    delay = int(period - 0.2)
    fraction = period - delay
    allpass = (1.0 - fraction) / (1.0 + fraction)
    burst = rng.uniform(-1.0, 1.0, delay)
    pluck = max(1, round(0.13 * delay))
    line = burst - np.roll(burst, pluck)  # a string plucked there lacks those harmonics
    sound = np.empty(length)
    previous = before = filtered = 0.0
    for place in range(length):
        slot = place % delay
        sound[place] = line[slot]
        damped = feedback * 0.5 * (line[slot] + previous)
        previous = line[slot]
        filtered = allpass * (damped - filtered) + before
        before = damped
        line[slot] = filtered
    return sound


def _sawtooth(hz: float, phase: float, length: int) -> Samples:
    """Return a sawtooth of ``length`` samples, its edge smoothed over two samples (PolyBLEP)."""
    step = hz / SAMPLE_RATE_HZ
    place = (phase + step * np.arange(length)) % 1.0
    after = np.clip(place / step, 0.0, 1.0)
    ahead = np.clip((1.0 - place) / step, 0.0, 1.0)
    smoothed: Samples = 2.0 * place - 1.0 + (1.0 - after) ** 2 - (1.0 - ahead) ** 2
    return smoothed


def _convolve(sound: Samples, response: Samples) -> Samples:
    """Return the first ``len(sound)`` samples of the convolution."""
    size = sound.size + response.size
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: sound.size]


EXAMPLES: dict[str, Callable[[np.random.Generator], Samples]] = {
    "plucked_string": plucked_string,
    "struck_bar": struck_bar,
    "sweep_bass": sweep_bass,
}


def make(name: str) -> npt.NDArray[np.float32]:
    """Return an example by name as float32 ``(1, samples)`` at 44.1 kHz, 50 ms of silence first."""
    sound = EXAMPLES[name](np.random.default_rng(SEED))
    fade = np.clip((sound.size - np.arange(sound.size)) / (0.2 * SAMPLE_RATE_HZ), 0.0, 1.0)
    sound = sound * fade * PEAK / np.abs(sound).max()
    lead = np.zeros(round(0.05 * SAMPLE_RATE_HZ))
    return np.concatenate([lead, sound])[None].astype(np.float32)


def main() -> None:
    """Write the three FLAC files beside this script."""
    for name in EXAMPLES:
        path = Path(__file__).with_name(f"{name}.flac")
        with AudioFile(str(path), "w", SAMPLE_RATE_HZ, num_channels=1, bit_depth=16) as file:
            file.write(make(name))
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
