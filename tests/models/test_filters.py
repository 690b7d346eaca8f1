"""Filters in closed form weigh frequencies as the filters that run sample by sample do."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch

from models.features import FeatureConfig
from models.filters import KINDS, Filter, _Weigh
from models.grid import Grid

GRID = Grid(FeatureConfig())
RATE_HZ = 88_200
LABELS = (
    *("LP 12 dB", "LP 24 dB", "HP 12 dB", "HP 24 dB", "BP 12 dB", "N 12 dB", "FX Comb +"),
    *("BP 24 dB", "N 24 dB", "FX Comb -", "FX Allpass"),
)
FREQUENCIES_HZ = np.array([60.0, 150.0, 400.0, 700.0, 1000.0, 1400.0, 3000.0, 8000.0])
Signal = npt.NDArray[np.float64]


def unsettled(*, kinds: bool = True) -> Filter:
    """A filter whose damping is what Surge XT sets it to, and that does not whistle."""
    torch.manual_seed(0)
    one = Filter(GRID, kinds=kinds)
    last = one.settle[-1]
    assert isinstance(last, torch.nn.Linear)
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([0.0, -30.0]))
    return one.eval()


def gains_db(label: str, cutoff: float, resonance: float, frequencies_hz: Signal) -> Signal:
    kind = torch.zeros(1, len(KINDS))
    kind[0, LABELS.index(label)] = 1.0
    one = torch.ones(1, 1)
    with torch.no_grad():
        heard = unsettled()(
            torch.ones(1, 1, GRID.places) * 1e-9, kind, one * cutoff, one * resonance, one
        )
    db = 10.0 * torch.log10(heard[0, 0] * 1e9 + 1e-9).numpy()
    return np.interp(frequencies_hz, GRID.frequencies_hz.numpy(), db)


def state_variable(inputs: Signal, cutoff_hz: float, resonance: float, kind: str) -> Signal:
    """Surge XT's standard filters, of one or two stages, with small signals."""
    two = "24" in kind
    rate = 2.0 * math.sin(math.pi * min(0.11, cutoff_hz / (2.0 * RATE_HZ)))
    root = math.sqrt(resonance)
    overshoot = 0.1 if two and "BP" not in kind else 0.15
    damping = 2.0 - root * (2.0 + overshoot) + rate * rate * overshoot * 0.9
    damping = min(damping, 2.0, 2.0 - 1.52 * rate)
    out = np.empty_like(inputs)
    low, band = np.zeros((2, len(inputs))), np.zeros((2, len(inputs)))
    for sample in range(inputs.shape[1]):
        signal = inputs[:, sample]
        for stage in range(2 if two else 1):
            for _ in range(2):
                low[stage] = low[stage] + rate * band[stage]
                high = signal - low[stage] - damping * band[stage]
                band[stage] = band[stage] + rate * high
            signal = {"LP": low[stage], "BP": band[stage], "HP": high}[kind[:2]].copy()
        out[:, sample] = signal * (1.0 - 0.65 * root)
    return out


def comb(inputs: Signal, cutoff_hz: float, feedback: float) -> Signal:
    delay = round(RATE_HZ / cutoff_hz)
    line = np.zeros((len(inputs), inputs.shape[1] + delay))
    out = np.empty_like(inputs)
    for sample in range(inputs.shape[1]):
        late = line[:, sample]
        line[:, sample + delay] = inputs[:, sample] + feedback * late
        out[:, sample] = 0.5 * inputs[:, sample] + 0.5 * late
    return out


def sines() -> Signal:
    return np.sin(2.0 * np.pi * np.outer(FREQUENCIES_HZ, np.arange(12_000)) / RATE_HZ)


def level_db(signal: Signal) -> Signal:
    settled = signal[:, 6_000:]
    return np.asarray(10.0 * np.log10(2.0 * (settled**2).mean(axis=1)))


