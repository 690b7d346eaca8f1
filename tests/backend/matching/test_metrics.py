"""The four metrics on hand-made cases, and against librosa and dtw-python."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from dtw import dtw
from numpy.testing import assert_allclose

from backend.matching import metrics
from backend.matching.distance import TargetDistance
from backend.matching.metrics import TargetMetrics
from backend.matching.spectra import spectrum
from backend.records import Audio

RATE_HZ = 44_100
SAMPLES = 4 * RATE_HZ


def tone(*, hz: float, seconds: float = 4.0, start_s: float = 0.0, gain: float = 0.3) -> Audio:
    """A decaying tone, the right channel a little sharp, in 4 s of silence."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    clip = np.zeros((2, SAMPLES), dtype=np.float32)
    start = round(start_s * RATE_HZ)
    for channel, factor in enumerate((1.0, 1.003)):
        wave = gain * np.sin(2 * np.pi * hz * factor * time_s) * np.exp(-1.5 * time_s)
        clip[channel, start : start + len(wave)] = wave[: SAMPLES - start]
    return clip


def rich(seed: int) -> Audio:
    """Harmonics over coloured noise, different in the two channels."""
    generator = np.random.default_rng(seed)
    time_s = np.arange(SAMPLES) / RATE_HZ
    pitch_hz = generator.uniform(80, 500)
    clip = 0.02 * generator.standard_normal((2, SAMPLES)).cumsum(axis=1) * np.exp(-4 * time_s)
    clip -= clip.mean(axis=1, keepdims=True)
    for harmonic in range(1, 12):
        gain = generator.uniform(0, 0.3, size=(2, 1)) / harmonic
        decay = np.exp(-time_s * generator.uniform(0.2, 4))
        clip += gain * np.sin(2 * np.pi * pitch_hz * harmonic * time_s) * decay
    return clip.astype(np.float32)


def reference_mss_db(target: Audio, audio: Audio) -> float:
    def mel_db(clip: Audio, window: int, hop: int, mels: int) -> np.ndarray:
        mel = librosa.feature.melspectrogram(
            y=clip, sr=RATE_HZ, n_fft=window, hop_length=hop, n_mels=mels
        )
        return librosa.power_to_db(mel, ref=np.max)

    scales = [(441, 220, 32), (1102, 441, 64), (4410, 2205, 128)]
    return float(np.mean([np.abs(mel_db(target, *s) - mel_db(audio, *s)).mean() for s in scales]))


def reference_mfcc(clip: Audio) -> np.ndarray:
    mfcc = librosa.feature.mfcc(
        y=clip, sr=RATE_HZ, n_mfcc=20, n_fft=2205, hop_length=441, n_mels=128
    )
    return mfcc.reshape(40, -1).T


def reference_wmfcc(target: Audio, audio: Audio) -> float:
    a, b = reference_mfcc(target), reference_mfcc(audio)
    local_cost = np.abs(a[:, None] - b[None]).mean(axis=2)
    return float(dtw(local_cost.astype(np.float64), distance_only=True).normalizedDistance)


def reference_sot(target: Audio, audio: Audio) -> float:
    def histogram(clip: Audio) -> np.ndarray:
        magnitude = np.abs(librosa.stft(clip.mean(axis=0), n_fft=2205, hop_length=882))
        return magnitude / np.maximum(magnitude.sum(axis=0), 1e-6)

    difference = histogram(target).cumsum(axis=0) - histogram(audio).cumsum(axis=0)
    return float((np.abs(difference).sum(axis=0) / len(difference)).mean())


def reference_rms(target: Audio, audio: Audio) -> float:
    a, b = (
        librosa.feature.rms(y=clip.mean(axis=0), frame_length=2205, hop_length=1102)[0]
        for clip in (target, audio)
    )
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Audio, Audio]]:
    return [(rich(1), rich(2)), (tone(hz=440), rich(3)), (rich(4), tone(hz=100, start_s=1.0))]


def test_all_four_agree_with_librosa_and_dtw_python(pairs: list[tuple[Audio, Audio]]) -> None:
    for target, audio in pairs:
        score = TargetMetrics(target).score(audio)
        assert_allclose(score.mss_db, reference_mss_db(target, audio), rtol=1e-4)
        assert_allclose(score.wmfcc, reference_wmfcc(target, audio), rtol=1e-4)
        assert_allclose(score.sot, reference_sot(target, audio), rtol=1e-4)
        assert_allclose(score.rms, reference_rms(target, audio), rtol=1e-5)


