"""The partials of Surge XT's Modern oscillator, in closed form.

The oscillator (``ModernOscillator.cpp`` of release 1.3.4) plays a sawtooth, a pulse and a triangle
of one phase. With sync the phase starts again at every second period of the note, so partials lie
at multiples of half its frequency; the Fourier coefficients of such a wave follow from its jumps
and bends. All of it can be differentiated by pitch, shape, width and sync.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models.grid import TABLE_HZ, Grid
from models.line_kernels import place_lines, slopes_of_lines
from models.wave_kernels import make_powers, slopes_of_powers

#: Partials are counted in halves of the note's frequency. Up to ``EVERY`` each has a place of its
#: own, then so many times three share one, five, nine and so on.
EVERY, SHARING = 48, 16
HALF_OF_A4_HZ, A4 = 220.0, 69.0


@dataclass(frozen=True)
class Shape:
    """How oscillators sound that stay as they are, each ``(batch, oscillators)``.

    Args:
        sawtooth, pulse, triangle: how much of each, -1..1.
        sync: semitones, 0..60.
        width: of the pulse, 0..1, before it is moved.
    """

    sawtooth: Tensor
    pulse: Tensor
    triangle: Tensor
    sync: Tensor
    width: Tensor


class Partials:
    """Puts partials on a grid.

    Args:
        grid: of frequencies.
        sharings: how many times partials share places.
    """

    def __init__(self, grid: Grid, sharings: int) -> None:
        self._grid = grid
        together = [1] + [1 + 2**sharing for sharing in range(1, sharings + 1)]
        counts = [EVERY] + [SHARING] * sharings
        of_place = torch.repeat_interleave(torch.tensor(together), torch.tensor(counts))
        ends = of_place.cumsum(0)
        #: Mean number of the partials that share a place.
        self._numbers = ends - 0.5 * (of_place - 1.0)
        partials = torch.arange(1.0, int(ends[-1]) + 1.0)
        off_middle = partials - self._numbers.repeat_interleave(of_place)
        #: Of each partial: by how much its number is off that mean, and its place.
        self._each = off_middle, torch.arange(len(of_place)).repeat_interleave(of_place)

    def on_grid(
        self, shape: Shape, pitches: Tensor, widths: Tensor, apart: Tensor, levels: Tensor
    ) -> Tensor:
        """Return the power at each place of the grid, oscillators added up.

        Args:
            shape: of the oscillators.
            pitches: MIDI, ``(batch, frames, oscillators)``.
            widths: of the pulses, 0..1, ``(batch, frames, oscillators)``.
            apart: by how many semitones unison voices are off on either side, 0 where there is
                no unison, ``(batch, oscillators)``.
            levels: what an oscillator's power counts in each bus, ``(buses, batch, oscillators)``.

        Returns:
            Mean squares, ``(buses, batch, frames, places)``.
        """
        cycles = 2.0 * torch.exp2(shape.sync.clamp(0.0, 60.0) / 12.0)
        # How far the pulse is ahead may change with every moment. Of partials that share a place
        # the first one's and the last one's phase then change by different angles, which is
        # neglected.
        shapes = [shape.sawtooth, shape.pulse, shape.triangle, cycles, _ahead(shape.width)]
        powers: Tensor = _Powers.apply(  # type: ignore[no-untyped-call]
            torch.stack(shapes), *self._each, len(self._numbers)
        )
        part = cycles - cycles.detach().floor()
        ahead = _ahead(widths)
        placed: Tensor = _Place.apply(  # type: ignore[no-untyped-call]
            powers,
            ahead / cycles[:, None],
            (ahead + part[:, None] >= 1.0).to(torch.uint8),
            (HALF_OF_A4_HZ / TABLE_HZ) * torch.exp2((pitches - A4) / 12.0),
            # Those that share a place are too close to each other for it to matter.
            torch.exp2(apart / 12.0),
            levels,
            self._numbers,
            self._grid,
        )
        return placed


class _Powers(torch.autograd.Function):
    """The powers of partials, and the slopes of what shapes the waves; see ``make_powers``."""

    @staticmethod
    def forward(ctx: Any, shape: Tensor, off: Tensor, places: Tensor, count: int) -> Tensor:
        ctx.given = [one.detach().contiguous().numpy() for one in (shape, off, places)]
        powers = torch.zeros(2, 3, *shape.shape[1:], count)
        make_powers(powers.numpy(), *ctx.given)
        return powers

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        by_shape = torch.empty(ctx.given[0].shape)
        slopes_of_powers(by_shape.numpy(), slopes[0].contiguous().numpy(), *ctx.given)
        return by_shape, None, None, None


class _Place(torch.autograd.Function):
    """Partials on the grid, and the slopes of all that can change; see ``place_lines``."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        *tensors, grid = given
        levels, turns = given[5], given[1]
        ctx.given = [tensor.detach().contiguous().numpy() for tensor in tensors]
        ctx.more = EVERY, grid.table.numpy()
        placed = torch.zeros(len(levels), *turns.shape[:2], grid.places)
        place_lines(placed.numpy(), *ctx.given, *ctx.more)
        return placed

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        [slope] = slopes
        powers, turns, _, steps, apart, levels, _ = ctx.given
        by = [torch.zeros(one.shape) for one in (powers, turns, steps, apart, levels)]
        given: list[Any] = [one.numpy() for one in (*by, slope.contiguous())]
        slopes_of_lines(*given, *ctx.given, *ctx.more)
        return by[0], by[1], None, *by[2:], None, None


def _ahead(width: Tensor) -> Tensor:
    """Return by how much of a period the pulse's second sawtooth is ahead of the first."""
    return 1.0 - width.clamp(0.01, 0.99)
