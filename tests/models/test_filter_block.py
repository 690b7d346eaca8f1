"""Voices take the ways through both filters that the configuration says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from backend.matching.control_layout import control_layout
from backend.records import Note, ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec
from models.controls import Controls
from models.features import FeatureConfig
from models.filter_block import FilterBlock
from models.grid import Grid

SPEC = load_spec("surge_full")
CONTROLS = Controls(control_layout(SPEC))
GRID = Grid(FeatureConfig())
#: Both filters open, low passes without resonance; what is not named is as drawn.
PLAIN: dict[str, float | str] = {
    "a_filter_balance": 0.5,
    **{f"a_filter_{n}_type": "LP 12 dB" for n in (1, 2)},
    **{f"a_filter_{n}_resonance": 0.0 for n in (1, 2)},
    **{f"a_filter_{n}_feg_mod_amount": 0.5 for n in (1, 2)},
    **{f"a_filter_{n}_cutoff": 0.9 for n in (1, 2)},
    **{f"a_lfo_{n}_amplitude": 0.0 for n in (1, 2)},
}


@pytest.fixture(scope="module")
def block() -> FilterBlock:
    torch.manual_seed(0)
    block = FilterBlock(CONTROLS, GRID, rich=True)
    with torch.no_grad():
        for one in block.filters:
            one.settle[-1].weight.zero_()  # type: ignore[index, union-attr, operator]
            one.settle[-1].bias.copy_(torch.tensor([0.0, -30.0]))  # type: ignore[index, union-attr, operator]
    return block.eval()


def heard(block: FilterBlock, first: float, second: float, **values: float | str) -> Tensor:
    """What comes out where so much noise goes into each filter, ``(places,)``."""
    drawn = draw_parameters(SPEC, 1)
    named = {**drawn.values, **PLAIN, **values}
    vectors = torch.from_numpy(SPEC.encode(ParameterSet(SPEC.name, named, Note(60, 0.0, 3.0))))[
        None
    ]
    natives = CONTROLS.natives(vectors)
    signals = CONTROLS(vectors, natives, torch.tensor([[1.0]]))
    buses = [torch.full((1, 1, GRID.places), power) for power in (first, second)]
    with torch.no_grad():
        out: Tensor = block(vectors, natives, buses, signals)
    return out[0, 0]


SERIAL = ["Serial 1", "Serial 2"]
BESIDE = ["Dual 1", "Dual 2", "Stereo"]


@pytest.mark.parametrize("configuration", SERIAL)
def test_in_series_the_second_filter_hears_the_first(
    block: FilterBlock, configuration: str
) -> None:
    both, low = (
        heard(block, 1.0, 0.0, a_filter_configuration=configuration, a_filter_2_cutoff=cutoff)
        for cutoff in (0.9, 0.1)
    )
    assert low.sum() < 0.1 * both.sum()
    added = heard(block, 1.0, 1.0, a_filter_configuration=configuration)
    torch.testing.assert_close(
        added - both, heard(block, 0.0, 1.0, a_filter_configuration=configuration)
    )


@pytest.mark.parametrize("configuration", BESIDE)
def test_beside_each_other_they_add_up_by_balance(block: FilterBlock, configuration: str) -> None:
    def of(first: float, second: float, balance: float) -> Tensor:
        chosen = {"a_filter_configuration": configuration, "a_filter_balance": balance}
        return heard(block, first, second, **chosen)

    torch.testing.assert_close(of(1.0, 1.0, 0.5), of(1.0, 0.0, 0.5) + of(0.0, 1.0, 0.5))
    assert max(of(0.0, 1.0, 0.0).sum(), of(1.0, 0.0, 1.0).sum()) < 1e-20
    torch.testing.assert_close(of(1.0, 0.0, 0.0), 4.0 * of(1.0, 0.0, 0.5))


def test_in_serial_3_the_second_filter_is_not_heard(block: FilterBlock) -> None:
    one, other = (
        heard(block, 1.0, 1.0, a_filter_configuration="Serial 3", a_filter_2_cutoff=cutoff)
        for cutoff in (0.9, 0.1)
    )
    torch.testing.assert_close(one, other)
    assert one.sum() > 0.0


def test_balance_in_series_passes_a_filter_by(block: FilterBlock) -> None:
    for number, balance in ((1, 1.0), (2, 0.0)):
        shut = {f"a_filter_{number}_cutoff": 0.05}
        through = heard(block, 1.0, 0.0, a_filter_configuration="Serial 1", **shut)
        past = heard(
            block, 1.0, 0.0, a_filter_configuration="Serial 1", a_filter_balance=balance, **shut
        )
        assert past.sum() > 5.0 * through.sum()


def test_wide_sends_both_buses_through_both(block: FilterBlock) -> None:
    one, other = (
        heard(block, first, second, a_filter_configuration="Wide")
        for first, second in ((1.0, 0.0), (0.0, 1.0))
    )
    torch.testing.assert_close(one, other)


def test_the_simple_space_has_two_low_passes_in_series() -> None:
    spec = load_spec("surge_simple")
    controls = Controls(control_layout(spec))
    torch.manual_seed(0)
    block = FilterBlock(controls, GRID, rich=False).eval()
    vectors = torch.from_numpy(spec.encode(draw_parameters(spec, 2)))[None]
    natives = controls.natives(vectors)
    signals = controls(vectors, natives, torch.tensor([[1.0]]))
    power = torch.ones(1, 1, GRID.places)
    with torch.no_grad():
        out = block(vectors, natives, [power], signals)
        kind, resonances = torch.eye(11)[:1], [natives[:, [place]] for place in block._resonances]
        for number, one in enumerate(block.filters):
            power = one(
                power, kind, signals.cutoffs[:, number], resonances[number], signals.since_on_s
            )
    torch.testing.assert_close(out, power)
