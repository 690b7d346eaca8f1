from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from backend.matching.goal import Goal, heard_bands
from backend.records import Audio
from models.spectral_parts import LEAST_DB

RATE_HZ, SAMPLES = 44_100, 176_400


def burst(end_s: float = 0.5, tail_db: float = -150.0, tail_s: float = 0.1) -> Audio:
    """Return half a second of noise, and a tail so much softer, in silence."""
    noise = np.random.default_rng(3).standard_normal(SAMPLES)
    times_s = np.arange(SAMPLES) / RATE_HZ
    tail = 10.0 ** (tail_db / 20.0) * (times_s < end_s + tail_s)
    mono = 0.1 * noise * np.where(times_s < end_s, 1.0, tail)
    return np.stack([mono, mono]).astype(np.float32)


def foreseen(goal: Goal, audio: Audio) -> Tensor:
    """Return what is heard of a sound, as the proxy tells it: silence has no floor."""
    heard = heard_bands(audio)[goal.whole.frames]
    return torch.where(heard > -80.0, heard, LEAST_DB)[None]


def test_a_sound_is_at_no_distance_from_itself_at_any_level() -> None:
    goal = Goal(burst())
    same = foreseen(goal, burst())
    for level_db in (0.0, -30.0, 20.0):
        assert goal.distances(same + level_db, goal.whole).item() == pytest.approx(0.0, abs=0.004)


def test_a_shorter_and_another_sound_are_further_and_further() -> None:
    goal = Goal(burst())
    short, other = foreseen(goal, burst(0.4)), foreseen(goal, burst(2.0))
    distances = goal.distances(torch.cat([short, other, torch.zeros_like(short)]), goal.whole)
    assert 0.02 < distances[0] < distances[1] < distances[2]


@pytest.mark.parametrize("tail_db", [-75.0, -77.0])
def test_what_is_hardly_heard_does_not_count_for_the_silence_after_it(tail_db: float) -> None:
    soft, silent = burst(tail_db=tail_db), burst()
    for target, other in ((soft, silent), (silent, soft)):
        goal = Goal(target)
        assert goal.distances(foreseen(goal, other), goal.whole).item() < 0.06


def test_moments_stand_for_all_frames_and_count_what_is_heard_once() -> None:
    goal = Goal(burst())
    for view in (goal.whole, goal.few):
        assert view.stands_for.sum().item() == pytest.approx(len(heard_bands(burst())))
        assert view.heard.sum().item() == pytest.approx(0.5 / 0.01, abs=4)
