"""The partials of Surge XT's Modern oscillator, in closed form.

The oscillator (``ModernOscillator.cpp`` of release 1.3.4) plays a sawtooth, a pulse and a triangle
of one phase. With sync the phase starts again at every second period of the note, so partials lie
at multiples of half its frequency; the Fourier coefficients of such a wave follow from its jumps
and bends. All of it can be differentiated by pitch, shape, width and sync.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from models.grid import Grid

#: Partials are counted in halves of the note's frequency. Up to ``EVERY`` each has a place of its
#: own, then so many times three share one, five, nine and so on.
EVERY, SHARING = 48, 16
#: Where sin(x) is less than this, sin(nx)/sin(x) is taken from its limit.
NEARLY_ZERO = 1e-3
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
        self._together = [1] + [1 + 2**sharing for sharing in range(1, sharings + 1)]
        counts = [EVERY] + [SHARING] * sharings
        of_place = torch.repeat_interleave(torch.tensor(self._together), torch.tensor(counts))
        ends = of_place.cumsum(0)
        self._turn = 2.0 * math.pi * torch.arange(1.0, int(ends[-1]) + 1.0)
        #: Mean number of the partials that share a place.
        self._numbers = ends - 0.5 * (of_place - 1.0)
        self._off_middle = self._turn - 2.0 * math.pi * self._numbers.repeat_interleave(of_place)

    def on_grid(
        self, shape: Shape, pitches: Tensor, widths: Tensor, apart: Tensor | None
    ) -> Tensor:
        """Return the power at each place of the grid.

        Args:
            shape: of the oscillators.
            pitches: MIDI, ``(batch, frames, oscillators)``.
            widths: of the pulses, 0..1, ``(batch, frames, oscillators)``.
            apart: by how many semitones unison voices are off on either side, ``(batch,
                oscillators)``; None where there is no unison.

        Returns:
            Mean squares, ``(batch, frames, oscillators, places)``.
        """
        powers = self._powers(shape, widths)
        halves = HALF_OF_A4_HZ * torch.exp2((pitches - A4) / 12.0)
        frequencies = halves[..., None] * self._numbers
        if apart is not None:
            # Those that share a place are too close to each other for it to matter.
            single, shared = powers[..., :EVERY] * 0.5, powers[..., EVERY:]
            powers = torch.cat([single, single, shared], dim=3)
            detune = torch.exp2(apart[:, None, :, None] / 12.0)
            low, high = frequencies[..., :EVERY] / detune, frequencies[..., :EVERY] * detune
            frequencies = torch.cat([low, high, frequencies[..., EVERY:]], dim=3)
        nothing = torch.zeros(powers[..., 0].numel(), self._grid.places)
        grid = self._grid.add_lines(nothing, frequencies.flatten(0, 2), powers.flatten(0, 2))
        return grid.view(*pitches.shape, self._grid.places)

    def _powers(self, shape: Shape, widths: Tensor) -> Tensor:
        """Return each partial's power, ``(batch, frames, oscillators, partials)``."""
        cycles = 2.0 * torch.exp2(shape.sync.clamp(0.0, 60.0) / 12.0)[..., None]
        angle = self._turn / cycles
        whole = cycles.detach().floor()
        part = cycles - whole
        # The jumps at the end of each cycle, and where sync cuts the last one off.
        ends_real, ends_imag = _row(angle, whole, 1.0)
        tri_real, tri_imag = self._triangle(angle, cycles, whole, part)
        own, triangle = (shape.sawtooth - shape.pulse)[..., None], shape.triangle[..., None]
        real = triangle * tri_real - 2.0 * own * (ends_real + part)
        imag = triangle * tri_imag - 2.0 * own * ends_imag
        # The pulse is another sawtooth, ahead, less that; it may end once more before the cut.
        twice, last = 2.0 * shape.pulse[..., None], angle * (whole + 1.0)
        # How far it is ahead may change with every moment. Of partials that share a place the first
        # one's and the last one's phase then change by different angles, which is neglected.
        off = self._off_middle / cycles * _ahead(shape.width)[..., None]
        off_cosine, off_sine = off.cos(), off.sin()
        each = []
        for more in (0.0, 1.0):
            other_real = twice * (ends_real + more * last.cos())
            other_imag = twice * (ends_imag - more * last.sin())
            cut = real + twice * (more - part)
            still = cut.square() + imag.square() + other_real.square() + other_imag.square()
            cosine = -2.0 * (cut * other_real + imag * other_imag)
            sine = 2.0 * (cut * other_imag - imag * other_real)
            turned = (
                still,
                cosine * off_cosine + sine * off_sine,
                sine * off_cosine - cosine * off_sine,
            )
            each.append([self._shared(one) for one in turned])
        ahead = _ahead(widths)[..., None]
        ends_again = ahead + part[:, None] >= 1.0
        still, cosine, sine = (
            torch.where(ends_again, more[:, None], less[:, None])
            for less, more in zip(*each, strict=True)
        )
        turns = (2.0 * math.pi * self._numbers / cycles)[:, None] * ahead
        return (still + cosine * turns.cos() + sine * turns.sin()).clamp_min(0.0)

    def _shared(self, of_partials: Tensor) -> Tensor:
        """Return sums of powers, each partial's for a coefficient of 1 divided by its frequency."""
        powers = of_partials * (2.0 / self._turn.square())
        sizes = [EVERY] + [SHARING * together for together in self._together[1:]]
        first, *others = torch.split(powers, sizes, dim=-1)
        parts = [
            other.view(*other.shape[:-1], SHARING, together).sum(dim=-1)
            for other, together in zip(others, self._together[1:], strict=True)
        ]
        return torch.cat([first, *parts], dim=-1)

    def _triangle(
        self, angle: Tensor, cycles: Tensor, whole: Tensor, part: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return a triangle's jumps, with its bends' share in them, real and imaginary part."""
        down = whole + (part >= 0.25).float()
        up = whole + (part >= 0.75).float()
        down_real, down_imag = _row(angle, down, 0.25)
        up_real, up_imag = _row(angle, up, 0.75)
        rising = ((part < 0.25) | (part >= 0.75)).float()
        bend_real = 8.0 * cycles * (up_real - down_real) + 8.0 * cycles * (1.0 - rising)
        bend_imag = 8.0 * cycles * (up_imag - down_imag)
        # A straight line up to a quarter, down to three quarters, and up again.
        value = torch.where(
            part < 0.25, 4.0 * part, torch.where(part < 0.75, 2.0 - 4.0 * part, 4.0 * part - 4.0)
        )
        # Divided by i times the angular frequency.
        return bend_imag / self._turn - value, -bend_real / self._turn


def _row(angle: Tensor, count: Tensor, first: float) -> tuple[Tensor, Tensor]:
    """Return the sum of exp(-i angle (first + j)) over j = 0..count - 1."""
    half = 0.5 * angle
    below = half.sin()
    nearly = below.abs() < NEARLY_ZERO
    ratio = (count * half).sin() / torch.where(nearly, torch.ones_like(below), below)
    limit = count * (count * half).cos() * half.cos()
    size = torch.where(nearly, limit, ratio)
    turned = angle * (first + 0.5 * (count - 1.0))
    return size * turned.cos(), -size * turned.sin()


def _ahead(width: Tensor) -> Tensor:
    """Return by how much of a period the pulse's second sawtooth is ahead of the first."""
    return 1.0 - width.clamp(0.01, 0.99)
