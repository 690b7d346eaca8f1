"""Makes the target set *foreign*: sounds that no Surge XT made, as a folder that evaluate reads.

    python -m training.foreign_sounds --out TARGETS/foreign
    python -m training.evaluate --targets TARGETS/foreign --match

Models of strings, bars, bells, pipes, drums, an electric piano and a horn are always there; vita,
csound and espeak-ng add theirs where they are installed. The same seed makes the same set.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from backend.audio.files import write_wav
from backend.audio.region import fit_window
from backend.errors import SynthmatchError
from backend.files import write_whole
from backend.records import AudioRegion
from training.pitch_engines import csound_sounds, espeak_sounds, spoken, vita_sounds
from training.pitch_models import (
    HIGHEST_PARTIAL_HZ,
    RATE_HZ,
    FloatArray,
    Generator,
    KnownSound,
    falling,
    harmonics,
    hz_of,
    known_sound,
    times,
)

#: Modes of a free bar, of a church bell, and of a drum's skin, as ratios to the pitch.
BAR = (1.0, 2.756, 5.404, 8.933)
BELL = (0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 2.66, 3.01, 4.1, 5.4)
SKIN = (1.0, 1.593, 2.136, 2.296, 2.653, 2.918, 3.156)


def plucked_string(hz: float, rng: Generator) -> FloatArray:
    """Karplus and Strong's string: noise in a delay of one period, read between two samples."""
    samples = round(rng.uniform(0.3, 4.0) * RATE_HZ)
    period = RATE_HZ / hz
    whole = int(period)
    share = period - whole
    keep = 10 ** (-3 * period / RATE_HZ / rng.uniform(0.3, 3.0))  # -60 dB after that many seconds
    loop = np.zeros(whole + 2)
    loop[0], loop[whole], loop[whole + 1] = 1.0, -keep * (1 - share), -keep * share
    pick = np.zeros(samples)
    pick[:whole] = rng.uniform(-1, 1, whole)
    string = lfilter([1.0], loop, pick - pick[:whole].mean() * (pick != 0))
    brightness = rng.uniform(0.2, 0.9)
    heard: FloatArray = lfilter([brightness], [1.0, brightness - 1.0], string)
    return heard


def stiff_string(hz: float, rng: Generator) -> FloatArray:
    """Partials stretched as on a piano, up to a semitone sharp at the twelfth."""
    times_s = times(rng, 0.4)
    stiffness, decay_s = rng.uniform(1e-4, 8e-4), rng.uniform(0.5, 3.0)
    numbers = np.arange(1, 25)
    ratios = numbers * np.sqrt((1 + stiffness * numbers**2) / (1 + stiffness))
    levels = rng.uniform(0.3, 1, len(numbers)) / numbers
    return _modes(hz, times_s, ratios, levels, decay_s / numbers**0.7, rng)


def struck_bar(hz: float, rng: Generator) -> FloatArray:
    """A free bar, as of a glockenspiel: the higher a mode the shorter."""
    times_s, ratios = times(rng, 0.4), np.array(BAR)
    levels = np.append(1.0, rng.uniform(0.2, 1.0, len(BAR) - 1))
    return _modes(hz, times_s, ratios, levels, rng.uniform(0.3, 1.5) / ratios, rng)


def bell(hz: float, rng: Generator) -> FloatArray:
    """A church bell: hum, strike note, minor third, fifth and above, each mode beating slowly."""
    times_s = times(rng, 2.5)
    ratios = np.repeat(BELL, 2)
    ratios = ratios * (1 + np.tile([0, 1], len(BELL)) * rng.uniform(0, 3, len(ratios)) / hz)
    levels = rng.uniform(0.3, 1.0, len(ratios)) / ratios**0.5
    return _modes(hz, times_s, ratios, levels, rng.uniform(1, 4) / ratios, rng)


