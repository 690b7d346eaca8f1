from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from backend.audio.loudness import PEAK_LIMIT_DB, level_match, loudness_lufs
from backend.records import AudioRegion

RATES_HZ = (22_050, 44_100, 48_000, 96_000)


def sine(
    hz: float, gains: tuple[float, ...] = (0.25,), *, seconds: float = 3.0, rate_hz: int = 44_100
) -> AudioRegion:
    wave = np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    return AudioRegion((np.array(gains)[:, None] * wave).astype(np.float32), rate_hz, "sine")


def noise(rng: np.random.Generator, seconds: float, *, rate_hz: int = 44_100) -> AudioRegion:
    audio = 0.1 * rng.standard_normal((2, round(seconds * rate_hz)))
    return AudioRegion(audio.astype(np.float32), rate_hz, "noise")


def reference(region: AudioRegion, **options: float) -> float:
    meter = pyloudnorm.Meter(region.sample_rate_hz, **options)
    return float(meter.integrated_loudness(region.audio.T.astype(np.float64)))


def changed(region: AudioRegion, gain_db: float) -> AudioRegion:
    return AudioRegion(
        region.audio * np.float32(10 ** (gain_db / 20)), region.sample_rate_hz, region.name
    )


def peak_db(region: AudioRegion) -> float:
    return 20 * float(np.log10(np.abs(region.audio).max()))


def test_full_scale_at_997_hz_reads_what_the_standard_says() -> None:
    assert loudness_lufs(sine(997, (1.0,), rate_hz=48_000)) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hz", [40, 100, 440, 2000, 9000])
def test_tones_agree_with_pyloudnorm(hz: float, rate_hz: int) -> None:
    tone = sine(hz, (0.25, 0.1), rate_hz=rate_hz)
    assert loudness_lufs(tone) == pytest.approx(reference(tone), abs=0.1)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("seconds", [0.4, 0.54, 1.0, 4.0])  # no part blocks: pyloudnorm counts some
def test_noise_agrees_with_pyloudnorm(
    rng: np.random.Generator, seconds: float, rate_hz: int
) -> None:
    sound = noise(rng, seconds, rate_hz=rate_hz)
    assert loudness_lufs(sound) == pytest.approx(reference(sound), abs=0.1)


def test_a_decay_into_silence_is_gated_like_pyloudnorm(rng: np.random.Generator) -> None:
    sound = noise(rng, 4.0)
    decay = np.exp(-np.arange(sound.audio.shape[1]) / 44_100 / 0.2).astype(np.float32)
    struck = AudioRegion(sound.audio * decay, 44_100, "struck")
    assert loudness_lufs(struck) == pytest.approx(reference(struck), abs=0.1)
    power = float(np.square(struck.audio).mean(axis=1).sum())
    assert loudness_lufs(struck) > 10 * np.log10(power) + 3  # ungated it would be that low


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.39])
def test_a_short_sound_is_one_block_of_its_own_length(
    rng: np.random.Generator, seconds: float
) -> None:
    for sound in (noise(rng, seconds), sine(440, seconds=seconds)):
        assert loudness_lufs(sound) == pytest.approx(reference(sound, block_size=seconds), abs=0.1)


def test_two_sides_are_three_units_louder_than_one() -> None:
    one, two = sine(440, (0.25,)), sine(440, (0.25, 0.25))
    assert loudness_lufs(two) - loudness_lufs(one) == pytest.approx(3.01, abs=0.01)


@pytest.mark.parametrize("samples", [0, 1, 100, 44_100])
def test_silence_has_no_loudness(samples: int) -> None:
    assert loudness_lufs(AudioRegion(np.zeros((2, samples), np.float32), 44_100, "")) == -np.inf


def test_below_the_absolute_gate_nothing_is_heard() -> None:
    assert loudness_lufs(sine(997, (10 ** (-60 / 20),))) == pytest.approx(-63.0, abs=0.1)
    assert loudness_lufs(sine(997, (10 ** (-70 / 20),))) == -np.inf


@pytest.mark.parametrize("gain_db", [-30.0, -6.0, 0.0, 12.0])
def test_level_match_undoes_a_gain(tiny_audio: AudioRegion, gain_db: float) -> None:
    gains = level_match(tiny_audio, changed(tiny_audio, gain_db))
    assert gains.candidate_db - gains.target_db == pytest.approx(-gain_db, abs=0.01)
    assert gains.target_db == 0.0


@pytest.mark.parametrize("seconds", [0.05, 0.3, 4.0])
def test_after_level_match_both_are_equally_loud_and_do_not_clip(
    rng: np.random.Generator, seconds: float
) -> None:
    loud_click = np.zeros((2, round(seconds * 48_000)), np.float32)
    loud_click[:, 100:110] = 0.9  # hardly loud, so that it would have to be raised beyond clipping
    target, candidate = (
        noise(rng, seconds, rate_hz=48_000),
        AudioRegion(loud_click, 48_000, "click"),
    )
    gains = level_match(target, candidate)
    a, b = changed(target, gains.target_db), changed(candidate, gains.candidate_db)
    assert loudness_lufs(a) == pytest.approx(loudness_lufs(b), abs=0.5)
    assert max(peak_db(a), peak_db(b)) == pytest.approx(PEAK_LIMIT_DB, abs=0.001)
    assert gains.target_db < -1


def test_a_short_hit_is_as_loud_alone_as_before_silence(rng: np.random.Generator) -> None:
    hit = noise(rng, 0.05)
    with_silence = AudioRegion(np.pad(hit.audio, ((0, 0), (0, 170_000))), 44_100, "hit")
    gains = level_match(with_silence, hit)
    assert gains.candidate_db - gains.target_db == pytest.approx(0.0, abs=0.05)


def test_mono_is_measured_as_it_is_played_on_both_sides() -> None:
    gains = level_match(sine(440, (0.25, 0.25)), sine(440, (0.25,)))
    assert gains.candidate_db == pytest.approx(0.0, abs=0.01)


def test_rates_may_differ() -> None:
    gains = level_match(sine(440, rate_hz=44_100), sine(440, rate_hz=96_000))
    assert gains.candidate_db == pytest.approx(0.0, abs=0.05)


def test_a_silent_candidate_is_left_alone(tiny_audio: AudioRegion) -> None:
    gains = level_match(tiny_audio, changed(tiny_audio, -200.0))
    assert (gains.target_db, gains.candidate_db) == (0.0, 0.0)


def test_a_target_beyond_full_scale_is_turned_down(tiny_audio: AudioRegion) -> None:
    loud = changed(tiny_audio, 20.0)
    gains = level_match(loud, tiny_audio)
    assert peak_db(changed(loud, gains.target_db)) == pytest.approx(PEAK_LIMIT_DB, abs=0.001)
