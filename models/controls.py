"""What moves in a note: envelopes, LFOs, cutoffs and pitches over time, from parameter vectors.

These are Surge XT's own curves in closed form (``ADSRModulationSource.h`` and
``LFOModulationSource.cpp`` of release 1.3.4, checked against renders by what the spectral proxy
reaches): a network that is given them need not learn what an envelope is. All of it can be
differentiated by the vector. LFO shapes that are random (Noise, Sample & Hold) count as still.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

#: An analog attack charges to 1 of 1.5 (at 4 per attack time), which takes this share of that time.
ANALOG_CHARGE, ANALOG_RATE = 1.5, 4.0
ANALOG_ATTACK = math.log(3.0) / ANALOG_RATE
#: LFOs wait for their shortest delay, seconds.
LFO_DELAY_S = 2.0**-8
#: LFOs above about this rate change within one frame, Hz.
BLURRED_HZ = 40.0
#: How far the LFOs reach: semitones of cutoff (LFO 1 and 2) and of pitch (LFO 6).
CUTOFF_REACH, PITCH_REACH = 130.0, 14.0
#: Frames before a note by no more than this, seconds, hear its beginning.
EARLY_S = 0.006
#: A moment is a window of 25 ms: where in it loudness is looked at, seconds, and what it counts.
WITHIN_S = torch.tensor([-0.010, -0.005, 0.0, 0.005, 0.010])
WITHIN_SHARES = torch.tensor([0.014, 0.235, 0.502, 0.235, 0.014])
OCTAVES = torch.tensor([-36.0, -24.0, -12.0, 0.0, 12.0, 24.0, 36.0])
SAME_OCTAVE = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
TUNED = ("width", "pitch")
#: The shortest note that is told from none, seconds.
SHORTEST_S = 0.002


@dataclass(frozen=True)
class ControlLayout:
    """Where the parameters of a space lie in its vectors; the note is in the last three columns.

    Args:
        width: numbers of a vector.
        numbers: continuous parameters: name -> (column, native value at -1, native span to 1).
        choices: categorical ones: name -> (first column, one past the last).
        lowest_pitch: MIDI pitch at -1.
        pitch_span: semitones from there to 1.
        duration_s: seconds from -1 to 1 of the note's beginning and end.
        raised_pitch_lfo: whether LFO 6 only raises the pitch (it is unipolar in the Simple space).
    """

    width: int
    numbers: Mapping[str, tuple[int, float, float]]
    choices: Mapping[str, tuple[int, int]]
    lowest_pitch: float
    pitch_span: float
    duration_s: float
    raised_pitch_lfo: bool


@dataclass(frozen=True)
class Signals:
    """Everything that moves.

    Args:
        amplitude: of the amplitude envelope, root mean square of a window, 0..1, ``(batch,
            frames)``.
        filter_envelope: of the filter envelope, 0..1, ``(batch, frames)``.
        cutoffs: of both filters, semitones from 440 Hz, ``(batch, 2, frames)``.
        pitches: of the oscillators, MIDI, ``(batch, 3, frames)``.
        widths: of their pulses, about 0..1, ``(batch, 3, frames)``.
        lfos: what each adds, -1..1, ``(batch, 6, frames)``.
        since_on_s: time since the note's beginning, ``(batch, frames)``.
        since_off_s: time since its end, ``(batch, frames)``.
    """

    amplitude: Tensor
    filter_envelope: Tensor
    cutoffs: Tensor
    pitches: Tensor
    widths: Tensor
    lfos: Tensor
    since_on_s: Tensor
    since_off_s: Tensor


class Controls:
    """Reads batches of vectors of one space.

    Args:
        layout: of the space.
    """

    def __init__(self, layout: ControlLayout) -> None:
        self.layout = layout
        # A last column, always 0, stands for what a space does not have.
        self._low, self._half = torch.zeros(layout.width + 1), torch.zeros(layout.width + 1)
        for column, low, span in layout.numbers.values():
            self._low[column], self._half[column] = low + 0.5 * span, 0.5 * span
        self._envelopes = self._columns(
            [
                [f"{name}_{part}" for name in ("a_amp_eg", "a_filter_eg")]
                for part in ("attack", "decay", "release", "sustain")
            ]
        )
        self._lfos = self._columns(
            [
                [f"a_lfo_{number}_{part}" for number in range(1, 7)]
                for part in (
                    *("attack", "hold", "decay", "release", "sustain"),
                    *("amplitude", "deform", "rate", "phase"),
                )
            ]
        )
        self._filters = self._columns(
            [
                [f"a_filter_{number}_{part}" for number in (1, 2)]
                for part in ("cutoff", "feg_mod_amount")
            ]
        )
        self._tunings = self._columns([[f"a_osc_{n}_{part}" for n in (1, 2, 3)] for part in TUNED])

    def natives(self, vectors: Tensor) -> Tensor:
        """Return all native values, ``(batch, width + 1)``; the last is 0.

        Args:
            vectors: ``(batch, width)`` in -1..1.
        """
        return self._low + F.pad(vectors, (0, 1)) * self._half

    def column(self, name: str) -> int:
        """Return where a continuous parameter lies; the last, where a space does not have it."""
        return self.layout.numbers.get(name, (self.layout.width, 0.0, 0.0))[0]

    def choice(self, vectors: Tensor, name: str, otherwise: Sequence[float]) -> Tensor:
        """Return how much of each category holds, ``(batch, categories)`` in 0..1.

        Args:
            vectors: the batch.
            name: of a categorical parameter.
            otherwise: what holds in spaces that do not have it.
        """
        if name not in self.layout.choices:
            return torch.tensor(otherwise).expand(len(vectors), -1)
        first, last = self.layout.choices[name]
        return (vectors[:, first:last] + 1.0) * 0.5

    def __call__(self, vectors: Tensor, natives: Tensor, times_s: Tensor) -> Signals:
        """Return what moves.

        Args:
            vectors: ``(batch, width)`` in -1..1.
            natives: of the same.
            times_s: ``(batch, frames)``.
        """
        layout = self.layout
        note = vectors[:, -3:, None]  # (batch, 3, 1)
        pitch = layout.lowest_pitch + (note[:, :1] + 1.0) * (0.5 * layout.pitch_span)
        on_s, off_s = ((note[:, place] + 1.0) * (0.5 * layout.duration_s) for place in (1, 2))
        held_s = (off_s - on_s).clamp_min(SHORTEST_S)
        since_s = times_s - on_s
        lfos = self._lfo(vectors, natives, since_s[:, None], held_s[:, None])
        envelopes = self._envelope(vectors, natives, since_s[:, None], held_s[:, None])
        cutoff, amount = natives[:, self._filters, None].unbind(1)
        width, semitones = natives[:, self._tunings, None].unbind(1)
        octaves = torch.stack(
            [self.choice(vectors, f"a_osc_{n}_octave", SAME_OCTAVE) for n in (1, 2, 3)], dim=1
        )
        tuned = semitones + (octaves * OCTAVES).sum(dim=2, keepdim=True)
        return Signals(
            amplitude=self._loudness(vectors, natives, since_s, held_s),
            filter_envelope=envelopes[:, 1],
            cutoffs=cutoff + amount * envelopes[:, 1:] + CUTOFF_REACH * lfos[:, :2],
            pitches=pitch + tuned + PITCH_REACH * lfos[:, 5:],
            widths=(width + lfos[:, 2:5]).clamp(-1.0, 2.0),
            lfos=lfos,
            since_on_s=since_s,
            since_off_s=since_s - held_s,
        )

    def _loudness(
        self, vectors: Tensor, natives: Tensor, since_s: Tensor, held_s: Tensor
    ) -> Tensor:
        """Return the amplitude envelope's root mean square in each window, ``(batch, frames)``."""
        within = (since_s[..., None] + WITHIN_S).flatten(1)[:, None]
        each = self._envelope(vectors, natives, within, held_s[:, None])[:, 0]
        squares: Tensor = each.square().view(*since_s.shape, -1) @ WITHIN_SHARES
        return (squares + 1e-14).sqrt()

    def _columns(self, names: Sequence[Sequence[str]]) -> Tensor:
        return torch.tensor([[self.column(name) for name in row] for row in names])

    def _envelope(
        self, vectors: Tensor, natives: Tensor, since_s: Tensor, held_s: Tensor
    ) -> Tensor:
        """Return both envelopes, analog or digital, 0..1, ``(batch, 2, frames)``."""
        *times, sustain = natives[:, self._envelopes, None].unbind(1)
        attack, decay, release = (2.0**time for time in times)
        held, after_s = torch.minimum(since_s, held_s), (since_s - held_s).clamp_min(0.0)

        charged_s, rest = attack * ANALOG_ATTACK, sustain.square()
        up = -ANALOG_CHARGE * torch.expm1(-ANALOG_RATE * held.clamp_min(0.0) / attack)
        fall = torch.exp(-ANALOG_RATE * (held - charged_s).clamp_min(0.0) / decay)
        analog = torch.where(held < charged_s, up, rest + (1.0 - rest) * fall)
        analog = analog * torch.exp(-ANALOG_RATE * after_s / release)
        modes = [f"{name}_envelope_mode" for name in ("a_amp_eg", "a_filter_eg")]
        if modes[0] not in self.layout.choices:
            return analog
        fallen = torch.maximum(1.0 - (held - attack) / decay, sustain)
        digital = torch.where(held < attack, (held / attack).clamp(0.0, 1.0), fallen)
        digital = digital * (1.0 - (after_s / release).clamp(0.0, 1.0))
        share = torch.stack([self.choice(vectors, mode, [])[:, 1:2] for mode in modes], dim=1)
        return share * analog + (1.0 - share) * digital

    def _lfo(self, vectors: Tensor, natives: Tensor, since_s: Tensor, held_s: Tensor) -> Tensor:
        """Return what the LFOs add, ``(batch, 6, frames)``; the sixth is an envelope."""
        *times, sustain, amplitude, deform, rate, phase = natives[:, self._lfos, None].unbind(1)
        attack, hold, decay, release = (2.0**time for time in times)
        ran_s = torch.minimum(since_s, held_s) - LFO_DELAY_S
        fallen = ((ran_s - attack - hold) / decay).clamp(0.0, 1.0)
        envelope = (ran_s / attack).clamp(0.0, 1.0) * (1.0 - fallen + fallen * sustain)
        envelope = envelope * (1.0 - ((since_s - held_s).clamp_min(0.0) / release).clamp_max(1.0))
        waves = self._waves(vectors, deform[:, :5], 2.0 ** rate[:, :5], phase[:, :5], since_s)
        sixth = 1.0 - deform[:, 5:] + deform[:, 5:] * envelope[:, 5:]
        if self.layout.raised_pitch_lfo:
            sixth = 0.5 + 0.5 * sixth
        return amplitude * envelope * torch.cat([waves, sixth], dim=1)

    def _waves(
        self, vectors: Tensor, deform: Tensor, rate_hz: Tensor, phase: Tensor, since_s: Tensor
    ) -> Tensor:
        """Return the waves of the first five LFOs, ``(batch, 5, frames)``."""
        turns = phase + rate_hz * since_s.clamp_min(0.0)
        clear = torch.exp(-(rate_hz / BLURRED_HZ).square())
        sine = _bend(torch.sin(2.0 * math.pi * turns) * clear, deform)
        kinds = [f"a_lfo_{number}_type" for number in range(1, 6)]
        if kinds[0] not in self.layout.choices:
            return sine
        part = turns - turns.detach().floor()
        triangle = _bend((-1.0 + 4.0 * torch.where(part > 0.5, 1.0 - part, part)) * clear, deform)
        saw = _bend((1.0 - 2.0 * part) * clear, deform)
        square = torch.tanh((0.5 + 0.5 * deform - part) * 20.0) * clear + deform * (1.0 - clear)
        shares = torch.stack([self.choice(vectors, kind, []) for kind in kinds], dim=1)[..., None]
        waves = torch.stack([sine, triangle, square, saw], dim=2)  # (batch, 5, 4, frames)
        return (shares[:, :, :4] * waves).sum(dim=2)


def _bend(wave: Tensor, deform: Tensor) -> Tensor:
    """Deform a wave in -1..1 as Surge XT's first kind of deforming does."""
    for _ in range(2):
        wave = wave - 0.5 * deform * wave.square() + 0.5 * deform
    return wave
