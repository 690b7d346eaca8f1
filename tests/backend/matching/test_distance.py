"""The distance on sounds made by hand, whose order is known, and on real renders."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest

from backend.audio.region import fit_window, load_region
from backend.matching.distance import (
    FLOOR,
    LEVEL_LIMIT_DB,
    TYPICAL,
    WEIGHTS,
    Measures,
    TargetDistance,
    combine,
)
from backend.matching.similarity import similarity
from backend.records import Audio

RATE_HZ = 44_100
SAMPLES = 4 * RATE_HZ
GOLDEN = Path(__file__).resolve().parents[2] / "data" / "golden"


def plucked(
    *,
    hz: float = 220.0,
    decay_s: float = 0.4,
    start_s: float = 0.05,
    attack_s: float = 0.005,
    partials: int = 12,
    tilt: float = 1.0,
) -> Audio:
    """Harmonics that decay together, in 4 s of silence; the right channel is a little softer."""
    time_s = np.arange(SAMPLES) / RATE_HZ - start_s
    wave = sum(np.sin(2 * np.pi * hz * n * time_s) / n**tilt for n in range(1, partials + 1))
    shape = np.clip(time_s / attack_s, 0.0, 1.0) * np.exp(-np.maximum(time_s, 0.0) / decay_s)
    left = np.where(shape > 1e-4, 0.2 * shape * wave, 0.0)
    return np.stack([left, 0.8 * left]).astype(np.float32)


def noise(seed: int = 0, seconds: float = 4.0) -> Audio:
    clip = np.zeros((2, SAMPLES), dtype=np.float32)
    samples = round(seconds * RATE_HZ)
    clip[:, :samples] = 0.1 * np.random.default_rng(seed).standard_normal((2, samples))
    return clip


def total(target: Audio, audio: Audio) -> float:
    return TargetDistance(target).measure(audio).total


def assert_ordered(target: Audio, *sounds: Audio) -> None:
    """The target itself comes first, and each sound is clearly further than the one before."""
    distance = TargetDistance(target)
    found = [0.0, *(distance.measure(sound).total for sound in sounds)]
    assert all(far > 1.1 * near + 1e-3 for near, far in zip(found, found[1:], strict=False)), found


@pytest.mark.parametrize("sound", [plucked(), noise(), plucked()[:1], plucked()[:, :5_000]])
def test_a_sound_is_at_distance_zero_from_itself(sound: Audio) -> None:
    distance = TargetDistance(sound).measure(sound)
    assert astuple(distance) == pytest.approx((0.0,) * 5, abs=1e-6)
    assert similarity(distance.total) == 100.0


def test_only_the_envelope_part_hears_a_level_and_that_a_little() -> None:
    target = TargetDistance(plucked())
    softer, much_softer = target.measure(plucked() / 2), target.measure(plucked() / 100)
    for distance in (softer, much_softer):
        parts = (distance.spectral, distance.cepstral, distance.transport)
        assert parts == pytest.approx((0.0, 0.0, 0.0), abs=1e-4)
    assert 0.0 < softer.total < much_softer.total < 0.2
    assert similarity(softer.total) > 90.0
    assert much_softer.total < target.measure(plucked(hz=440.0)).total


def test_a_difference_in_level_counts_up_to_a_limit() -> None:
    target = TargetDistance(plucked())
    assert target.measures(plucked() / 2).level_db == pytest.approx(6.02, abs=0.01)
    assert target.measures(plucked() / 1000).level_db == LEVEL_LIMIT_DB


def test_an_octave_is_much_further_than_ten_cents() -> None:
    target = TargetDistance(plucked(hz=220.0))
    near = target.measure(plucked(hz=220.0 * 2 ** (10 / 1200)))
    for octave in (110.0, 440.0):
        far = target.measure(plucked(hz=octave))
        assert far.total > 3 * near.total
        assert far.transport > 3 * near.transport


def test_the_further_a_transposition_the_further_the_sound() -> None:
    steps = (0, 10, 100, 400, 2400)
    assert_ordered(*(plucked(hz=110.0 * 2 ** (cents / 1200)) for cents in steps))


def test_the_longer_a_decay_the_further_it_is() -> None:
    assert_ordered(*(plucked(decay_s=decay_s) for decay_s in (0.2, 0.26, 0.4, 0.8, 3.0)))


def test_the_slower_an_attack_the_further_it_is() -> None:
    assert_ordered(*(plucked(attack_s=attack_s) for attack_s in (0.005, 0.05, 0.2, 0.8)))


def test_a_late_sound_is_the_further_the_later() -> None:
    assert_ordered(*(plucked(start_s=start_s) for start_s in (0.05, 0.08, 0.2, 1.0)))


def test_the_brighter_the_further() -> None:
    assert_ordered(*(plucked(tilt=tilt) for tilt in (2.0, 1.7, 1.2, 0.5)))


def test_the_more_noise_the_further() -> None:
    gains = (0.0, 0.01, 0.05, 0.25, 1.0)
    assert_ordered(*(plucked(decay_s=2.0) + np.float32(gain) * noise() for gain in gains))


def test_noise_has_no_tuning_to_miss_and_a_tone_has() -> None:
    hiss, again, tone = noise(1), noise(2), plucked(decay_s=2.0)
    assert TargetDistance(hiss).measures(again).tuning < 0.25
    assert TargetDistance(hiss).measures(tone).tuning < 0.3
    assert TargetDistance(tone).measures(hiss).tuning > 0.7
    assert TargetDistance(tone).measures(plucked(decay_s=2.0, hz=246.9)).tuning > 0.7


def test_silence_after_a_short_sound_does_not_make_others_like_it() -> None:
    click, bell = plucked(decay_s=0.02), plucked(hz=523.0, decay_s=0.02, tilt=0.3)
    long, other = plucked(decay_s=2.0), plucked(hz=523.0, decay_s=2.0, tilt=0.3)
    assert total(click, bell) > 0.5 * total(long, other)
    short = round(0.3 * RATE_HZ)
    cut = TargetDistance(click[:, :short]).measure(bell)
    assert total(click, bell) == pytest.approx(cut.total, rel=0.3)


def test_what_goes_on_after_the_target_counts() -> None:
    target = plucked(decay_s=0.05)
    tail = target.copy()
    tail[:, 3 * RATE_HZ :] += 0.01 * noise()[:, 3 * RATE_HZ :]
    longer = target.copy()
    longer[:, RATE_HZ // 2 :] += 0.01 * noise()[:, RATE_HZ // 2 :]
    assert_ordered(target, tail, longer)


def test_silence_is_far_from_sound_and_nothing_from_itself() -> None:
    silence, sound = np.zeros((2, SAMPLES), dtype=np.float32), plucked()
    assert total(silence, silence) == 0.0
    assert total(sound, silence) > 2 * total(sound, plucked(hz=247.0))
    assert total(silence, sound) > 0.5


def odd_sounds() -> dict[str, Audio]:
    time_s = np.arange(SAMPLES) / RATE_HZ
    one = np.zeros((2, SAMPLES), dtype=np.float32)
    one[:, 5] = 1.0
    made = {
        "none": np.zeros((2, 0)),
        "one sample": np.ones((1, 1)),
        "silence with one sample": one,
        "50 ms": plucked()[:, 2_000:4_205],
        "constant": np.full((2, SAMPLES), 0.5),
        "sub": np.tile(np.sin(2 * np.pi * 30 * time_s), (2, 1)),
        "whistle": np.tile(np.sin(2 * np.pi * 15_000 * time_s), (2, 1)),
        "clipped": np.clip(50 * plucked(), -1, 1),
        "out of phase": np.stack([plucked()[0], -plucked()[0]]),
        "very soft": 1e-7 * plucked(),
        "far too loud": 1e4 * plucked(),
        "mono": plucked()[:1],
        "10 s": np.tile(noise(), (1, 3))[:, : 10 * RATE_HZ],
    }
    return {name: clip.astype(np.float32) for name, clip in made.items()}


@pytest.mark.parametrize("name", odd_sounds())
def test_odd_sounds_have_finite_distances(name: str) -> None:
    odd, usual = odd_sounds()[name], plucked()
    for target, audio in ((odd, usual), (usual, odd), (odd, odd)):
        distance = TargetDistance(target).measure(audio)
        assert np.isfinite(astuple(distance)).all()
        assert min(astuple(distance)) >= 0.0
    assert distance.total == pytest.approx(0.0, abs=1e-6)


def test_three_channels_are_refused() -> None:
    with pytest.raises(AssertionError):
        TargetDistance(np.zeros((3, 100), dtype=np.float32))


def test_mono_counts_as_two_equal_channels_and_sides_matter() -> None:
    mono = plucked()[:1]
    target = TargetDistance(np.repeat(mono, 2, axis=0))
    assert target.measure(mono).total == pytest.approx(0.0, abs=1e-6)
    left_only = np.concatenate([mono, np.zeros_like(mono)])
    assert target.measure(left_only).total > 0.05


def test_a_sound_is_cut_or_filled_up_to_the_target() -> None:
    target, other = plucked(), noise()
    distance = TargetDistance(target)
    longer = np.concatenate([target, other], axis=1)
    assert distance.measure(longer).total == pytest.approx(0.0, abs=1e-6)
    filled = np.zeros_like(other)
    filled[:, :50_000] = other[:, :50_000]
    assert distance.measure(other[:, :50_000]) == distance.measure(filled)


def test_parts_and_total_are_weighted_means() -> None:
    typical = combine(TYPICAL)
    assert astuple(typical) == pytest.approx((1.0,) * 5)
    assert astuple(combine(Measures(*[0.0] * 8))) == (0.0,) * 5
    louder = combine(replace(TYPICAL, level_db=0.0))
    weight = WEIGHTS.level_db / sum(astuple(WEIGHTS))
    assert louder.total == pytest.approx(1.0 - weight)
    assert louder.spectral == louder.cepstral == louder.transport == 1.0 > louder.envelope


def test_differences_as_between_two_renders_hardly_count() -> None:
    assert 0.0 < combine(FLOOR).total < 0.1


def test_silence_follows_a_recording_that_has_died_away_and_is_open_after_one_that_was_cut() -> (
    None
):
    ends, rings = plucked(decay_s=0.1), plucked(decay_s=3.0)
    tail = noise(seed=1) * (np.arange(SAMPLES) >= 2 * RATE_HZ)
    died, cut = (TargetDistance(clip[:, : 2 * RATE_HZ]) for clip in (ends, rings))
    assert died.measure(ends + tail).total > 0.1
    assert died.measure(ends).total == pytest.approx(0.0, abs=1e-6)
    assert cut.measure(rings + tail).total == pytest.approx(0.0, abs=1e-6)
    assert cut.measure(rings).total == pytest.approx(0.0, abs=1e-6)


def golden(name: str) -> Audio:
    return fit_window(load_region(GOLDEN / f"{name}.flac", start_s=0.0))


@pytest.mark.parametrize("name", ["full-000", "full-003", "simple-000", "simple-002"])
def test_a_second_render_of_a_patch_is_close_and_other_patches_are_not(name: str) -> None:
    target = TargetDistance(golden(name))
    again = target.measure(golden(f"{name}.rerender")).total
    assert similarity(again) > 80.0
    others = ["full-000", "full-001", "full-003", "simple-000", "simple-001", "simple-002"]
    for other in set(others) - {name}:
        far = target.measure(golden(other)).total
        assert far > 3 * again
        assert similarity(far) < 60.0


def test_a_limit_changes_no_distance_that_is_within_it() -> None:
    target = TargetDistance(golden("full-000"))
    for name in ("full-000.rerender", "full-001", "simple-002"):
        total = target.measure(golden(name)).total
        assert target.within(golden(name), math.inf) == total
        assert target.within(golden(name), total + 1e-9) == total
        assert target.within(golden(name), total - 1e-6) is None


def test_what_is_far_from_the_start_is_not_measured_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = TargetDistance(plucked())
    assert target.within(noise(), 10.0) is not None

    def refuse(*args: object) -> None:
        raise AssertionError("it is known already to be too far")

    for slow in ("cepstral_distance", "tuning_distance", "decibel_distance"):
        monkeypatch.setattr("backend.matching.distance." + slow, refuse)
    assert target.within(noise(), 0.05) is None


SCRIPT = """
import sys
from pathlib import Path
from backend.audio.region import load_region
from backend.matching import sound_kernels
from backend.matching.distance import TargetDistance, rehearse
def compiled():
    kinds = {name: getattr(loop, "signatures", []) for name, loop in vars(sound_kernels).items()}
    return {name: list(kind) for name, kind in kinds.items() if kind}
rehearse()
ready = compiled()
target, other = (load_region(Path(path), start_s=0.0).audio for path in sys.argv[1:])
assert TargetDistance(target).measure(other).total > 0.0
assert TargetDistance(target[:1, 100:9_000]).measure(other[:, 7::2]).total > 0.0
assert len(ready) == 6 and compiled() == ready, compiled()
"""


def test_a_sound_waits_for_no_compiler() -> None:
    """What numba compiles is ready before, whatever sounds there are."""
    sounds = [str(GOLDEN / name) for name in ("full-000.flac", "simple-001.flac")]
    assert subprocess.run([sys.executable, "-c", SCRIPT, *sounds], check=False).returncode == 0
