"""From a file to the four seconds that are matched."""

from __future__ import annotations

import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from backend.audio.region import WINDOW_SAMPLES, fit_window, load_region
from backend.errors import AudioError
from backend.records import Audio, AudioRegion

Tone = Callable[..., Audio]
Bytes = Callable[..., bytes]
Save = Callable[..., Path]

RATE_HZ = 44_100


def silence(seconds: float, *, rate_hz: int = RATE_HZ, channels: int = 2) -> Audio:
    return np.zeros((channels, round(seconds * rate_hz)), dtype=np.float32)


def join(*parts: Audio) -> Audio:
    return np.concatenate(parts, axis=1)


def loudest_hz(audio: Audio) -> float:
    spectrum = np.abs(np.fft.rfft(audio[0] * np.hanning(audio.shape[1])))
    return float(np.argmax(spectrum)) * RATE_HZ / audio.shape[1]


def test_a_plain_short_sound_passes_untouched(tone: Tone, save: Save) -> None:
    audio = tone(1.5)
    region = load_region(save(audio, "my pad.wav"))
    assert_array_equal(region.audio, audio)
    assert region.audio.dtype == np.float32
    assert (region.sample_rate_hz, region.name, region.remarks) == (RATE_HZ, "my pad", ())


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff", "ogg", "mp3"])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_is_read(
    kind: str, channels: int, tone: Tone, encoded: Bytes, save: Save
) -> None:
    audio = tone(1.0, channels=channels)
    region = load_region(save(encoded(audio, kind), f"tone.{kind}"))
    assert region.audio.shape[0] == 2
    assert 1.0 <= region.duration_s < 1.06  # MP3 adds silence at both ends
    assert loudest_hz(region.audio) == pytest.approx(440, abs=1)
    assert np.abs(region.audio).max() == pytest.approx(0.4, rel=0.1)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 48_000, 96_000, 192_000])
def test_every_sample_rate_comes_out_at_44_1_khz(rate_hz: int, tone: Tone, save: Save) -> None:
    region = load_region(save(tone(0.8, rate_hz=rate_hz), rate_hz=rate_hz))
    assert region.audio.shape == (2, round(0.8 * RATE_HZ))
    assert region.remarks == (f"Resampled from {rate_hz:,} Hz to 44,100 Hz.",)
    # In step, to a sample, with the same tone made at 44.1 kHz: its steepest step is 0.025.
    assert_allclose(region.audio[:, 2000:-2000], tone(0.8)[:, 2000:-2000], atol=0.025)


def test_more_channels_are_mixed_down_and_said(tone: Tone, save: Save) -> None:
    audio = tone(0.5, channels=6)
    region = load_region(save(audio))
    assert_allclose(region.audio, np.repeat(audio.mean(axis=0, keepdims=True), 2, 0), atol=1e-6)
    assert region.remarks == ("Mixed 6 channels down to one, heard on both sides.",)


def test_mono_is_heard_on_both_sides(tone: Tone, save: Save) -> None:
    audio = tone(0.5, channels=1)
    region = load_region(save(audio))
    assert_array_equal(region.audio, np.repeat(audio, 2, axis=0))
    assert region.remarks == ()


def test_leading_silence_is_dropped_but_for_50_ms(tone: Tone, save: Save) -> None:
    region = load_region(save(join(silence(1.0), tone(1.0))))
    assert region.audio.shape == (2, round(1.05 * RATE_HZ))
    assert np.abs(region.audio[:, : round(0.05 * RATE_HZ)]).max() == 0.0
    assert_array_equal(region.audio[:, round(0.05 * RATE_HZ) :], tone(1.0))
    assert region.remarks == ("Dropped 0.95 s of silence at the beginning.",)


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff", "ogg", "mp3"])
def test_of_a_long_sound_the_window_at_the_first_onset_is_used(
    kind: str, tone: Tone, encoded: Bytes, save: Save
) -> None:
    audio = join(silence(5.0), tone(6.0, hz=880), tone(4.0))
    region = load_region(save(encoded(audio, kind)))
    assert region.audio.shape == (2, WINDOW_SAMPLES)
    assert loudest_hz(region.audio) == pytest.approx(880, abs=1)
    assert np.abs(region.audio[:, :1000]).max() < 0.01 < np.abs(region.audio[:, 5000:]).max()
    assert len(region.remarks) == 1
    assert "Used 4.00 s from 4.9" in region.remarks[0]
    assert "the first onset" in region.remarks[0]
    assert "--start" in region.remarks[0]


