from __future__ import annotations

import numpy as np
import pytest
from fake_sound import FakeOutput

from backend.audio.loudness import loudness_lufs
from backend.audio.player import CROSSFADE_S, Player
from backend.records import Audio, AudioRegion

FADE = round(CROSSFADE_S * 44_100)


def tone(hz: float, *, gain: float = 0.3, seconds: float = 1.0, rate: int = 44_100) -> AudioRegion:
    wave = gain * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return AudioRegion(np.stack([wave, wave]).astype(np.float32), rate, f"{hz}")


@pytest.fixture
def output() -> FakeOutput:
    return FakeOutput()


@pytest.fixture
def player(output: FakeOutput) -> Player:
    """A target of 110 Hz, and a candidate of 220 Hz that is 12 dB too loud."""
    player = Player(output)
    player.load(tone(110, gain=0.1), tone(220, gain=0.4))
    return player


def alone(player: Player, output: FakeOutput, side: str, frames: int) -> Audio:
    """What a loaded side gives from its beginning on."""
    player.play(side)  # type: ignore[arg-type]
    heard = output.take(frames)
    player.stop()
    output.take(2 * FADE)
    return heard


def test_a_sound_is_played_as_it_is_from_its_first_sample(
    player: Player, output: FakeOutput
) -> None:
    player.play("target")
    expected = tone(110, gain=0.1).audio
    heard = output.take(44_100, block=441)
    np.testing.assert_allclose(heard[:, : 44_100 - FADE], expected[:, : 44_100 - FADE], atol=1e-6)
    assert player.playing is None
    assert not output.take(1000).any()


def test_both_sides_are_equally_loud(player: Player, output: FakeOutput) -> None:
    target, candidate = (
        alone(player, output, side, 44_100 - FADE) for side in ("target", "candidate")
    )
    a, b = (loudness_lufs(AudioRegion(audio, 44_100, "")) for audio in (target, candidate))
    assert a == pytest.approx(b, abs=0.5)


@pytest.mark.parametrize("block", [16, 64, 441, 4096])
def test_a_switch_goes_on_at_the_same_sample(
    player: Player, output: FakeOutput, block: int
) -> None:
    target = alone(player, output, "target", 20_000)
    candidate = alone(player, output, "candidate", 20_000)
    player.play("target")
    before = output.take(4096 * 2, block=block)
    assert player.switch() == "candidate"
    after = output.take(4096 * 2, block=block)
    at = 4096 * 2
    np.testing.assert_array_equal(before, target[:, :at])
    np.testing.assert_allclose(
        after[:, FADE + 1 :], candidate[:, at + FADE + 1 : 2 * at], atol=1e-6
    )
    mix = (after - target[:, at : 2 * at])[0, :FADE]  # from target to candidate, in a straight line
    way = (candidate - target)[0, at : at + FADE]
    np.testing.assert_allclose(mix, np.arange(1, FADE + 1) / (FADE + 0.5) * way, atol=1e-3)


def largest_step(audio: Audio) -> float:
    return float(np.abs(np.diff(audio)).max())


def test_no_switch_restart_or_stop_clicks(player: Player, output: FakeOutput) -> None:
    calm = max(
        largest_step(alone(player, output, side, 20_000)) for side in ("target", "candidate")
    )
    heard = []
    player.play("candidate")
    for action in (player.switch, player.switch, lambda: player.play("candidate"), player.stop):
        heard.append(output.take(1003))
        action()
    heard.append(output.take(1003))
    whole = np.concatenate(heard, axis=1)
    assert largest_step(whole) < calm + 0.2 / FADE  # the sound's own slope, and that of the fade
    assert not whole[:, -700:].any()


def test_switching_faster_than_the_fade_stays_within_full_scale(output: FakeOutput) -> None:
    player = Player(output)
    loud = AudioRegion(np.ones((2, 44_100), np.float32), 44_100, "loud")
    player.load(loud, loud)
    player.play("target")
    heard = []
    for _ in range(50):
        heard.append(output.take(50, block=25))
        player.switch()
    assert np.abs(np.concatenate(heard, axis=1)).max() <= 1.0
    assert output.starts == 1


def test_a_switch_from_silence_starts_the_candidate(player: Player, output: FakeOutput) -> None:
    assert player.switch() == "candidate"
    assert player.playing == "candidate"
    assert output.take(500).any()


def test_without_a_candidate_the_target_is_all_there_is(output: FakeOutput) -> None:
    player = Player(output)
    player.load(tone(110))
    assert player.switch() == "target"
    assert output.take(500).any()


def test_a_new_candidate_is_heard_from_the_next_play_on(player: Player, output: FakeOutput) -> None:
    player.play("candidate")
    output.take(1000)
    player.load(tone(110, gain=0.1), tone(880, gain=0.1))
    going_on = output.take(1000)
    assert going_on.any()
    player.play("candidate")
    output.take(FADE + 64)
    crossings = np.count_nonzero(np.diff(np.sign(output.take(4410)[0])) > 0)
    assert crossings == pytest.approx(88, abs=2)


def test_the_shorter_sound_is_followed_by_silence(output: FakeOutput) -> None:
    player = Player(output)
    player.load(tone(110, seconds=0.1), tone(220, seconds=0.5))
    player.play("target")
    heard = output.take(44_100 // 4)
    assert heard[:, :4000].any() and not heard[:, 4411:].any()
    assert player.playing == "target"
    player.switch()
    assert output.take(1000)[:, FADE:].any()


def test_sounds_are_resampled_to_the_device(output: FakeOutput) -> None:
    output.sample_rate_hz = 48_000
    player = Player(output)
    player.load(tone(441, gain=0.1, rate=44_100))
    player.play("target")
    heard = output.take(48_000)
    expected = tone(441, gain=0.1, rate=48_000).audio
    np.testing.assert_allclose(heard[:, 500:-500], expected[:, 500:-500], atol=3e-3)


def test_mono_is_heard_on_both_sides(output: FakeOutput) -> None:
    player = Player(output)
    player.load(AudioRegion(tone(110).audio[:1], 44_100, "mono"))
    player.play("target")
    heard = output.take(1000)
    np.testing.assert_array_equal(heard[0], heard[1])
    assert heard.any()


def test_a_sound_cut_off_ends_without_a_click(output: FakeOutput) -> None:
    player = Player(output)
    player.load(AudioRegion(np.full((2, 4410), 0.5, np.float32), 44_100, "cut"))
    player.play("target")
    heard = output.take(5000)
    assert largest_step(heard) < 0.6 / FADE
    assert heard[0, 4000] == pytest.approx(0.5)


def test_the_output_opens_when_first_needed_and_again_after_it_went_away(
    player: Player, output: FakeOutput
) -> None:
    assert output.starts == 0
    player.play("target")
    player.switch()
    assert output.starts == 1
    output.vanish()
    player.play("candidate")
    assert output.starts == 2
    player.close()
    assert output.closed
