from __future__ import annotations

import numpy as np
import pytest
import torch
from dtw import dtw

from backend.matching.spectra import cosine_similarity, power, same_length, warped_distance


def test_warping_follows_the_cheapest_path() -> None:
    # Free along one side step, then the diagonal: 1 + 0 + 2 * 1, over 2 + 3.
    cost = np.array([[1, 0, 5], [9, 9, 1]], dtype=np.float32)
    assert warped_distance(cost) == pytest.approx(3 / 5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (30, 41)])
def test_warping_agrees_with_dtw_python(shape: tuple[int, int]) -> None:
    cost = np.random.default_rng(3).uniform(0, 1, shape).astype(np.float32)
    expected = dtw(cost.astype(np.float64), distance_only=True).normalizedDistance
    assert warped_distance(cost) == pytest.approx(expected)


def test_power_is_the_square_of_the_magnitude_and_leaves_its_argument() -> None:
    cells = torch.tensor([3.0 + 4.0j, -1.0j])
    assert power(cells).tolist() == [25.0, 1.0]
    assert cells.tolist() == [3.0 + 4.0j, -1.0j]


def test_mono_becomes_two_channels_of_the_length_asked_for() -> None:
    mono = np.ones((1, 3), dtype=np.float32)
    assert same_length(mono, 4).tolist() == [[1, 1, 1, 0]] * 2
    assert same_length(mono, 2).tolist() == [[1, 1]] * 2


def test_the_cosine_of_envelopes_ignores_their_level() -> None:
    one = np.array([1.0, 2.0, 0.0])
    assert cosine_similarity(one, 3 * one) == pytest.approx(1.0)
    assert cosine_similarity(one, np.array([0.0, 0.0, 1.0])) == 0.0
    assert cosine_similarity(one, np.zeros(3)) == 0.0