def blown_pipe(hz: float, rng: Generator) -> FloatArray:
    """Breath in an open or stopped pipe: slow harmonics, and noise that rings in it."""
    times_s = times(rng, 0.8)
    stopped = rng.random() < 0.5
    levels = falling(hz, rng.uniform(1.5, 2.5))[:12]
    levels[1::2] *= 0.05 if stopped else 1.0
    swing = 0.004 * np.sin(2 * np.pi * rng.uniform(4, 6) * times_s) * np.minimum(1, times_s / 0.5)
    tone = harmonics(hz * 2**swing, levels, rng) * (1 - np.exp(-times_s / rng.uniform(0.02, 0.1)))
    period = round(RATE_HZ / hz)
    loop = np.zeros(period + 1)
    loop[0], loop[period] = 1.0, -0.97
    breath = lfilter([0.05], loop, rng.standard_normal(len(times_s)))
    chiff = 1 + 4 * np.exp(-times_s / 0.04)
    ends = np.minimum(1, np.minimum(times_s / 0.03, (times_s[-1] - times_s) / 0.08))
    sound: FloatArray = (tone + rng.uniform(0.05, 0.25) * chiff * breath) * ends
    return sound


def electric_piano(hz: float, rng: Generator) -> FloatArray:
    """Two FM pairs, a soft body and a bright tine that dies first, in a slow tremolo."""
    times_s = times(rng, 0.8)
    decay_s, phase = rng.uniform(0.5, 2.0), 2 * np.pi * hz * times_s
    body = np.sin(phase + rng.uniform(0.5, 2) * np.exp(-times_s / decay_s) * np.sin(phase))
    index = rng.uniform(0.3, 1.5) * np.exp(-times_s / 0.15)
    ratio = min(14.0, np.floor(HIGHEST_PARTIAL_HZ / hz) - 2)
    tine = np.sin(phase + index * np.sin(ratio * phase)) * np.exp(-times_s / 0.4)
    tremolo = 1 + rng.uniform(0, 0.3) * np.sin(2 * np.pi * 5 * times_s)
    ends = np.minimum(1, np.minimum(times_s / 0.003, (times_s[-1] - times_s) / 0.1))
    sound: FloatArray = (body + 0.4 * tine) * np.exp(-times_s / decay_s) * tremolo * ends
    return sound


def horn(hz: float, rng: Generator) -> FloatArray:
    """A brass tone: the louder the brighter, with a slide into the note."""
    times_s = times(rng, 0.8)
    loud = np.minimum(1, times_s / rng.uniform(0.05, 0.25))
    loud *= np.clip((times_s[-1] - times_s) / 0.15, 0, 1) * (1 - 0.2 * np.minimum(1, times_s))
    track_hz = hz * 2 ** (-0.05 * np.exp(-times_s / 0.03))
    soft, bright = (harmonics(track_hz, falling(hz, tilt), rng) for tilt in (2.5, 0.8))
    sound: FloatArray = loud * soft / soft.std() + loud**3 * bright / bright.std()
    return sound


def drum(hz: float, rng: Generator) -> FloatArray:
    """A struck skin whose pitch falls, and the noise of the stroke or of snares."""
    times_s, ratios = times(rng, 0.3, 1.2), np.array(SKIN)
    bent_s = times_s + rng.uniform(0.005, 0.03) * (1 - np.exp(-times_s / 0.03))
    levels = rng.uniform(0.2, 1, len(ratios)) / ratios
    skin = _modes(hz, bent_s, ratios, levels, rng.uniform(0.08, 0.3) / ratios, rng)
    noise = rng.standard_normal(len(times_s)) * np.exp(-times_s / rng.uniform(0.01, 0.15))
    sound: FloatArray = skin / np.abs(skin).max() + rng.uniform(0.05, 0.6) * noise
    heard: FloatArray = sound * np.clip((times_s[-1] - times_s) / 0.05, 0, 1)
    return heard


