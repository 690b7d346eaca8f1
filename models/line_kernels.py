"""The loops that put partials on the grid: how loud each is, where it lies, and its slopes.

In PyTorch each step of these sums reads and writes tensors of 300,000 numbers; here a moment of an
oscillator stays in the nearest memory.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.compiled import Numbers, compiled, inlined
from models.wave_kernels import HALF, ONE, PI, TWO, ZERO, sine_and_cosine


@inlined
def _place(step: np.float32, table: Numbers) -> tuple[np.float32, np.float32]:
    """Return where on the grid so many of the table's steps of frequency are, and its slope."""
    if step >= table.shape[0] - 1:  # beyond all that is heard
        return table[-1], ZERO
    below = int(step)
    slope = table[below + 1] - table[below]
    return table[below] + (step - np.float32(below)) * slope, slope


@compiled
def place_lines(
    buses: Numbers,
    powers: Numbers,
    turns: Numbers,
    ends_again: npt.NDArray[np.uint8],
    steps: Numbers,
    apart: Numbers,
    levels: Numbers,
    numbers: Numbers,
    single: int,
    table: Numbers,
) -> None:
    """Put the partials of oscillators on the grid, each shared by the two places it lies between.

    Args:
        buses: gets the sums, ``(buses, batch, frames, places)``.
        powers: from ``make_powers``, ``(2, 3, batch, oscillators, partials)``.
        turns: of the first partial, ``(batch, frames, oscillators)``.
        ends_again: whether the pulse ends once more before the cut, likewise.
        steps: the first partial's frequency in steps of the table, likewise.
        apart: by what that is multiplied and divided on either side, ``(batch, oscillators)``.
        levels: of each oscillator in each bus, ``(buses, batch, oscillators)``.
        numbers: of the partials.
        single: how many have places of their own: of these both sides are told apart.
        table: places on the grid by steps of frequency.
    """
    power = np.empty(numbers.shape[0], np.float32)
    for item in range(turns.shape[0]):
        for one in range(turns.shape[2]):
            if not levels[:, item, one].any():
                continue
            for frame in range(turns.shape[1]):
                of_these = powers[ends_again[item, frame, one]]
                still, cosines = of_these[0, item, one], of_these[1, item, one]
                sines, turn = of_these[2, item, one], turns[item, frame, one]
                for at in range(len(numbers)):
                    sine, cosine = sine_and_cosine(numbers[at] * turn)
                    power[at] = max(still[at] + cosines[at] * cosine + sines[at] * sine, ZERO)
                for bus in range(levels.shape[0]):
                    level = levels[bus, item, one]
                    if level == ZERO:
                        continue
                    step, grid = steps[item, frame, one], buses[bus, item, frame]
                    begin, side = 0, apart[item, one]
                    if side != ONE:
                        begin = single
                        for way in (step / side, step * side):
                            _add(power, numbers, 0, single, way, HALF * level, table, grid)
                    _add(power, numbers, begin, len(numbers), step, level, table, grid)


@inlined
def _add(
    power: Numbers,
    numbers: Numbers,
    begin: int,
    end: int,
    step: np.float32,
    level: np.float32,
    table: Numbers,
    grid: Numbers,
) -> None:
    for at in range(begin, end):
        place, _ = _place(step * numbers[at], table)
        first = int(place)
        line = power[at] * level
        upper = line * (place - np.float32(first))
        grid[first] += line - upper
        grid[first + 1] += upper


@compiled
def slopes_of_lines(
    by_powers: Numbers,
    by_turns: Numbers,
    by_steps: Numbers,
    by_apart: Numbers,
    by_levels: Numbers,
    slope: Numbers,
    powers: Numbers,
    turns: Numbers,
    ends_again: npt.NDArray[np.uint8],
    steps: Numbers,
    apart: Numbers,
    levels: Numbers,
    numbers: Numbers,
    single: int,
    table: Numbers,
) -> None:
    """Work out slopes, into five arrays of zeros, from those by what ``place_lines`` says.

    An oscillator that is not in a bus has none there.
    """
    count = numbers.shape[0]
    power, by_power = np.empty(count, np.float32), np.empty(count, np.float32)
    sine, cosine = np.empty(count, np.float32), np.empty(count, np.float32)
    for item in range(turns.shape[0]):
        for one in range(turns.shape[2]):
            if not levels[:, item, one].any():
                continue
            side = apart[item, one]
            for frame in range(turns.shape[1]):
                of_these = powers[ends_again[item, frame, one]]
                still, cosines = of_these[0, item, one], of_these[1, item, one]
                sines, turn = of_these[2, item, one], turns[item, frame, one]
                for at in range(count):
                    sine[at], cosine[at] = sine_and_cosine(numbers[at] * turn)
                    power[at] = still[at] + cosines[at] * cosine[at] + sines[at] * sine[at]
                    by_power[at] = ZERO
                step = steps[item, frame, one]
                for bus in range(levels.shape[0]):
                    level = levels[bus, item, one]
                    if level == ZERO:
                        continue
                    down, begin = slope[bus, item, frame], 0
                    if side != ONE:
                        begin, half = single, HALF * level
                        low, by_low = _slopes_of_some(
                            power, numbers, 0, single, step / side, half, table, down, by_power
                        )
                        high, by_high = _slopes_of_some(
                            power, numbers, 0, single, step * side, half, table, down, by_power
                        )
                        by_levels[bus, item, one] += HALF * (low + high)
                        by_steps[item, frame, one] += half * (by_low / side + by_high * side)
                        by_apart[item, one] += half * step * (by_high - by_low / (side * side))
                    heard, by_step = _slopes_of_some(
                        power, numbers, begin, count, step, level, table, down, by_power
                    )
                    by_levels[bus, item, one] += heard
                    by_steps[item, frame, one] += level * by_step
                by_these = by_powers[ends_again[item, frame, one]]
                by_still, by_cosines = by_these[0, item, one], by_these[1, item, one]
                by_sines, by_turn = by_these[2, item, one], ZERO
                for at in range(count):
                    by_this = by_power[at] if power[at] > ZERO else ZERO
                    by_still[at] += by_this
                    by_cosines[at] += by_this * cosine[at]
                    by_sines[at] += by_this * sine[at]
                    turned = sines[at] * cosine[at] - cosines[at] * sine[at]
                    by_turn += by_this * turned * numbers[at]
                by_turns[item, frame, one] = by_turn * TWO * PI


@inlined
def _slopes_of_some(
    power: Numbers,
    numbers: Numbers,
    begin: int,
    end: int,
    step: np.float32,
    level: np.float32,
    table: Numbers,
    down: Numbers,
    by_power: Numbers,
) -> tuple[np.float32, np.float32]:
    """Return the slopes by the level, and by the step for a level of 1; add those by power."""
    heard, by_step = ZERO, ZERO
    for at in range(begin, end):
        place, slope = _place(step * numbers[at], table)
        first = int(place)
        more = down[first + 1] - down[first]
        of_one = down[first] + (place - np.float32(first)) * more
        line = max(power[at], ZERO)
        heard += line * of_one
        by_power[at] += level * of_one
        by_step += line * more * slope * numbers[at]
    return heard, by_step
