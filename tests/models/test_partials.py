"""Partials in closed form are those of the oscillator's wave, and stand where they are heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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


def alone(partials: Partials, shape: Shape, pitch: float, width: float, apart: float) -> Tensor:
    """The grid of one oscillator at one moment."""
    at = (torch.full((1, 1, 1), number) for number in (pitch, width))
    return partials.on_grid(shape, *at, torch.tensor([[apart]]), torch.ones(1, 1, 1))[0, 0, 0]


def lines(frequencies_hz: Tensor, powers: Tensor) -> Tensor:
    """Lines on the grid, each shared by the places it lies between."""
    place = GRID.places_of(frequencies_hz)
    first = place.floor()
    grid = torch.zeros(GRID.places).index_add(0, first.long(), powers * (1.0 - place + first))
    return grid.index_add(0, first.long() + 1, powers * (place - first))


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
    pitch = 69.0 - 12.0 * np.log2(440.0 / 40.0)
    grid = alone(Partials(GRID, 0), shape, pitch, width, 0.0).numpy()
    assert grid.sum() == pytest.approx(wanted.sum(), rel=0.01)
    below = GRID.frequencies_hz.numpy()
    for top_hz in (70.0, 210.0, 610.0):  # half-way between two partials
        share = np.interp(20.0 * np.arange(1, EVERY + 1), below, below < top_hz)
        assert grid[below < top_hz].sum() == pytest.approx(share @ wanted, rel=0.02, abs=LEAST)


def test_partials_that_share_places_are_heard_as_if_they_did_not() -> None:
    shape = Shape(*one(0.4, -0.7, 0.9, 7.3, 0.3))
    some, lowest = (
        alone(Partials(GRID, sharings), shape, 36.0, 0.3, 0.0) @ GRID.heard for sharings in (3, 0)
    )
    played = np.abs(np.fft.rfft(wave(0.4, -0.7, 0.9, 7.3, 0.3)) / (1 << 15)) ** 2
    powers = torch.from_numpy(2.0 * played[1 : COUNT + 1]).float()
    hz = 220.0 * 2.0 ** ((36.0 - 69.0) / 12.0) * torch.arange(1.0, COUNT + 1.0)
    wanted = lines(hz, powers) @ GRID.heard
    difference = 10.0 * torch.log10((some + LEAST) / (wanted + LEAST))
    assert difference.abs().mean() < 0.7
    lost = 10.0 * torch.log10((lowest + LEAST) / (wanted + LEAST))
    assert lost.abs().mean() > 3.0 * difference.abs().mean()


def test_unison_voices_are_heard_on_either_side() -> None:
    shape = Shape(*one(0.0, 0.0, 1.0, 0.0, 0.5))
    together, apart = (alone(Partials(GRID, 0), shape, 69.0, 0.5, by) for by in (0.0, 6.0))
    assert together.argmax() == (GRID.frequencies_hz - 440.0).abs().argmin()
    at_440 = (GRID.frequencies_hz - 440.0).abs() < 40.0
    assert apart[at_440].sum() < 1e-3 * together[at_440].sum()
    assert apart.sum() == pytest.approx(float(together.sum()), rel=1e-3)


@pytest.mark.parametrize("frequency_hz", [333.0, 1234.5, 5000.0, 15000.0])
def test_a_line_on_the_grid_is_heard_as_a_sine_is(frequency_hz: float) -> None:
    time_s = torch.arange(FEATURES.samples) / FEATURES.sample_rate_hz
    sine = torch.sin(2.0 * torch.pi * frequency_hz * time_s).expand(1, 2, -1)
    wanted = LogMel(FEATURES)(sine)[0, 0, :, 200]
    line = lines(torch.tensor([frequency_hz]), torch.ones(1))
    heard = 10.0 * torch.log10(line @ GRID.heard + 1e-12)
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
    shape = Shape(*ends, sync, ends[0])
    apart, levels = torch.ones(1, 2), torch.ones(1, 1, 2)
    grid = Partials(GRID, 3).on_grid(shape, pitch, width, apart, levels)
    slopes = torch.autograd.grad(grid.sum(), [*ends, sync, pitch, width])
    assert all(bool(torch.isfinite(slope).all()) for slope in slopes)


def slopes_and_differences(
    sum_of: Callable[[list[Tensor]], Tensor], given: list[Tensor], step: float
) -> Iterator[tuple[float, float]]:
    """The slope by each number, and how far its sum goes on both sides of it."""
    slopes = torch.autograd.grad(sum_of([one.requires_grad_() for one in given]), given)
    with torch.no_grad():
        for place, slope in enumerate(slopes):
            for at in range(slope.numel()):
                ends = []
                for side in (-1.0, 1.0):
                    moved = [one.detach().clone() for one in given]
                    moved[place].view(-1)[at] += side * step
                    ends.append(float(sum_of(moved)))
                yield float(slope.reshape(-1)[at]), (ends[1] - ends[0]) / (2.0 * step)


def test_slopes_are_those_of_what_is_on_the_grid() -> None:
    rng = torch.Generator().manual_seed(0)

    def drawn(low: float, high: float, *size: int) -> Tensor:
        return low + (high - low) * torch.rand(*size, generator=rng)

    partials = Partials(GRID, 2)
    # Each place counts differently, and smoothly: where a line lies has a slope too.
    counts = torch.sin(torch.arange(GRID.places) * 0.05) + 1.5
    given = [drawn(-1.0, 1.0, 2, 2) for _ in range(3)]
    given += [drawn(1.0, 30.0, 2, 2), drawn(0.2, 0.8, 2, 2), drawn(40.0, 80.0, 2, 3, 2)]
    given += [drawn(0.2, 0.8, 2, 3, 2), drawn(0.05, 0.4, 2, 2), drawn(0.2, 1.0, 2, 2, 2)]

    def sum_of(at: list[Tensor]) -> Tensor:
        grid = partials.on_grid(Shape(*at[:5]), *at[5:])
        return (grid * counts).double().sum()

    pairs = np.array(list(slopes_and_differences(sum_of, given, 1e-3)))
    assert np.abs(pairs[:, 0]).max() > 0.1
    off = np.abs(pairs[:, 0] - pairs[:, 1])
    # A difference is off where a corner of a cycle comes or goes in between, and by rounding.
    assert np.median(off) < 2e-3
    assert (off < 0.02 + 0.03 * np.abs(pairs[:, 1])).mean() > 0.95


def test_an_oscillator_that_is_in_no_bus_is_not_on_the_grid() -> None:
    shape = Shape(*(torch.full((1, 2), number) for number in (1.0, 0.5, -0.5, 7.0, 0.4)))
    pitch, width = torch.tensor([[[60.0, 71.0]]]), torch.full((1, 1, 2), 0.4)
    levels = torch.tensor([[[1.0, 0.0]], [[0.0, 0.5]]])
    both = Partials(GRID, 1).on_grid(shape, pitch, width, torch.zeros(1, 2), levels)[:, 0, 0]
    for bus, (at, level) in enumerate([(60.0, 1.0), (71.0, 0.5)]):
        single = Shape(*one(1.0, 0.5, -0.5, 7.0, 0.4))
        wanted = level * alone(Partials(GRID, 1), single, at, 0.4, 0.0)
        torch.testing.assert_close(both[bus], wanted)
