"""Surge XT's filters on a grid of frequencies, in closed form.

Low pass, high pass and band pass are state variable filters (``Coeff_SVF`` and ``SVFLP12Aquad``
of sst-filters, as of Surge XT 1.3.4), notch and all pass are second-order sections, comb filters a
delay with feedback. Of all of them the gain at a frequency follows from cutoff and resonance. A
state variable filter's damping also grows with what sounds at its cutoff, and from a resonance of
about 0.86 on it would be negative: the filter whistles by itself. How much damping there is in the
end, and how loud the whistle, is left to a small network.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.filter_kernels import slopes_of_weighed, sum_near, weigh
from models.grid import Grid
from models.spectral_parts import perceptron

#: Rates at which the state variable filters and the others run.
SVF_RATE_HZ, RATE_HZ = 176_400.0, 88_200.0
#: Cutoffs beyond these sound alike, natural logarithms of Hz.
LOWEST, HIGHEST = math.log(8.0), math.log(0.11 * SVF_RATE_HZ)
#: A comb filter's delay as a frequency, natural logarithms of Hz.
COMB_LOWEST, COMB_HIGHEST = math.log(RATE_HZ / 2048.0), math.log(RATE_HZ / 12.0)
#: Kinds in the order of the Full space: what multiplies 1, x and x squared in the numerator, x
#: being the squared ratio of frequency and cutoff; whether it counts twice; the sign of a comb.
KINDS = (
    ((1.0, 0.0, 0.0), False, 0.0),  # LP 12 dB
    ((1.0, 0.0, 0.0), True, 0.0),  # LP 24 dB
    ((0.0, 0.0, 1.0), False, 0.0),  # HP 12 dB
    ((0.0, 0.0, 1.0), True, 0.0),  # HP 24 dB
    ((0.0, 1.0, 0.0), False, 0.0),  # BP 12 dB
    ((1.0, -2.0, 1.0), False, 0.0),  # N 12 dB
    ((0.0, 0.0, 0.0), False, 1.0),  # FX Comb +
    ((0.0, 1.0, 0.0), True, 0.0),  # BP 24 dB
    ((1.0, -2.0, 1.0), True, 0.0),  # N 24 dB
    ((0.0, 0.0, 0.0), False, -1.0),  # FX Comb -
    ((0.0, 0.0, 0.0), False, 0.0),  # FX Allpass
)
WHISTLING = (0, 1, 2, 3, 4, 7)
NOTCHES, ALL_PASS = (5, 8), 10
#: What a space without kinds of filters has.
LOW_PASS = [1.0] + [0.0] * (len(KINDS) - 1)
#: Inputs and size of the network; the least damping; the power of a whistle at first, in nepers.
KNOWN, HIDDEN, LEAST_DAMPING, QUIET = 9, 48, 0.004, -12.0
MOST_FEEDBACK = 0.97


class Filter(nn.Module):
    """One filter.

    Args:
        grid: of frequencies.
        kinds: whether there are others than a low pass of 12 dB.
    """

    def __init__(self, grid: Grid, *, kinds: bool) -> None:
        super().__init__()
        self._grid = grid
        self._kinds = kinds
        self._logarithms = grid.frequencies_hz.clamp_min(1.0).log()
        self._squares = grid.frequencies_hz.clamp_min(1.0).square()
        self._numerators = torch.tensor([kind[0] for kind in KINDS])
        self._twice = torch.tensor([float(kind[1]) for kind in KINDS])
        self._combs = torch.tensor([kind[2] for kind in KINDS])
        self._whistles, self._notches = torch.zeros(2, len(KINDS)).unbind()
        self._whistles[list(WHISTLING)] = 1.0
        self._notches[list(NOTCHES)] = 1.0
        self.settle = perceptron(KNOWN + (len(KINDS) if kinds else 0), HIDDEN, 2, 2)
        last = self.settle[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.copy_(torch.tensor([0.0, QUIET / 3.0]))

    def forward(
        self, power: Tensor, kind: Tensor, cutoff: Tensor, resonance: Tensor, since_on_s: Tensor
    ) -> Tensor:
        """Return what comes out, ``(batch, frames, places)``.

        Args:
            power: what goes in, mean squares, ``(batch, frames, places)``.
            kind: how much of each kind, ``(batch, kinds)``, each 0 or 1.
            cutoff: semitones from 440 Hz, ``(batch, frames)``.
            resonance: 0..1, ``(batch, 1)``.
            since_on_s: since the note's beginning, ``(batch, frames)``.
        """
        logarithm = math.log(440.0) + cutoff * (math.log(2.0) / 12.0)
        bounded = logarithm.clamp(LOWEST, HIGHEST)
        root = resonance.clamp(1e-4, 1.0).sqrt()
        twice, notch, whistling = (
            (kind @ which)[:, None] for which in (self._twice, self._notches, self._whistles)
        )
        rate = 2.0 * torch.sin(torch.exp(bounded) * (math.pi / SVF_RATE_HZ))
        damping = 2.0 - root * (2.15 - 0.05 * twice) + rate.square() * (0.135 - 0.045 * twice)
        damping = torch.minimum(damping, 2.0 - 1.52 * rate)
        damping = torch.where(notch > 0.5, 5.0 - 4.98 * (1.0 - (1.0 - resonance).square()), damping)
        first = F.softplus(damping * 20.0) / 20.0 + 0.01
        near, loud = _sums_near(power, self._squares, bounded, first)
        known = [
            damping,
            damping.clamp(-0.2, 0.2) * 5.0,
            root.expand_as(cutoff),
            bounded - 6.0,
            rate,
            torch.log10(near + 1e-6) / 2.0,
            torch.log10(loud + 1e-6) / 2.0,
            (since_on_s * 20.0).clamp(-1.0, 1.0),
            (since_on_s * 3.0).clamp(-1.0, 1.0),
        ]
        told = torch.stack(known, dim=-1)
        if self._kinds:
            told = torch.cat([told, kind[:, None].expand(-1, cutoff.shape[1], -1)], dim=-1)
        settled = self.settle(told)
        damped = first * torch.exp(2.0 * settled[..., 0].clamp(-3.0, 3.0)) + LEAST_DAMPING
        gain = torch.where(whistling > 0.5, (1.0 - 0.65 * root).square(), 1.0).expand_as(cutoff)
        whistle = torch.exp(3.0 * settled[..., 1].clamp_max(4.0)) * gain * whistling
        line = whistle, self._grid.places_of(bounded.exp())
        heard: Tensor = _Weigh.apply(  # type: ignore[no-untyped-call]
            power, bounded, damped, gain, *line, self._squares, kind @ self._numerators, twice[:, 0]
        )
        return self._others(heard, power, kind, logarithm, resonance) if self._kinds else heard

    def _others(
        self, heard: Tensor, power: Tensor, kind: Tensor, logarithm: Tensor, resonance: Tensor
    ) -> Tensor:
        """Return what comes out, of comb filters and all passes too."""
        [rows] = torch.nonzero(kind[:, ALL_PASS] > 0.5, as_tuple=True)
        if len(rows):
            heard = heard.index_copy(0, rows, power[rows])
        sign = kind @ self._combs
        [rows] = torch.nonzero(sign.abs() > 0.5, as_tuple=True)
        if not len(rows):
            return heard
        delay = logarithm[rows].clamp(COMB_LOWEST, COMB_HIGHEST)
        cosine = torch.cos(2.0 * math.pi * torch.exp(self._logarithms - delay[..., None]))
        back = (sign[rows, None] * resonance[rows] * MOST_FEEDBACK)[..., None]
        ahead = 1.0 - back
        gain = 0.25 * (1.0 + ahead.square() + 2.0 * ahead * cosine)
        gain = gain / (1.0 + back.square() - 2.0 * back * cosine)
        return heard.index_copy(0, rows, power[rows] * gain)


def _sums_near(
    power: Tensor, squares: Tensor, cutoff: Tensor, damping: Tensor
) -> tuple[Tensor, Tensor]:
    """Return what sounds at the cutoff, and all that sounds, ``(batch, frames)``; no slopes."""
    given = power, squares, torch.exp(-2.0 * cutoff), damping
    sums = torch.empty(2, *cutoff.shape)
    sum_near(sums.numpy(), *(one.detach().contiguous().numpy() for one in given))
    near, loud = sums
    return near, loud


class _Weigh(torch.autograd.Function):
    """Filters on the grid, with their whistles; slopes of all that moves, see ``weigh``.

    Of power, the cutoff's logarithm, damping, factor, whistle and its place; the squares of the
    places' frequencies, the numerators and what counts twice have none.
    """

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> Tensor:
        power, cutoff, damping, factor, whistle, place, squares, numerators, twice = (
            one.detach().contiguous().numpy() for one in given
        )
        slowness = np.exp(-2.0 * cutoff)
        ctx.given = power, squares, slowness, damping, factor, numerators, twice, whistle, place
        heard = torch.empty_like(given[0])
        weigh(heard.numpy(), *ctx.given)
        return heard

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        slope = slopes[0].contiguous()
        by_power = torch.empty_like(slope)
        by_rest = slope.new_empty(5, *slope.shape[:2])
        slopes_of_weighed(by_power.numpy(), by_rest.numpy(), slope.numpy(), *ctx.given)
        return by_power, *by_rest, None, None, None