def test_mfccs_agree_with_librosa() -> None:
    clip = rich(5)
    ours = metrics.mfcc_frames(spectrum(torch.from_numpy(clip), metrics.MFCC_RESOLUTION))
    assert ours.shape == (400, 40)
    assert_allclose(ours.numpy(), reference_mfcc(clip), atol=2e-2)


def test_the_target_itself_is_at_distance_zero() -> None:
    target = rich(1)
    score = TargetMetrics(target).score(target)
    assert score.mss_db == 0.0
    assert score.wmfcc == 0.0
    assert score.sot == 0.0
    assert score.rms == pytest.approx(1.0, abs=1e-12)
    assert score.distance == pytest.approx(0.0, abs=1e-12)


def test_gain_changes_only_wmfcc() -> None:
    # Every metric but wMFCC looks at each sound relative to itself.
    target = rich(1)
    score = TargetMetrics(target).score(0.1 * target)
    assert score.mss_db < 1e-4
    assert score.sot < 1e-5
    assert score.rms == pytest.approx(1.0)
    # 20 dB less on every mel is 20 dB * sqrt(128) on the first of 20 coefficients.
    assert score.wmfcc == pytest.approx(20 * np.sqrt(128) / 20, rel=0.02)


def test_sot_of_two_steady_tones_is_their_distance_in_frequency() -> None:
    time_s = np.arange(SAMPLES) / RATE_HZ
    low, high = (
        np.tile(np.sin(2 * np.pi * hz * time_s).astype(np.float32), (2, 1)) for hz in (2000, 7000)
    )
    score = TargetMetrics(low).score(high)
    assert score.sot == pytest.approx((7000 - 2000) / 22_050, rel=0.02)
    assert score.rms == pytest.approx(1.0, abs=1e-3)


def test_a_farther_pitch_is_farther() -> None:
    target = TargetMetrics(tone(hz=440))
    near, far = target.score(tone(hz=466)), target.score(tone(hz=1760))
    assert 0 < near.mss_db < far.mss_db
    assert 0 < near.wmfcc < far.wmfcc
    assert 0 < near.sot < far.sot
    assert 0 < near.distance < far.distance


def test_time_warping_forgives_a_shift_in_time() -> None:
    early, late = tone(hz=440, seconds=2), tone(hz=440, seconds=2, start_s=1.0)
    score = TargetMetrics(early).score(late)
    other = TargetMetrics(early).score(tone(hz=700, seconds=2))
    assert score.wmfcc < 0.3 * other.wmfcc
    assert score.rms < 0.5 < other.rms


def test_silence_scores_zero_on_rms_and_stays_finite() -> None:
    silence = np.zeros((2, SAMPLES), dtype=np.float32)
    for target, audio in ((rich(1), silence), (silence, rich(1)), (silence, silence)):
        score = TargetMetrics(target).score(audio)
        assert score.rms == 0.0
        assert np.isfinite([score.mss_db, score.wmfcc, score.sot, score.distance]).all()
    assert score.mss_db == score.wmfcc == score.sot == 0.0


def test_mono_counts_as_two_equal_channels() -> None:
    mono = rich(1)[:1]
    assert TargetMetrics(mono).score(np.repeat(mono, 2, axis=0)).distance < 1e-12


def test_a_candidate_is_cut_or_filled_up_to_the_target() -> None:
    target, other = rich(1), rich(2)
    metric = TargetMetrics(target)
    assert metric.score(np.concatenate([target, other], axis=1)) == metric.score(target)
    short = np.zeros_like(other)
    short[:, :50_000] = other[:, :50_000]
    assert metric.score(other[:, :50_000]) == metric.score(short)


def test_the_distance_is_the_one_of_the_search() -> None:
    target, other = rich(1), rich(2)
    metric = TargetMetrics(target)
    total = TargetDistance(target).measure(other).total
    assert metric.score(other).distance == metric.distance.measure(other).total == total > 0.1


def test_a_shorter_target_is_filled_up_to_the_four_seconds_of_the_papers() -> None:
    target, other = tone(hz=440, seconds=1), tone(hz=300)
    whole, part = (TargetMetrics(clip).score(other) for clip in (target, target[:, :RATE_HZ]))
    assert (whole.mss_db, whole.wmfcc, whole.sot) == (part.mss_db, part.wmfcc, part.sot)
