"""The spectral proxy: how a setting sounds, moment by moment, without playing it.

A note is a source that is filtered and shaped in time, and the proxy is built like that: what moves
(``models.controls``), the partials of the oscillators (``sources``) and what the filters leave of
them (``filter_block``) are computed on a grid of frequencies, and summed up in mel bands. Small
networks say what has no closed form, and one more sees everything and corrects the result. So a
moment's spectrum depends on that moment's controls alone, and how a setting should change to sound
more like a given sound can be read off its slope. Compare ``models.proxy``, which foresees a whole
sound at once, far more roughly, at a hundredth of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.controls import EARLY_S, ControlLayout, Controls, Signals
from models.features import FeatureConfig
from models.filter_block import FilterBlock
from models.filters import KINDS
from models.grid import Grid
from models.sources import FIRST_DB, SOURCE_DB, Oscillators, Sources
from models.spectral_parts import (
    LEAST_DB,
    decibel_of,
    moving_signals,
    over_frames,
    perceptron,
    power_of,
    waves,
)

#: Periods of the sines and cosines by which pitches, cutoffs and widths are told, in semitones and
#: in widths.
PITCH_PERIODS = (256.0, 96.0, 48.0, 24.0, 12.0, 6.0, 3.0)
CUTOFF_PERIODS = (512.0, 256.0, 128.0, 64.0, 32.0, 16.0)
WIDTH_PERIODS = (2.0, 1.0, 0.5)
HIGHPASS_PERIODS = (256.0, 128.0, 64.0)
#: Numbers that say all of a setting that does not move.
WHOLE_WIDTH, WHOLE_HIDDEN = 64, 256
#: dB that one unit of a network's output means.
FILTER_DB, CORRECTION_DB, REST_DB = 10.0, 3.0, 5.0
LEAST_POWER, LEAST_LEVEL = 1e-12, 10.0**-1.5
#: What makes -1..1 of what shapes an oscillator: sync is 0..60 semitones.
SHAPE_SCALE = torch.tensor([1.0, 1.0, 1.0, 1.0 / 30.0])
SHAPE_OFFSET = torch.tensor([0.0, 0.0, 0.0, -1.0])
#: Which of what moves the effects' network sees: loudness and time.
WET_SEES = [0, 2, 3, 4, 5, 16, 17]
#: Where in the waves of pitches those of 48, 24 and 12 semitones are.
OCTAVE_PLACES = slice(4, 10)
#: A note is heard so much later than it is asked for, seconds.
LATE_S = 0.0015
#: A highpass below this is off, semitones from 440 Hz.
NO_HIGHPASS = -71.0


@dataclass(frozen=True)
class SpectralProxyConfig:
    """Sizes of a spectral proxy.

    Args:
        hidden_width: of the networks of sources; the others' follow from it.
        bands: mel bands of a spectrum.
    """

    hidden_width: int = 96
    bands: int = 128


class SpectralProxy(nn.Module):
    """Foresees spectra of one parameter space.

    Args:
        layout: of the space; with or without FM, ring modulation, kinds of filters and effects.
        config: its sizes.
    """

    def __init__(self, layout: ControlLayout, config: SpectralProxyConfig) -> None:
        super().__init__()
        self.config = config
        self.controls = Controls(layout)
        self.rich = "a_fm_routing" in layout.choices
        hidden, bands = config.hidden_width, config.bands
        pitch, shape = 2 * len(PITCH_PERIODS), 8
        cutoff = 2 * len(CUTOFF_PERIODS) + 3 + (len(KINDS) if self.rich else 0)
        self.grid = Grid(FeatureConfig())
        self.sources = Sources(
            self.controls, self.grid, hidden, bands, (pitch, shape), rich=self.rich
        )
        self.filter_block = FilterBlock(self.controls, self.grid, rich=self.rich)
        self.filter = perceptron(cutoff, hidden * 2 // 3, bands, 2)
        self.highpass = perceptron(2 * len(HIGHPASS_PERIODS) + 2, 64, bands, 1)
        self.whole = perceptron(layout.width, WHOLE_HIDDEN, WHOLE_WIDTH, 2)
        self.rest = perceptron(WHOLE_WIDTH + 2 * cutoff + 3 * 13 + 18, hidden * 4 // 3, bands, 2)
        if self.rich:
            self.wet = perceptron(WHOLE_WIDTH + pitch + 8, hidden * 2 // 3, bands, 2)
        column = self.controls.column
        self._resonances = [column(f"a_filter_{number}_resonance") for number in (1, 2)]
        self._highpass = column("a_highpass")

    def forward(self, vectors: Tensor, times_s: Tensor) -> Tensor:
        """Foresee spectra.

        Args:
            vectors: settings, idle parameters at rest, ``(batch, width)`` in -1..1.
            times_s: moments, ``(batch, frames)``, 0..4 s.

        Returns:
            dB of mel bands, ``(batch, frames, bands)``; dB of what is unknown, but the same for
            all moments of all settings.
        """
        natives = self.controls.natives(vectors)
        signals = self.controls(vectors, natives, times_s - LATE_S)
        oscillators = Oscillators(
            waves(signals.pitches, PITCH_PERIODS),
            waves(signals.widths, WIDTH_PERIODS),
            self._shapes(natives, signals),
        )
        cutoffs = self._cutoffs(vectors, natives, signals)
        highpass = natives[:, self._highpass, None].expand_as(times_s)
        volumes = self.sources.volumes(vectors, natives)
        buses = self.sources(vectors, natives, volumes, signals, oscillators)
        power = self.filter_block(vectors, natives, buses, signals)
        bands = torch.log10(power @ self.grid.heard + LEAST_POWER)
        db = 10.0 * bands + CORRECTION_DB * self.filter(cutoffs).sum(dim=1) + self._cut(highpass)
        whole, moving = over_frames(self.whole(vectors), times_s), moving_signals(signals, highpass)
        known = [whole, cutoffs.transpose(1, 2).flatten(2), _heard(volumes[:, :3], oscillators)]
        rest: Tensor = REST_DB * self.rest(torch.cat([*known, moving], dim=-1))
        dry: Tensor = db + decibel_of(signals.amplitude)[..., None] + rest
        if not self.rich:
            return dry
        ringing = (signals.since_off_s.clamp_min(0.0) * 8.0).clamp_max(4.0)[..., None]
        known = [whole, oscillators.pitches[:, 0], moving[..., WET_SEES], ringing]
        begun = torch.where(signals.since_on_s > -EARLY_S, 0.0, LEAST_DB)[..., None]
        wet = SOURCE_DB * self.wet(torch.cat(known, dim=-1)) + FIRST_DB + begun
        return 10.0 * torch.log10(power_of(dry) + power_of(wet) + LEAST_POWER)

    def rehearse(self) -> None:
        """Run once, down and up: loops are compiled, or fetched from where that has been kept."""
        vectors = torch.zeros(1, self.controls.layout.width, requires_grad=True)
        torch.autograd.grad(self(vectors, torch.zeros(1, 1)).sum(), vectors)

    def _shapes(self, natives: Tensor, signals: Signals) -> Tensor:
        """Return what a source's network sees of each oscillator, ``(batch, 3, frames, 8)``."""
        still = natives[:, self.sources.shape_columns].transpose(1, 2)  # (batch, 3, 4)
        still = still * SHAPE_SCALE + SHAPE_OFFSET
        shape = still[:, :, None].expand(-1, -1, signals.pitches.shape[2], -1)
        moving = [
            signals.pitches / 64.0 - 1.0,
            (signals.pitches / 60.0 + shape[..., 3]) / 2.0 - 0.5,
            shape[..., 0] * shape[..., 1],
        ]
        return torch.cat([signals.widths[..., None], shape, torch.stack(moving, dim=-1)], dim=-1)

    def _cutoffs(self, vectors: Tensor, natives: Tensor, signals: Signals) -> Tensor:
        """Return what a filter's network sees of each filter, ``(batch, 2, frames, n)``."""
        cutoff = signals.cutoffs.clamp(-150.0, 150.0)
        resonance = natives[:, self._resonances, None].expand_as(cutoff)
        known = [
            waves(cutoff, CUTOFF_PERIODS),
            torch.stack([cutoff / 100.0, resonance, resonance**4], dim=-1),
        ]
        if self.rich:
            kinds = [self.controls.choice(vectors, f"a_filter_{n}_type", []) for n in (1, 2)]
            known.append(torch.stack(kinds, dim=1)[:, :, None].expand(*cutoff.shape, -1))
        return torch.cat(known, dim=-1)

    def _cut(self, highpass: Tensor) -> Tensor:
        edges = torch.stack([highpass / 50.0, (highpass < NO_HIGHPASS).float()], dim=-1)
        known = torch.cat([waves(highpass, HIGHPASS_PERIODS), edges], dim=-1)
        cut: Tensor = FILTER_DB * self.highpass(known)
        return cut


def _heard(volumes: Tensor, oscillators: Oscillators) -> Tensor:
    """Return what the correction sees of the oscillators, ``(batch, frames, 39)``."""
    shapes, octaves = oscillators.shapes, oscillators.pitches[..., OCTAVE_PLACES]
    level = volumes.clamp_min(LEAST_LEVEL)[:, :, None, None].expand(*shapes.shape[:3], 1)
    return torch.cat([shapes[..., :6], level, octaves], dim=-1).transpose(1, 2).flatten(2)