@pytest.mark.parametrize("resonance", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("label", ["LP 12 dB", "HP 12 dB", "BP 12 dB", "LP 24 dB", "HP 24 dB"])
def test_a_state_variable_filter_weighs_as_it_runs(label: str, resonance: float) -> None:
    played = level_db(state_variable(sines(), 880.0, resonance, label))
    foreseen = gains_db(label, 12.0, resonance, FREQUENCIES_HZ)
    heard = played > -60.0
    # A second stage is loud by itself: Surge XT's gain is for both.
    assert heard.sum() >= 4
    assert np.abs(played - foreseen)[heard].max() < 1.5


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_comb_weighs_as_it_runs(sign: float) -> None:
    frequencies_hz = np.array([220.0, 330.0, 440.0, 550.0, 660.0, 1540.0])
    inputs = np.sin(2.0 * np.pi * np.outer(frequencies_hz, np.arange(30_000)) / RATE_HZ)
    played = level_db(comb(inputs, 440.0, 0.6 * sign))
    label = "FX Comb +" if sign > 0 else "FX Comb -"
    assert np.abs(played - gains_db(label, 0.0, 0.6, frequencies_hz)).max() < 1.5


def test_a_notch_takes_its_cutoff_out_and_an_all_pass_nothing() -> None:
    at = np.array([100.0, 880.0, 6000.0])
    for label in ("N 12 dB", "N 24 dB"):
        low, there, high = gains_db(label, 12.0, 0.6, at)
        assert there < -15.0
        assert min(low, high) > -1.5
    assert np.abs(gains_db("FX Allpass", 12.0, 0.6, at)).max() < 0.01


def test_without_kinds_it_is_the_low_pass_of_12_db() -> None:
    power = torch.rand(1, 1, GRID.places)
    one, kind = torch.ones(1, 1), torch.zeros(1, len(KINDS))
    kind[0, 0] = 1.0
    with torch.no_grad():
        plain, general = (
            unsettled(kinds=kinds)(power, kind, one * 7.0, one * 0.5, one)
            for kinds in (False, True)
        )
    torch.testing.assert_close(plain, general)


def test_a_whistle_is_a_line_at_the_cutoff() -> None:
    whistling = unsettled(kinds=False)
    with torch.no_grad():
        whistling.settle[-1].bias.copy_(torch.tensor([0.0, 0.0]))  # type: ignore[union-attr]
        one, kind = torch.ones(1, 1), torch.eye(len(KINDS))[:1]
        heard = whistling(torch.zeros(1, 1, GRID.places), kind, one * 12.0, one * 0.95, one)[0, 0]
    loud = torch.nonzero(heard)[:, 0]
    assert len(loud) == 2
    assert GRID.frequencies_hz[loud[0]] <= 880.0 <= GRID.frequencies_hz[loud[1]]
    assert float(heard.sum()) == pytest.approx((1.0 - 0.65 * math.sqrt(0.95)) ** 2, rel=1e-4)


def test_slopes_are_finite_far_beyond_what_parameters_say() -> None:
    cutoff = torch.tensor([[-300.0, 0.0, 300.0]] * len(KINDS), requires_grad=True)
    resonance = torch.linspace(0.0, 1.0, len(KINDS))[:, None].requires_grad_()
    power = torch.rand(len(KINDS), 3, GRID.places)
    torch.manual_seed(0)
    heard = Filter(GRID, kinds=True)(
        power, torch.eye(len(KINDS)), cutoff, resonance, torch.zeros(len(KINDS), 3)
    )
    slopes = torch.autograd.grad(heard.sum(), [cutoff, resonance])
    assert all(bool(torch.isfinite(slope).all()) for slope in slopes)


def test_the_slopes_of_a_filter_are_right() -> None:
    rng = torch.Generator().manual_seed(0)

    def drawn(*size: int) -> torch.Tensor:
        return torch.rand(*size, generator=rng, dtype=torch.float64)

    power, cutoff, damping = drawn(3, 2, 9), 6.0 + drawn(3, 2), 0.3 + drawn(3, 2)
    factor, whistle, place = 0.5 + drawn(3, 2), drawn(3, 2), 3.2 + 0.6 * drawn(3, 2)
    given = [one.requires_grad_() for one in (power, cutoff, damping, factor, whistle, place)]
    squares = torch.linspace(100.0, 3000.0, 9, dtype=torch.float64).square()
    numerators = torch.tensor([[1.0, -2.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]).double()
    twice = torch.tensor([0.0, 1.0, 1.0]).double()
    assert torch.autograd.gradcheck(
        lambda *moving: _Weigh.apply(*moving, squares, numerators, twice), given
    )