def _modes(
    hz: float,
    times_s: FloatArray,
    ratios: FloatArray,
    levels: FloatArray,
    decays_s: FloatArray,
    rng: Generator,
) -> FloatArray:
    """Sum modes that die away, each with a phase of its own."""
    sound = np.zeros_like(times_s)
    for ratio, level, decay_s in zip(ratios, levels, decays_s, strict=True):
        phase = rng.uniform(0, 2 * np.pi)
        if ratio * hz < HIGHEST_PARTIAL_HZ:
            mode = np.sin(2 * np.pi * ratio * hz * times_s + phase)
            sound += level * mode * np.exp(-times_s / decay_s)
    heard: FloatArray = sound * np.minimum(1, times_s / 0.002)
    return heard


#: Each model, its lowest and highest note, and whether its frequency is its pitch.
MODELS = (
    (plucked_string, 28, 88, True),
    (stiff_string, 28, 96, True),
    (struck_bar, 48, 100, True),
    (blown_pipe, 48, 90, True),
    (electric_piano, 36, 90, True),
    (horn, 40, 80, True),
    (bell, 55, 84, False),  # which of its modes is heard as its note is a matter of taste
    (drum, 32, 60, False),
)


def physical_sounds(seed: int, each: int) -> Iterator[KnownSound]:
    """Yield ``each`` sounds of every model, over its range of notes and off the grid."""
    for place, (model, low, high, tonal) in enumerate(MODELS):
        rng = np.random.default_rng([seed, 7_000, place])
        name = model.__name__.replace("_", " ")
        for number, midi in enumerate(np.linspace(low, high, each)):
            hz = hz_of(float(np.clip(midi + rng.uniform(-3, 3), low, high)))
            label = f"{name} {number} at {hz:.1f} Hz"
            peak = 0.1 + 0.8 * rng.random()
            yield known_sound(name, label, model(hz, rng), hz, peak=peak, tonal=tonal)


def foreign_sounds(seed: int, each: int) -> Iterator[KnownSound]:
    """Yield the set: ``each`` of every model, twice as many of every engine that is installed."""
    yield from physical_sounds(seed, each)
    for engine in (vita_sounds, csound_sounds, espeak_sounds):
        yield from engine(seed, 2 * each)
    yield from spoken(seed, each)


def write_set(folder: Path, sounds: Iterable[KnownSound]) -> int:
    """Write sounds as a folder of targets (``training.targets``), 4 s each; return how many.

    Raises:
        OutputError: the folder cannot be written.
    """
    items = []
    for number, sound in enumerate(sounds):
        file = f"{number:03}.wav"
        whole = AudioRegion(fit_window(sound.region), RATE_HZ, sound.name)
        write_wav(folder / file, whole, bits=24)
        items.append(
            {"file": file, "source": sound.source, "name": sound.name, "hz": sound.hz}
            | {"tonal": sound.tonal, "pitch": min(127, max(0, round(sound.midi)))}
            | {"note_on": 0.0, "note_off": min(4.0, sound.region.duration_s)}
        )
    index = json.dumps({"sample_rate": RATE_HZ, "items": items}, indent=1)
    write_whole(folder / "index.json", index.encode())
    return len(items)


def main(argv: list[str] | None = None) -> int:
    """Make the set from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder, made if needed")
    parser.add_argument("--seed", type=int, default=0, help="other sounds of the same kinds")
    parser.add_argument("--each", type=int, default=4, help="sounds of each model")
    a = parser.parse_args(argv)
    if a.each < 1 or a.seed < 0:
        parser.error("--each must be 1 or more, --seed 0 or more")
    try:
        a.out.mkdir(parents=True, exist_ok=True)
        count = write_set(a.out, foreign_sounds(a.seed, a.each))
    except (OSError, SynthmatchError) as error:
        parser.exit(2, f"foreign_sounds: {error}\n")
    print(f"{count} sounds in {a.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
