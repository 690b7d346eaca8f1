"""The VST3 in a JUCE host: what goes in comes out, bit by bit and at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pedalboard import VST3Plugin

from backend.records import Audio

pytestmark = pytest.mark.plugin

RATES_HZ = (44_100, 48_000, 96_000)
BLOCKS = (1, 2, 7, 64, 441, 512, 1024, 8192)


@pytest.fixture(scope="module")
def plugin(plugin_path: Path) -> VST3Plugin:
    return VST3Plugin(str(plugin_path))


def sound(rng: np.random.Generator, channels: int, samples: int) -> Audio:
    """Noise far over full scale, with values that arithmetic would change: denormal, tiny, huge."""
    audio = rng.uniform(-2.0, 2.0, (channels, samples)).astype(np.float32)
    odd = np.array([0.0, -0.0, 1e-42, -1e-42, 1e-38, 1e-20, 1e20, 3e38], np.float32)
    audio[:, rng.permutation(samples)[: len(odd)]] = odd
    return audio


def same_bits(one: Audio, other: Audio) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("block", BLOCKS)
def test_every_bit_comes_out(
    plugin: VST3Plugin, rng: np.random.Generator, rate_hz: int, block: int, channels: int
) -> None:
    samples = min(3 * block + 1, 20_000) if block > 7 else 500 * block + 1
    audio = sound(rng, channels, samples)
    heard = plugin.process(audio, rate_hz, buffer_size=block, reset=True)
    assert same_bits(heard, audio)
    assert same_bits(plugin.process(audio, rate_hz, buffer_size=block, reset=False), audio)


def test_there_is_no_latency(plugin: VST3Plugin) -> None:
    assert plugin.reported_latency_samples == 0


def test_rate_and_block_may_change_at_any_time(
    plugin: VST3Plugin, rng: np.random.Generator
) -> None:
    for _ in range(40):
        rate_hz = int(rng.choice([*RATES_HZ, 8_000, 88_200, 192_000]))
        audio = sound(rng, int(rng.integers(1, 3)), int(rng.integers(8, 3_000)))
        block = int(rng.integers(1, 9_000))
        assert same_bits(plugin.process(audio, rate_hz, buffer_size=block, reset=True), audio)


def test_what_is_no_number_passes_and_leaves_nothing_behind(
    plugin: VST3Plugin, rng: np.random.Generator
) -> None:
    audio = sound(rng, 2, 1_000)
    audio[0, 100:200], audio[1, 300:310], audio[1, 400] = np.nan, np.inf, -np.inf
    assert same_bits(plugin.process(audio, 48_000, buffer_size=64), audio)
    clean = sound(rng, 2, 1_000)
    assert same_bits(plugin.process(clean, 48_000, buffer_size=64), clean)
