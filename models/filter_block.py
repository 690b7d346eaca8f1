"""Both filters, and the ways of a voice through them (``QuadFilterChain.cpp`` of Surge XT 1.3.4).

Feedback and the waveshaper are not in it; the proxy's correction has to learn them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.controls import Controls, Signals
from models.filters import LOW_PASS, Filter
from models.grid import Grid


class FilterBlock(nn.Module):
    """Two filters.

    Args:
        controls: of the space.
        grid: of frequencies.
        rich: whether the space has kinds of filters and configurations; else they are in series.
    """

    def __init__(self, controls: Controls, grid: Grid, *, rich: bool) -> None:
        super().__init__()
        self._controls, self._rich = controls, rich
        self.filters = nn.ModuleList(Filter(grid, kinds=rich) for _ in range(2))
        self._resonances = [controls.column(f"a_filter_{n}_resonance") for n in (1, 2)]
        self._balance = controls.column("a_filter_balance")

    def forward(
        self, vectors: Tensor, natives: Tensor, buses: list[Tensor], signals: Signals
    ) -> Tensor:
        """Return the power that comes out, ``(batch, frames, places)``.

        Args:
            vectors: settings, ``(batch, width)``.
            natives: of the same.
            buses: what goes into each filter.
            signals: what moves.
        """

        def through(number: int, power: Tensor) -> Tensor:
            kind = self._controls.choice(vectors, f"a_filter_{number + 1}_type", LOW_PASS)
            resonance = natives[:, self._resonances[number], None]
            heard: Tensor = self.filters[number](
                power, kind, signals.cutoffs[:, number], resonance, signals.since_on_s
            )
            return heard

        if not self._rich:
            return through(1, through(0, buses[0]))
        kind = self._controls.choice(vectors, "a_filter_configuration", [])[:, :, None, None]
        # Serial 1 to 3, Dual 1 and 2, Stereo, Wide. In Serial 3 the second is only fed back.
        serial, third, wide = kind[:, :3].sum(dim=1) + kind[:, 6], kind[:, 2], kind[:, 6]
        balance = natives[:, self._balance, None, None]
        mixes = [
            torch.where(serial > 0.5, (1.0 + side).clamp_max(1.0), 0.5 + 0.5 * side)
            for side in (-balance, balance)
        ]
        into_first = buses[0] + wide * buses[1]
        first = through(0, into_first) * mixes[0].square()
        first = first + serial * (1.0 - mixes[0]).square() * into_first
        second = through(1, (1.0 - wide) * buses[1] + serial * first)
        beyond = (1.0 - third) * second * mixes[1].square()
        past = third + (1.0 - third) * (serial * (1.0 - mixes[1]).square() + 1.0 - serial)
        return first * past + beyond
