"""From a sound file to the four seconds that are matched.

file -> ``load_region`` -> AudioRegion at 44.1 kHz, stereo, at most 4 s -> ``fit_window`` ->
``(2, 176400)`` for the network and the metrics. Everything done to the sound on the way is told in
the region's remarks. Files that are cut off are refused, not matched in part: decoders would fill
the missing rest with silence, and a silent rest is a property of a sound.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.audio.channels import whole_sound
from backend.audio.character import CLIPPED, is_clipped
from backend.audio.decoder import SoundReader, guarded, open_sound
from backend.audio.faults import shown, unusable
from backend.audio.limits import MIN_DURATION_S
from backend.audio.onset import (
    DIGITAL_SILENCE_DB,
    SILENCE_DB,
    LevelMeter,
    first_onset,
    onset_after_tail,
)
from backend.audio.resample import resample
from backend.errors import AudioError
from backend.records import Audio, AudioRegion

SAMPLE_RATE_HZ = 44_100
WINDOW_S = 4.0
WINDOW_SAMPLES = 176_400

#: What is kept before the onset, so that an attack keeps its beginning.
PRE_ONSET_S = 0.05

#: The loudest moment, which the onset is measured against, is looked for until this long after
#: the first clearly audible second (a room's noise is below that); a long file is not read to its
#: end.
LOOK_AHEAD_S = 30.0
CLEARLY_AUDIBLE_DB = -50.0

#: A constant offset smaller than this share of the window's peak is left alone.
OFFSET_LIMIT = 0.01

#: Louder than this, full scale cannot have been 1.0 (for instance 16 bit values in a float file).
PEAK_LIMIT = 8.0

#: Resampling looks this many samples ahead; they are read beyond the window where there are any.
RESAMPLER_TAIL_SAMPLES = 256


@dataclass(frozen=True)
class _Window:
    """The stretch to use, at the file's own rate.

    Args:
        audio: ``(1 or 2, samples)``, the window and the few samples after it that there are.
        samples: how many of them are the window.
        offset: the constant offset to take away, ``(channels, 1)``.
        remarks: how the window was chosen.
    """

    audio: Audio
    samples: int
    offset: Audio
    remarks: tuple[str, ...] = ()


def load_region(path: str | os.PathLike[str], *, start_s: float | None = None) -> AudioRegion:
    """Read the stretch of a sound file that is to be matched.

    Of a sound longer than 4 s the window begins 50 ms before its first onset, and leading silence
    of a shorter one is dropped in the same way. The onset is the first 10 ms whose level is within
    30 dB of the loudest; "loudest" means until 30 s after the first clearly audible second. A
    recording longer than 4 s may begin in the tail of an earlier sound: that is passed over. A
    silent channel gets the other's sound, and channels that cancel out are made to add up.

    Args:
        path: a wav, flac, aiff, ogg (Vorbis) or mp3 file; 8 to 192 kHz, 50 ms to 10 min.
        start_s: where the window begins instead, seconds from the beginning of the file.

    Returns:
        44,100 Hz, stereo float32 ``(2, samples)``, at most 176,400 samples, without offset.

    Raises:
        AudioError: the file is missing, unreadable, cut off, not a sound, outside the limits,
            silent, constant, or holds NaN or infinity; or ``start_s`` is outside the sound.
    """
    file_path = Path(path)
    with open_sound(file_path) as reader:
        window = (
            _window_at_onset(file_path, reader)
            if start_s is None
            else _window_at(file_path, reader, start_s)
        )
        audio, remade = whole_sound(window.audio - window.offset)
        remarks = list(window.remarks)
        if reader.channels > 2:
            remarks.insert(0, f"Mixed {reader.channels} channels down to one, heard on both sides.")
        offset = float(np.abs(window.offset).max())
        if offset > 0:
            remarks.append(f"Took away a constant offset of {offset:.3f}.")
        if remade:
            remarks.append(remade)
        if is_clipped(window.audio):
            remarks.append(CLIPPED)
        peak = float(np.abs(audio).max())
        if peak > PEAK_LIMIT:
            audio = audio / np.float32(peak)
            remarks.append(f"Scaled down from a peak of {peak:.3g} to 1.")
        resampled = guarded(
            file_path, lambda: resample(audio, from_hz=reader.sample_rate_hz, to_hz=SAMPLE_RATE_HZ)
        )
        if reader.sample_rate_hz != SAMPLE_RATE_HZ:
            remarks.append(f"Resampled from {reader.sample_rate_hz:,} Hz to 44,100 Hz.")
    length = min(WINDOW_SAMPLES, round(window.samples * SAMPLE_RATE_HZ / reader.sample_rate_hz))
    stereo = np.zeros((2, length), dtype=np.float32)
    kept = resampled[:, :length]
    stereo[:, : kept.shape[1]] = kept
    loudest = float(np.abs(stereo).max())
    if loudest < 10 ** (SILENCE_DB / 20):
        found = "holds nothing that can be heard below 22 kHz"
        raise unusable(file_path, found, "choose another sound, or another start.")
    return AudioRegion(stereo, SAMPLE_RATE_HZ, shown(Path(file_path.stem)), tuple(remarks))


def fit_window(region: AudioRegion) -> Audio:
    """Return a region as exactly 4 s of stereo: silence is added at the end, or the end cut.

    Args:
        region: 44,100 Hz, mono or stereo.

    Returns:
        float32 ``(2, 176400)``.
    """
    assert region.sample_rate_hz == SAMPLE_RATE_HZ, region.sample_rate_hz
    assert region.audio.shape[0] in (1, 2), region.audio.shape
    window = np.zeros((2, WINDOW_SAMPLES), dtype=np.float32)
    kept = region.audio[:, :WINDOW_SAMPLES]
    window[:, : kept.shape[1]] = kept
    return window


def _window_at_onset(path: Path, reader: SoundReader) -> _Window:
    meter = LevelMeter(reader.sample_rate_hz)
    heard_from: int | None = None
    position = 0
    for block in reader.blocks(start=0, stop=reader.frames):
        meter.add(block)
        position += block.shape[-1]
        if heard_from is None and meter.latest_db() > CLEARLY_AUDIBLE_DB:
            heard_from = position
        look_ahead = LOOK_AHEAD_S * reader.sample_rate_hz
        if heard_from is not None and position - heard_from > look_ahead:
            break
    meter.finish()
    if position == 0:
        raise _undecodable(path)
    levels_db = meter.levels_db()
    find_onset = onset_after_tail if reader.duration_s > WINDOW_S else first_onset
    onset_frame = find_onset(levels_db)
    if onset_frame is None:
        raise _nothing_heard(path, float(levels_db.max()), float(np.abs(meter.offset).max()))
    before = round(PRE_ONSET_S * reader.sample_rate_hz)
    start = max(0, onset_frame * meter.frame_samples - before)
    stop = min(reader.frames, start + math.ceil(WINDOW_S * reader.sample_rate_hz))
    start_s = start / reader.sample_rate_hz
    remarks: tuple[str, ...] = ()
    if reader.duration_s > WINDOW_S:
        taken_s = (stop - start) / reader.sample_rate_hz
        remarks = (
            f"Used {taken_s:.2f} s from {start_s:.2f} s on, the first onset, of "
            f"{reader.duration_s:.2f} s (--start chooses another place).",
        )
    elif start > 0:
        remarks = (f"Dropped {start_s:.2f} s of silence at the beginning.",)
    audio = _read(path, reader, start=start, stop=stop)
    return _Window(audio, stop - start, _offset_to_remove(meter, audio), remarks)


def _window_at(path: Path, reader: SoundReader, start_s: float) -> _Window:
    latest_s = reader.duration_s - MIN_DURATION_S
    if not 0 <= start_s <= latest_s:
        found = f"lasts {reader.duration_s:.2f} s and cannot be used from {start_s:g} s on"
        raise unusable(path, found, f"choose a start from 0 to {max(0.0, latest_s):.2f} s.")
    rate_hz = reader.sample_rate_hz
    start = round(start_s * rate_hz)
    stop = min(reader.frames, start + math.ceil(WINDOW_S * rate_hz))
    audio = _read(path, reader, start=start, stop=stop)
    meter = LevelMeter(rate_hz)
    meter.add(audio[:, : stop - start])
    meter.finish()
    levels_db = meter.levels_db()
    if first_onset(levels_db) is None:
        raise _nothing_heard(path, float(levels_db.max()), float(np.abs(meter.offset).max()))
    taken_s = (stop - start) / rate_hz
    remark = (
        f"Used {taken_s:.2f} s from {start_s:.2f} s on, as chosen, of {reader.duration_s:.2f} s."
    )
    remarks = (remark,) if stop - start < reader.frames else ()
    return _Window(audio, stop - start, _offset_to_remove(meter, audio), remarks)


def _offset_to_remove(meter: LevelMeter, audio: Audio) -> Audio:
    offset = meter.offset
    counts = np.abs(offset).max() > OFFSET_LIMIT * np.abs(audio).max()
    return (offset if counts else np.zeros_like(offset)).astype(np.float32)


def _nothing_heard(path: Path, loudest_db: float, offset: float) -> AudioError:
    if offset > 10 ** (SILENCE_DB / 20):
        found = f"holds a constant offset of {offset:.3g} and no sound"
        return unusable(path, found, "check the recording, or choose another start.")
    if loudest_db <= DIGITAL_SILENCE_DB:
        return unusable(
            path,
            "holds only zeros: it is silent or damaged",
            "export it again, or choose another start.",
        )
    found = f"is silent (loudest 10 ms at {loudest_db:.0f} dB, {SILENCE_DB:.0f} dB are needed)"
    return unusable(path, found, "turn it up, or choose another start.")


def _undecodable(path: Path) -> AudioError:
    return unusable(path, "holds no samples that can be decoded", "export it again.")


def _read(path: Path, reader: SoundReader, *, start: int, stop: int) -> Audio:
    """Return the samples from ``start`` to a little after ``stop``, ``(1 or 2, samples)``."""
    blocks = list(
        reader.blocks(start=start, stop=min(reader.frames, stop + RESAMPLER_TAIL_SAMPLES))
    )
    if not blocks:
        raise _undecodable(path)
    return np.concatenate(blocks, axis=1)
