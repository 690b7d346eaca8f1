"""What oscillators, noise, FM and ring modulation put on the grid, before the filters.

Sums of partials are computed (``models.partials``). What is no such sum - noise, oscillators that
others modulate, ring modulation - is told by small networks in mel bands, and spread over the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.controls import Controls, Signals
from models.grid import Grid
from models.partials import Partials, Shape
from models.spectral_parts import perceptron, power_of

#: How many times partials share places on the grid, and where there are octaves below the note.
SHARINGS, SHARINGS_BELOW = 3, 4
#: dB that one unit of a network's output means, and what a source has at first.
SOURCE_DB, FIRST_DB = 10.0, -20.0
#: What shapes an oscillator.
SHAPE = ("sawtooth", "pulse", "triangle", "sync")
#: By how much of the detuning 1, 2, 3 and 4 unison voices are off, root mean square.
VOICES_APART = torch.tensor([0.0, 1.0, 0.816, 0.745])
#: Where sources go in spaces that cannot say: into the first filter.
ROUTES = [1.0, 0.0, 0.0]
UNMUTED = [1.0, 0.0]
NOISE, RINGS = 3, ((4, 0, 1), (5, 1, 2))


@dataclass(frozen=True)
class Oscillators:
    """What networks see of the oscillators, each ``(batch, 3, frames, n)``.

    Args:
        pitches: as waves.
        widths: as waves.
        shapes: everything else.
    """

    pitches: Tensor
    widths: Tensor
    shapes: Tensor


class Sources(nn.Module):
    """The sources of one space.

    Args:
        controls: of the space.
        grid: of frequencies.
        hidden, bands: sizes of the networks.
        seen: how many numbers they see of an oscillator's pitch, and of its shape.
        rich: whether there are FM, ring modulation, unison and routes.
    """

    def __init__(
        self,
        controls: Controls,
        grid: Grid,
        hidden: int,
        bands: int,
        seen: tuple[int, int],
        *,
        rich: bool,
    ) -> None:
        super().__init__()
        self._controls, self._grid, self._rich = controls, grid, rich
        self._partials = Partials(grid, SHARINGS_BELOW if rich else SHARINGS)
        pitch, shape = seen
        self.noise = perceptron(1, 32, bands, 1)
        if rich:
            self.fm_second = perceptron(2 * pitch + 3 + 2 * shape + 1, hidden, bands, 2)
            self.fm = perceptron(3 * pitch + 6 + 3 * shape + 5, hidden, bands, 2)
            self.ring = perceptron(2 * (pitch + shape), hidden, bands, 2)
        column = controls.column
        self._channels = [*(f"a_osc_{number}" for number in (1, 2, 3)), "a_noise"]
        if rich:
            self._channels += ["a_ring_modulation_1x2", "a_ring_modulation_2x3"]
        self._levels = [column(f"{name}_volume") for name in self._channels]
        #: Columns of what shapes each oscillator, ``(4, 3)``.
        self.shape_columns = torch.tensor(
            [[column(f"a_osc_{number}_{part}") for number in (1, 2, 3)] for part in SHAPE]
        )
        self._widths = [column(f"a_osc_{number}_width") for number in (1, 2, 3)]
        self._detune = [column(f"a_osc_{number}_unison_detune") for number in (1, 2, 3)]
        self._noise_color, self._fm_depth = column("a_noise_color"), column("a_fm_depth")

    def volumes(self, vectors: Tensor, natives: Tensor) -> Tensor:
        """Return the volumes of the mixer's channels, 0 where muted, ``(batch, channels)``."""
        audible = [
            self._controls.choice(vectors, f"{name}_mute", UNMUTED)[:, 0] for name in self._channels
        ]
        return natives[:, self._levels].clamp_min(0.0) * torch.stack(audible, dim=1)

    def forward(
        self,
        vectors: Tensor,
        natives: Tensor,
        volumes: Tensor,
        signals: Signals,
        oscillators: Oscillators,
    ) -> list[Tensor]:
        """Return the powers that go into each filter, ``(batch, frames, places)``.

        Args:
            vectors: settings, ``(batch, width)``.
            natives: of the same.
            volumes: of the same, from ``volumes``.
            signals: what moves.
            oscillators: what networks see of it.
        """
        choice, levels = self._controls.choice, volumes**6
        routes = [choice(vectors, f"{name}_route", ROUTES) for name in self._channels]
        ways = [
            torch.stack([route[:, one] + route[:, 1] for route in routes], dim=1) * levels
            for one in ((0, 2) if self._rich else (0,))
        ]
        noise = power_of(_source(self.noise(natives[:, self._noise_color, None])))[:, None]
        others = []
        unmodulated, apart = torch.ones(len(vectors), 3), torch.zeros(len(vectors), 3)
        if self._rich:
            routing = choice(vectors, "a_fm_routing", [])
            unmodulated = torch.stack([routing[:, 0], 1.0 - routing[:, 2], routing.sum(1)], dim=1)
            voices = [choice(vectors, f"a_osc_{n}_unison_voices", []) for n in (1, 2, 3)]
            apart = (torch.stack(voices, dim=1) @ VOICES_APART) * natives[:, self._detune]
            others = self._modulated(natives, volumes, oscillators, routing)
        sawtooth, pulse, triangle, sync = natives[:, self.shape_columns].unbind(1)
        shape = Shape(sawtooth, pulse, triangle, sync, natives[:, self._widths])
        pitches, widths = signals.pitches.transpose(1, 2), signals.widths.transpose(1, 2)
        levels_in = torch.stack([way[:, :3] * unmodulated for way in ways])
        placed = self._partials.on_grid(shape, pitches, widths, apart, levels_in)
        buses = []
        for way, partials in zip(ways, placed, strict=True):
            bands = noise * way[:, NOISE, None, None]
            for channel, rows, power in others:
                bands = bands.expand(-1, partials.shape[1], -1)
                bands = bands.index_add(0, rows, power * way[rows, channel, None, None])
            buses.append(partials + bands @ self._grid.spread)
        return buses

    def _modulated(
        self, natives: Tensor, volumes: Tensor, oscillators: Oscillators, routing: Tensor
    ) -> list[tuple[int, Tensor, Tensor]]:
        """Return what is not a sum of partials.

        Returns:
            The channel, which rows of the batch are heard in it, and their power, ``(rows, frames,
            bands)``.
        """

        def heard(channel: int, how: Tensor) -> Tensor:
            [rows] = torch.nonzero((how > 0.5) & (volumes[:, channel] > 0.0), as_tuple=True)
            return rows

        def seen(rows: Tensor, ones: tuple[int, ...], *widths: Tensor) -> list[Tensor]:
            pitches = [oscillators.pitches[rows, one] for one in ones]
            return [*pitches, *widths, *(oscillators.shapes[rows, one] for one in ones)]

        depth = natives[:, self._fm_depth, None] / 24.0
        modulation = torch.cat([routing, depth], dim=1)[:, None]
        modulation = modulation.expand(-1, oscillators.pitches.shape[2], -1)
        rows = heard(0, 1.0 - routing[:, 0])
        known = seen(rows, (0, 1, 2), oscillators.widths[rows, 0])
        found = [(0, rows, self.fm(torch.cat([*known, modulation[rows]], dim=-1)))]
        rows = heard(1, routing[:, 2])
        known = seen(rows, (1, 2), oscillators.widths[rows, 1, :, :3])
        found.append(
            (1, rows, self.fm_second(torch.cat([*known, modulation[rows, :, -1:]], dim=-1)))
        )
        for channel, *ones in RINGS:
            rows = heard(channel, torch.ones(len(natives)))
            found.append((channel, rows, self.ring(torch.cat(seen(rows, tuple(ones)), dim=-1))))
        return [(channel, rows, power_of(_source(output))) for channel, rows, output in found]


def _source(output: Tensor) -> Tensor:
    return output * SOURCE_DB + FIRST_DB
