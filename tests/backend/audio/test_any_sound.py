"""Whatever is handed in as a file: a region with sensible words, or one clear line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from known_notes import RATE_HZ, hz_of, noise, saw, seconds
from numpy.testing import assert_allclose, assert_array_equal

from backend.audio.character import (
    CLICK,
    CLIPPED,
    IN_TURN,
    NOISY,
    SEVERAL_NOTES,
    describe_sound,
)
from backend.audio.pitch import Pitch, find_pitch
from backend.audio.region import WINDOW_SAMPLES, load_region
from backend.errors import AudioError
from backend.records import Audio, AudioRegion
from training.pitch_engines import spoken

Save = Callable[..., Path]


def stereo(sound: np.ndarray, *, peak: float = 0.5) -> Audio:
    return (np.stack([sound, sound]) * peak / np.abs(sound).max()).astype(np.float32)


def placed(sound: np.ndarray, at_s: float, length_s: float) -> np.ndarray:
    whole = np.zeros(round(length_s * RATE_HZ))
    start = round(at_s * RATE_HZ)
    whole[start : start + len(sound)] = sound
    return whole


def taken_in(path: Path) -> tuple[AudioRegion, Pitch, tuple[str, ...]]:
    """A file as a match takes it in: its region, its pitch, and all that is said."""
    region = load_region(path)
    pitch = find_pitch(region)
    assert pitch is not None
    remarks = (*region.remarks, *describe_sound(region, pitch))
    assert region.audio.shape[0] == 2 and 0 < region.audio.shape[1] <= WINDOW_SAMPLES
    assert np.isfinite(region.audio).all() and np.isfinite(pitch.hz)
    assert all(remark.isprintable() and len(remark) < 140 for remark in remarks), remarks
    assert len(set(remarks)) == len(remarks)
    return region, pitch, remarks


def test_noise_only(save: Save) -> None:
    _, pitch, remarks = taken_in(save(stereo(noise(3.0))))
    assert not pitch.tonal and remarks == (NOISY,)


@pytest.mark.parametrize("click_s", [0.003, 0.0])
def test_a_click_or_one_sample_in_silence(click_s: float, save: Save) -> None:
    click = noise(1.0)[: max(1, round(click_s * RATE_HZ))]
    region, pitch, remarks = taken_in(save(stereo(placed(click, 0.5, 1.0))))
    assert not pitch.tonal and CLICK in remarks
    assert "Dropped 0.45 s of silence at the beginning." in remarks
    assert np.abs(region.audio).max() == pytest.approx(0.5)


def test_a_file_of_3_ms_is_refused_in_a_line(save: Save) -> None:
    with pytest.raises(AudioError, match="lasts 3 ms, at least 50 ms are needed; give a longer"):
        load_region(save(stereo(noise(0.003))))


def test_a_chord(save: Save) -> None:
    _, _, remarks = taken_in(save(stereo(sum(saw(hz_of(n), 2.0) for n in (48, 52, 55)))))
    assert SEVERAL_NOTES in remarks


@pytest.mark.parametrize("number", range(3))
def test_speech(number: int, save: Save) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    speech = list(spoken(1, 3))[number].region
    _, _, remarks = taken_in(save(speech.audio))
    assert IN_TURN in remarks


def test_an_offset_alone_is_refused_in_a_line(save: Save) -> None:
    with pytest.raises(AudioError, match="holds a constant offset of 0.3 and no sound"):
        load_region(save(np.full((2, RATE_HZ), 0.3, np.float32)))


@pytest.mark.parametrize("hz", [30.0, 15_000.0])
def test_a_sub_and_a_whistle(hz: float, save: Save) -> None:
    _, pitch, remarks = taken_in(save(stereo(np.sin(2 * np.pi * hz * seconds(2.0)))))
    assert pitch.tonal and pitch.hz == pytest.approx(hz, rel=0.003)
    assert remarks == ()


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 48_000])
def test_hard_clipping_is_told_once_at_any_rate(rate_hz: int, save: Save) -> None:
    clipped = stereo(np.clip(6 * saw(110, 2.0, rate_hz), -1, 1), peak=1.0)
    region, pitch, remarks = taken_in(save(clipped, rate_hz=rate_hz))
    assert remarks.count(CLIPPED) == 1 and CLIPPED in region.remarks
    assert pitch.tonal and pitch.hz == pytest.approx(110, rel=1e-3)


@pytest.mark.parametrize("full", [0, 1])
def test_a_silent_channel_gets_the_other_s_sound(full: int, save: Save) -> None:
    audio = stereo(saw(220, 1.0))
    wanted = audio[full].copy()
    audio[1 - full] *= 1e-5
    region, pitch, remarks = taken_in(save(audio))
    assert_array_equal(region.audio, [wanted, wanted])
    name = ("left", "right")[full]
    assert remarks == (f"Only the {name} channel has sound: it is heard on both sides.",)
    assert pitch.hz == pytest.approx(220, rel=1e-3)


def test_channels_of_opposite_sign_are_made_to_add_up(save: Save) -> None:
    audio = stereo(saw(220, 1.0))
    wanted = audio.copy()
    audio[1] *= -1
    region, pitch, remarks = taken_in(save(audio))
    assert_array_equal(region.audio, wanted)
    assert remarks == ("The channels cancel each other out: the right one was turned over.",)
    assert pitch.hz == pytest.approx(220, rel=1e-3)


def test_a_wide_sound_keeps_its_width(save: Save) -> None:
    audio = np.stack([saw(220, 1.0), -saw(221.5, 1.0)]).astype(np.float32) * np.float32(0.2)
    audio[1] *= 0.01  # and its balance
    region, _, remarks = taken_in(save(audio))
    assert_array_equal(region.audio, audio)
    assert remarks == ()


def test_a_recording_of_ten_minutes(save: Save) -> None:
    # Sound throughout; at 8 kHz, so that the test stays quick.
    rate_hz = 8_000
    samples = np.tile(saw(110, 1.0, rate_hz), 600)
    _, pitch, remarks = taken_in(save(stereo(samples)[:1], rate_hz=rate_hz))
    assert pitch.hz == pytest.approx(110, rel=1e-3)
    assert "of 600.00 s" in remarks[0]


def test_a_loop_that_begins_at_full_level_is_used_from_its_first_sample(save: Save) -> None:
    audio = stereo(saw(146.8, 6.0)[1234:])
    region, pitch, remarks = taken_in(save(audio))
    assert_allclose(region.audio, audio[:, :WINDOW_SAMPLES], atol=1e-6)
    assert "Used 4.00 s from 0.00 s on" in remarks[0]
    assert pitch.hz == pytest.approx(146.8, rel=1e-3)


def test_a_short_loop_is_used_whole(save: Save) -> None:
    audio = stereo(saw(146.8, 1.0)[1234:])
    region, _, remarks = taken_in(save(audio))
    assert_array_equal(region.audio, audio)
    assert remarks == ()


def test_the_tail_of_an_earlier_sound_is_no_onset_in_a_long_recording(save: Save) -> None:
    tail = 0.1 * saw(110, 0.7) * np.exp(-seconds(0.7) / 0.4)
    note = saw(196, 5.0) * np.exp(-seconds(5.0) / 1.5)
    audio = stereo(np.concatenate([tail, note]))
    region, pitch, remarks = taken_in(save(audio))
    assert "Used 4.00 s from 0.65 s on" in remarks[0]
    assert pitch.hz == pytest.approx(196, rel=2e-3)
    assert np.abs(region.audio[:, 2205:4410]).max() > 0.3
    # What was cut out by hand is left as it is.
    short, _, _ = taken_in(save(audio[:, : 3 * RATE_HZ]))
    assert short.duration_s == 3.0


def test_a_soft_first_note_is_still_the_first(save: Save) -> None:
    soft = 0.1 * saw(110, 1.0) * np.minimum(1, seconds(1.0) / 0.1)
    loud = saw(196, 5.0)
    _, _, remarks = taken_in(save(stereo(np.concatenate([soft, loud]))))
    assert "Used 4.00 s from 0.00 s on" in remarks[0]


@pytest.mark.parametrize("length_s", [4.0, 9.0])
def test_a_long_tail_is_kept_as_far_as_the_window_goes(length_s: float, save: Save) -> None:
    audio = stereo(saw(220, length_s) * np.exp(-seconds(length_s) / 2.0))
    region, pitch, remarks = taken_in(save(audio))
    assert_allclose(region.audio, audio[:, :WINDOW_SAMPLES], atol=1e-6)
    assert len(remarks) == (length_s > 4)
    assert pitch.tonal


def test_a_sound_of_50_ms(save: Save) -> None:
    region, pitch, _ = taken_in(save(stereo(saw(440, 0.05))))
    assert region.duration_s == pytest.approx(0.05)
    assert pitch.hz == pytest.approx(440, rel=0.01)