def test_room_noise_before_the_sound_is_no_onset(tone: Tone, save: Save) -> None:
    noise = np.random.default_rng(1).normal(0, 0.001, (2, 60 * 8_000)).astype(np.float32)
    noise[:, 50 * 8_000 : 51 * 8_000] += tone(1.0, rate_hz=8_000)
    region = load_region(save(noise, rate_hz=8_000))
    assert "from 49.95 s on" in region.remarks[0]


def test_start_chooses_the_window(tone: Tone, save: Save) -> None:
    audio = join(tone(5.0), tone(5.0, hz=880))
    region = load_region(save(audio), start_s=5.0)
    assert_array_equal(region.audio, audio[:, 5 * RATE_HZ : 9 * RATE_HZ])
    assert region.remarks == ("Used 4.00 s from 5.00 s on, as chosen, of 10.00 s.",)
    near_end = load_region(save(audio), start_s=9.5)
    assert_array_equal(near_end.audio, audio[:, round(9.5 * RATE_HZ) :])


@pytest.mark.parametrize("start_s", [-0.1, 1.96, 2.0, 1e9, float("nan"), float("inf")])
def test_a_start_outside_the_sound_is_refused(start_s: float, tone: Tone, save: Save) -> None:
    with pytest.raises(AudioError, match=r"lasts 2.00 s .* choose a start from 0 to 1.95 s"):
        load_region(save(tone(2.0)), start_s=start_s)


def test_a_window_is_not_cut_short_by_resampling(tone: Tone, save: Save) -> None:
    audio = tone(6.0, rate_hz=48_000)
    region = load_region(save(audio, rate_hz=48_000), start_s=1.0)
    assert region.audio.shape == (2, WINDOW_SAMPLES)
    assert np.abs(region.audio[:, -100:]).max() > 0.3


def test_an_offset_is_taken_away_and_said(tone: Tone, save: Save) -> None:
    region = load_region(save(join(silence(0.5), tone(1.0)) + np.float32(0.25)))
    assert "Took away a constant offset of 0.250." in region.remarks
    assert_allclose(region.audio, join(silence(0.05), tone(1.0)), atol=1e-6)


def test_values_of_another_scale_are_scaled_down_and_said(tone: Tone, save: Save) -> None:
    region = load_region(save(tone(1.0) * np.float32(32_768)))
    assert np.abs(region.audio).max() == 1.0
    assert region.remarks == ("Scaled down from a peak of 1.31e+04 to 1.",)
    assert np.abs(load_region(save(tone(1.0) * np.float32(5))).audio).max() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("value", "message"),
    [(0.0, "holds only zeros"), (0.5, "holds a constant offset of 0.5 and no sound")],
)
@pytest.mark.parametrize("start_s", [None, 1.0])
def test_silent_and_constant_sounds_are_refused(
    value: float, message: str, start_s: float | None, save: Save
) -> None:
    path = save(np.full((2, 5 * RATE_HZ), value, dtype=np.float32))
    with pytest.raises(AudioError, match=message):
        load_region(path, start_s=start_s)


def test_a_whisper_below_the_limit_is_called_silent(tone: Tone, save: Save) -> None:
    with pytest.raises(AudioError, match=r"silent \(loudest 10 ms at -9\d dB, -80 dB"):
        load_region(save(tone(1.0) * np.float32(1e-4)))
    assert load_region(save(tone(1.0) * np.float32(1e-3))).duration_s == 1.0


