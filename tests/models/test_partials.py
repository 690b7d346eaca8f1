"""Partials in closed form are those of the oscillator's wave, and stand where they are heard."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from models.features import FeatureConfig, LogMel
from models.grid import Grid
from models.partials import EVERY, SHARING, Partials, Shape

FEATURES = FeatureConfig()
GRID = Grid(FEATURES)
LEAST = 1e-7
#: Partials of a note that share places three times.
COUNT = EVERY + SHARING * (3 + 5 + 9)


def wave(
    sawtooth: float, pulse: float, triangle: float, sync: float, width: float
) -> npt.NDArray[np.float64]:
    """Two periods of a note, from where sync begins again to where it does so next."""
    cycles = 2.0 * 2.0 ** (sync / 12.0)
    phase = cycles * (np.arange(1 << 15) + 0.5) / (1 << 15) % 1.0

    def saw(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return 2.0 * (at % 1.0) - 1.0

    bent = 1.0 - np.abs(4.0 * ((phase + 0.25) % 1.0) - 2.0)
    return (sawtooth - pulse) * saw(phase) + pulse * saw(phase + 1.0 - width) + triangle * bent


def one(*numbers: float) -> list[Tensor]:
    return [torch.tensor([[number]]) for number in numbers]


@pytest.mark.parametrize(
    ("sawtooth", "pulse", "triangle", "sync", "width"),
    [
        (1.0, 0.0, 0.0, 0.0, 0.5),
        (0.0, 1.0, 0.0, 0.0, 0.3),
        (0.0, 0.0, 1.0, 0.0, 0.5),
        (0.4, -0.7, 0.9, 7.3, 0.8),
        (-0.5, 0.6, 0.2, 24.2, 0.13),
        (0.3, 0.9, -0.8, 35.1, 0.95),
    ],
)
def test_partials_are_the_fourier_series_of_the_wave(
    sawtooth: float, pulse: float, triangle: float, sync: float, width: float
) -> None:
    played = wave(sawtooth, pulse, triangle, sync, width)
    wanted = 2.0 * np.abs(np.fft.rfft(played)[1 : EVERY + 1] / len(played)) ** 2
    # A note of 40 Hz has its partials at multiples of 20 Hz; the grid keeps their sum.
    shape = Shape(*one(sawtooth, pulse, triangle, sync, width))
    partials = Partials(GRID, 0)
    pitch = torch.full((1, 1, 1), 69.0 - 12.0 * np.log2(440.0 / 40.0))
    grid = partials.on_grid(shape, pitch, torch.full((1, 1, 1), width), None)[0, 0, 0].numpy()
    assert grid.sum() == pytest.approx(wanted.sum(), rel=0.01)
    below = GRID.frequencies_hz.numpy()
    for top_hz in (70.0, 210.0, 610.0):  # half-way between two partials
        share = np.interp(20.0 * np.arange(1, EVERY + 1), below, below < top_hz)
        assert grid[below < top_hz].sum() == pytest.approx(share @ wanted, rel=0.02, abs=LEAST)


def test_partials_that_share_places_are_heard_as_if_they_did_not() -> None:
    shape = Shape(*one(0.4, -0.7, 0.9, 7.3, 0.3))
    at = (torch.full((1, 1, 1), 36.0), torch.full((1, 1, 1), 0.3))
    some, lowest = (
        Partials(GRID, sharings).on_grid(shape, *at, None)[0, 0, 0] @ GRID.heard
        for sharings in (3, 0)
    )
    played = np.abs(np.fft.rfft(wave(0.4, -0.7, 0.9, 7.3, 0.3)) / (1 << 15)) ** 2
    lines = torch.from_numpy(2.0 * played[None, 1 : COUNT + 1]).float()
    hz = 220.0 * 2.0 ** ((36.0 - 69.0) / 12.0) * torch.arange(1.0, COUNT + 1.0)[None]
    wanted = (GRID.add_lines(torch.zeros(1, GRID.places), hz, lines) @ GRID.heard)[0]
    difference = 10.0 * torch.log10((some + LEAST) / (wanted + LEAST))
    assert difference.abs().mean() < 0.7
    lost = 10.0 * torch.log10((lowest + LEAST) / (wanted + LEAST))
    assert lost.abs().mean() > 3.0 * difference.abs().mean()


def test_unison_voices_are_heard_on_either_side() -> None:
    shape, width = Shape(*one(0.0, 0.0, 1.0, 0.0, 0.5)), torch.full((1, 1, 1), 0.5)
    pitch = torch.full((1, 1, 1), 69.0)
    together, apart = (
        Partials(GRID, 0).on_grid(shape, pitch, width, torch.tensor([[by]]))[0, 0, 0]
        for by in (0.0, 6.0)
    )
    assert together.argmax() == (GRID.frequencies_hz - 440.0).abs().argmin()
    at_440 = (GRID.frequencies_hz - 440.0).abs() < 40.0
    assert apart[at_440].sum() < 1e-3 * together[at_440].sum()
    assert apart.sum() == pytest.approx(float(together.sum()), rel=1e-3)


@pytest.mark.parametrize("frequency_hz", [333.0, 1234.5, 5000.0, 15000.0])
def test_a_line_on_the_grid_is_heard_as_a_sine_is(frequency_hz: float) -> None:
    time_s = torch.arange(FEATURES.samples) / FEATURES.sample_rate_hz
    sine = torch.sin(2.0 * torch.pi * frequency_hz * time_s).expand(1, 2, -1)
    wanted = LogMel(FEATURES)(sine)[0, 0, :, 200]
    line = GRID.add_lines(
        torch.zeros(1, GRID.places), torch.tensor([[frequency_hz]]), torch.ones(1, 1)
    )
    heard = 10.0 * torch.log10((line @ GRID.heard)[0] + 1e-12)
    difference = heard - heard.max() - wanted
    assert heard.argmax() == wanted.argmax()
    assert difference[wanted > -12.0].abs().max() < 2.5
    assert (heard - heard.max())[wanted < -60.0].max() < -30.0


def test_what_is_spread_is_heard_where_it_should_be() -> None:
    heard = GRID.spread @ GRID.heard
    torch.testing.assert_close(heard.diagonal(), torch.ones(128))
    assert (heard.argmax(dim=1) == torch.arange(128)).float().mean() > 0.95


def test_slopes_are_finite_at_the_ends_of_what_parameters_say() -> None:
    ends = [torch.tensor([[low, high]], requires_grad=True) for low, high in [(-1.0, 1.0)] * 3]
    sync = torch.tensor([[0.0, 60.0]], requires_grad=True)
    pitch = torch.tensor([[[5.0, 140.0]]], requires_grad=True)
    width = torch.tensor([[[-1.0, 2.0]]], requires_grad=True)
    grid = Partials(GRID, 3).on_grid(Shape(*ends, sync, ends[0]), pitch, width, torch.ones(1, 2))
    slopes = torch.autograd.grad(grid.sum(), [*ends, sync, pitch, width])
    assert all(bool(torch.isfinite(slope).all()) for slope in slopes)
