"""Sounds of known pitch by addition: what a pitch detector must get right, and a series of them.

Each model gets a frequency and draws the rest (spectrum, envelope, noise, vibrato) from a
generator, at 44.1 kHz. The frequency is what a person would sing back: the repetition rate of a
harmonic sound, the middle of a vibrato or of detuned voices, the note where a glide comes to rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from backend.audio.pitch import midi_of
from backend.records import AudioRegion

FloatArray = npt.NDArray[np.floating]
Generator = np.random.Generator
Model = Callable[[float, Generator], FloatArray]

RATE_HZ = 44_100

#: The notes whose pitch is to be found.
LOWEST_MIDI, HIGHEST_MIDI = 24, 100

#: Length of the period that harmonic sounds are read from, long beside its highest harmonic.
TABLE_SAMPLES = 1 << 16

#: Partials above this are not made, so that none folds back.
HIGHEST_PARTIAL_HZ = 20_000.0


@dataclass(frozen=True)
class KnownSound:
    """A sound, and the pitch that it has by construction.

    Args:
        source: which model or engine made it.
        name: what it is, to be found again.
        region: the sound.
        hz: its pitch; for a sound without one (drum, speech), where it lies about.
        tonal: whether ``hz`` is a pitch that can be heard.
    """

    source: str
    name: str
    region: AudioRegion
    hz: float
    tonal: bool = True

    @property
    def midi(self) -> float:
        """The pitch as a MIDI note with fraction."""
        return midi_of(self.hz)


def hz_of(midi: float) -> float:
    """Return the frequency of a MIDI note; the inverse of ``midi_of``."""
    return 440 * 2 ** ((midi - 69) / 12)


def known_sound(
    source: str, name: str, sound: FloatArray, hz: float, *, peak: float = 0.5, tonal: bool = True
) -> KnownSound:
    """Return a sound ``(samples,)`` or ``(2, samples)`` at 44.1 kHz as stereo of the given peak."""
    audio = np.broadcast_to(sound, (2, sound.shape[-1])) * (peak / np.abs(sound).max())
    return KnownSound(source, name, AudioRegion(audio.astype(np.float32), RATE_HZ, name), hz, tonal)


def times(rng: Generator, shortest_s: float = 0.3, longest_s: float = 4.0) -> FloatArray:
    """Return the times of the samples of a sound whose length is drawn, ``(samples,)``, s."""
    return np.arange(round(rng.uniform(shortest_s, longest_s) * RATE_HZ)) / RATE_HZ


def envelope(times_s: FloatArray, rng: Generator) -> FloatArray:
    """Return a pluck, a held note or a swell, ``(samples,)``, 0..1."""
    attack_s, release_s = rng.choice([0.003, 0.02, 0.2]), rng.choice([0.02, 0.1])
    decay_s = rng.choice([0.1, 0.4, 1.5, 1e6])
    end_s = times_s[-1]
    shape: FloatArray = np.minimum(1, times_s / attack_s) * np.exp(-times_s / decay_s)
    heard: FloatArray = shape * np.clip((end_s - times_s) / release_s, 0, 1)
    return heard


def harmonics(track_hz: FloatArray, levels: FloatArray, rng: Generator) -> FloatArray:
    """Sum harmonics 1, 2, ... of a moving fundamental, as far as they stay in the band."""
    kept = levels[: int(HIGHEST_PARTIAL_HZ / track_hz.max())]
    spectrum = np.zeros(TABLE_SAMPLES // 2 + 1, np.complex128)
    spectrum[1 : len(kept) + 1] = kept * np.exp(2j * np.pi * rng.random(len(kept)))
    period = np.fft.irfft(spectrum) * TABLE_SAMPLES
    place = np.cumsum(track_hz) / RATE_HZ % 1.0 * TABLE_SAMPLES
    sound: FloatArray = np.interp(place, np.arange(TABLE_SAMPLES), period, period=TABLE_SAMPLES)
    return sound


def falling(hz: float, tilt: float) -> FloatArray:
    """Return harmonic levels that fall off by a power of the number, as far as is audible."""
    levels: FloatArray = np.arange(1, max(2, int(HIGHEST_PARTIAL_HZ / hz)) + 1) ** -tilt
    return levels[:200]


def _held(hz: float, levels: FloatArray, rng: Generator) -> FloatArray:
    times_s = times(rng)
    return harmonics(np.full_like(times_s, hz), levels, rng) * envelope(times_s, rng)


def saw(hz: float, rng: Generator) -> FloatArray:
    """All harmonics, dark to bright."""
    levels = falling(hz, rng.uniform(0.5, 2.0))
    return _held(hz, levels * rng.uniform(0.2, 1.0, len(levels)), rng)


def hollow(hz: float, rng: Generator) -> FloatArray:
    """Odd harmonics alone, as of a square wave or a clarinet."""
    levels = falling(hz, rng.uniform(0.5, 2.0))
    levels[1::2] = 0
    return _held(hz, levels, rng)


def sine(hz: float, rng: Generator) -> FloatArray:
    """One partial."""
    return _held(hz, np.ones(1), rng)


def missing_fundamental(hz: float, rng: Generator) -> FloatArray:
    """Harmonics from the second, third or fourth on."""
    levels = falling(hz, rng.uniform(0.3, 1.0))[:12]
    levels[: rng.integers(1, 4)] = 0
    return _held(hz, levels, rng)


def resonance(hz: float, rng: Generator) -> FloatArray:
    """A saw whose resonant filter lifts one of the harmonics 2 to 9 by 6 to 18 dB."""
    levels, centre = falling(hz, 1.0), rng.uniform(2, 9)
    numbers = np.arange(1, len(levels) + 1)
    levels *= np.where(numbers < centre, 1.0, (centre / numbers) ** 2)
    levels *= 1 + (10 ** (rng.uniform(6, 18) / 20) - 1) * np.exp(-(((numbers - centre) / 0.6) ** 2))
    return _held(hz, levels, rng)


def vowel(hz: float, rng: Generator) -> FloatArray:
    """A pulse train through three formants."""
    levels = falling(hz, 1.0)
    partials_hz = hz * np.arange(1, len(levels) + 1)
    formants = [(rng.uniform(300, 800), 80), (rng.uniform(900, 2200), 120), (2700, 200)]
    gain = sum(1 / (1 + ((partials_hz - f) / width) ** 2) for f, width in formants)
    return _held(hz, levels * (0.02 + gain), rng)


def organ(hz: float, rng: Generator) -> FloatArray:
    """Drawbars: harmonics 1, 2, 3, 4, 6, 8 in any mixture, the first never out."""
    levels = np.zeros(8)
    levels[[0, 1, 2, 3, 5, 7]] = rng.uniform(0, 1, 6)
    levels[0] = max(levels[0], 0.3)
    return _held(hz, levels, rng)


def frequency_modulation(hz: float, rng: Generator) -> FloatArray:
    """Two operators in the ratio 1:1, 1:2 or 2:1, with a falling index."""
    times_s = times(rng)
    carrier, modulator = [(1, 1), (1, 2), (2, 1)][rng.integers(3)]
    index = rng.uniform(0.5, 4) * np.exp(-times_s / rng.uniform(0.2, 3))
    index *= min(1.0, 4_000 / hz)
    phase = 2 * np.pi * hz * times_s
    sound: FloatArray = np.sin(carrier * phase + index * np.sin(modulator * phase))
    return sound * envelope(times_s, rng)


def vibrato(hz: float, rng: Generator) -> FloatArray:
    """A saw that swings by up to a semitone to both sides."""
    times_s = times(rng, 1.0)
    depth_cents, rate_hz = rng.uniform(15, 100), rng.uniform(4, 7)
    swing = np.sin(2 * np.pi * rate_hz * times_s) * np.minimum(1, times_s / 0.3)
    levels = falling(hz, rng.uniform(0.5, 2.0))
    track_hz: FloatArray = hz * 2 ** (depth_cents / 1200 * swing)
    return harmonics(track_hz, levels, rng) * envelope(times_s, rng)


def glide(hz: float, rng: Generator) -> FloatArray:
    """A saw that arrives from up to an octave away within the first third."""
    times_s = times(rng, 1.5)
    left = np.clip(1 - times_s / (times_s[-1] * rng.uniform(0.05, 0.33)), 0, 1)
    levels = falling(hz, rng.uniform(0.5, 2.0))
    held = np.minimum(1, times_s / 0.005) * np.clip((times_s[-1] - times_s) / 0.05, 0, 1)
    heard: FloatArray = harmonics(hz * 2 ** (rng.uniform(-1, 1) * left), levels, rng) * held
    return heard


def detuned_saws(hz: float, rng: Generator) -> FloatArray:
    """Three to seven saws, spread evenly over up to 60 cents."""
    times_s = times(rng, 0.8)
    count, width_cents = rng.integers(3, 8), rng.uniform(10, 60)
    sound = np.zeros_like(times_s)
    for offset in np.linspace(-width_cents / 2, width_cents / 2, count):
        track_hz = np.full_like(times_s, hz * 2 ** (offset / 1200))
        sound += harmonics(track_hz, falling(hz, 1.0)[:40], rng)
    return sound * envelope(times_s, rng)


def breathy(hz: float, rng: Generator) -> FloatArray:
    """A saw in white noise that is 6 to 20 dB weaker."""
    times_s = times(rng)
    tone = harmonics(np.full_like(times_s, hz), falling(hz, 1.5), rng)
    noise = rng.standard_normal(len(times_s)) * tone.std() * 10 ** (-rng.uniform(6, 20) / 20)
    heard: FloatArray = (tone + noise) * envelope(times_s, rng)
    return heard


def pulse_width(hz: float, rng: Generator) -> FloatArray:
    """A pulse whose width moves between 10% and 90%."""
    times_s = times(rng)
    middle, rate_hz = rng.uniform(0.3, 0.7), rng.uniform(0.2, 3.0)
    width = middle + 0.2 * np.sin(2 * np.pi * rate_hz * times_s)
    phase = 2 * np.pi * hz * times_s
    sound = np.zeros_like(times_s)
    for number, level in enumerate(falling(hz, 1.0)[:60], start=1):
        sound += level * (np.sin(number * phase) - np.sin(number * (phase + 2 * np.pi * width)))
    return sound * envelope(times_s, rng)


def driven(hz: float, rng: Generator) -> FloatArray:
    """A dark saw driven into hard clipping, then faded."""
    times_s = times(rng)
    tone = harmonics(np.full_like(times_s, hz), falling(hz, 1.5), rng)
    heard: FloatArray = np.clip(tone * rng.uniform(1, 8), -1, 1) * envelope(times_s, rng)
    return heard


def in_a_room(hz: float, rng: Generator) -> FloatArray:
    """A pluck with a reverb of one to three seconds."""
    times_s = np.arange(4 * RATE_HZ) / RATE_HZ
    tone = harmonics(np.full_like(times_s, hz), falling(hz, rng.uniform(0.5, 2.0)), rng)
    tail = rng.standard_normal(len(times_s)) * np.exp(-times_s * 6.9 / rng.uniform(1, 3))
    tail *= rng.uniform(0.05, 0.3) / np.sqrt(np.square(tail).sum())
    tail[0] += 1.0
    heard: FloatArray = fftconvolve(tone * np.exp(-times_s / 0.3), tail)[: len(times_s)]
    return heard


def blip(hz: float, rng: Generator) -> FloatArray:
    """A saw of 60 to 200 ms, at least eight periods."""
    shortest_s = max(8 / hz, 0.06)
    times_s = times(rng, shortest_s, max(shortest_s, 0.2))
    edges = np.minimum(1, np.minimum(times_s, times_s[-1] - times_s) / 0.005)
    tone = harmonics(np.full_like(times_s, hz), falling(hz, rng.uniform(0.5, 2.0)), rng)
    heard: FloatArray = tone * edges
    return heard


#: Each model, its name in a table, and its lowest and highest note where it has others than all.
MODELS: tuple[tuple[str, Model, float, float], ...] = (
    *((model.__name__.replace("_", " "), model, LOWEST_MIDI, HIGHEST_MIDI)
      for model in (saw, hollow, sine, resonance, organ, frequency_modulation, vibrato, glide,
                    detuned_saws, breathy, pulse_width, driven, in_a_room, blip)),
    ("sub sine", sine, 22.5, 30.0),
    ("whistle", sine, 100.0, 120.0),
    ("missing fundamental", missing_fundamental, 28.0, 88.0),
    ("vowel", vowel, 36.0, 72.0),
)  # fmt: skip


def model_sounds(seed: int, each: int) -> Iterator[KnownSound]:
    """Yield ``each`` sounds of every model, over the whole range of notes and off the grid."""
    for place, (name, model, low, high) in enumerate(MODELS):
        rng = np.random.default_rng([seed, place])
        for number, midi in enumerate(np.linspace(low, high, each)):
            hz = hz_of(float(np.clip(midi + rng.uniform(-0.5, 0.5), low, high)))
            label = f"{name} {number} at {hz:.1f} Hz"
            yield known_sound(name, label, model(hz, rng), hz, peak=0.1 + 0.8 * rng.random())