def test_a_sound_that_only_bats_hear_is_refused(tone: Tone, save: Save) -> None:
    audio = tone(1.0, rate_hz=192_000, hz=70_000) * np.float32(0.01)
    audio *= np.hanning(audio.shape[1]).astype(np.float32)
    with pytest.raises(AudioError, match="below 22 kHz"):
        load_region(save(audio, rate_hz=192_000))


def test_nan_in_a_file_is_refused(tone: Tone, save: Save) -> None:
    audio = tone(1.0)
    audio[0, 100] = np.nan
    with pytest.raises(AudioError, match="NaN"):
        load_region(save(audio))


@pytest.mark.parametrize("name", ["missing.wav", "cut\noff.wav", "sur\udcffrogate.wav"])
def test_every_refusal_is_one_printable_line(name: str, tone: Tone, tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        load_region(tmp_path / name)
    assert str(caught.value).isprintable()


def test_a_file_whose_name_is_no_text_is_refused_or_read(
    tone: Tone, encoded: Bytes, tmp_path: Path
) -> None:
    path = tmp_path / "sur\udcffrogate.wav"
    try:
        path.write_bytes(encoded(tone(0.5), "wav"))
    except OSError:
        return  # This file system only takes names that are text.
    with pytest.raises(AudioError, match="not valid text"):
        load_region(path)


def test_a_ten_minute_file_loads_fast_and_in_little_memory(
    tone: Tone, raw_wav: Bytes, tmp_path: Path
) -> None:
    # Mono, 16 bit, silent (a hole in the file, where the file system can) until 9:50.
    path = tmp_path / "long.wav"
    size_bytes = 600 * RATE_HZ * 2
    samples = (tone(9.0, channels=1) * 32_767).astype("<i2").tobytes()
    with path.open("wb") as file:
        file.write(raw_wav(b"", channels=1, data_bytes=size_bytes))
        header_bytes = file.tell()
        file.seek(header_bytes + 590 * RATE_HZ * 2)
        file.write(samples)
        file.truncate(header_bytes + size_bytes)
    tracemalloc.start()
    started_s = time.process_time()
    region = load_region(path)
    taken_s = time.process_time() - started_s
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "from 589.95 s on" in region.remarks[0]
    assert taken_s < 3.0
    assert peak_bytes < 32e6


def test_a_claimed_length_takes_no_memory(tone: Tone, raw_wav: Bytes, save: Save) -> None:
    samples = (tone(0.1, rate_hz=192_000) * 32_767).astype("<i2").T.tobytes()
    content = raw_wav(samples, rate_hz=192_000, data_bytes=0xFFFFFFFF)
    tracemalloc.start()
    region = load_region(save(content))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert region.duration_s == pytest.approx(0.1, abs=1e-4)
    assert peak_bytes < 32e6


def test_a_flac_that_claims_minutes_it_does_not_have_is_refused(
    tone: Tone, encoded: Bytes, save: Save
) -> None:
    content = bytearray(encoded(tone(0.3), "flac"))
    content[8 + 14 : 8 + 18] = struct.pack(">I", 0xFFFFFFFF)
    with pytest.raises(AudioError, match="cut off"):
        load_region(save(bytes(content)))


@pytest.mark.parametrize("samples", [1, 5_000, WINDOW_SAMPLES, WINDOW_SAMPLES + 7])
@pytest.mark.parametrize("channels", [1, 2])
def test_fit_window_is_four_seconds_with_silence_at_the_end(samples: int, channels: int) -> None:
    audio = np.random.default_rng(2).standard_normal((channels, samples)).astype(np.float32)
    window = fit_window(AudioRegion(audio, RATE_HZ, "noise"))
    assert window.shape == (2, WINDOW_SAMPLES)
    assert window.dtype == np.float32
    kept = min(samples, WINDOW_SAMPLES)
    assert_array_equal(window[:, :kept], np.broadcast_to(audio[:, :kept], (2, kept)))
    assert not window[:, kept:].any()
