"""The loops behind a wave's partials: their powers from its jumps and bends, and the slopes.

A wave is repeated after ``cycles`` of its oscillator, where sync cuts the last one off. The Fourier
coefficients of its sawtooth, triangle and pulse are sums over the ends and corners of each cycle,
which are geometric series.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from models.compiled import Numbers, compiled, inlined

Four = tuple[np.float32, np.float32, np.float32, np.float32]

#: Taylor's series of sin x / x and cos x in the square of x, up to a quarter of a turn.
SINE = tuple(np.float32((-1) ** n / math.factorial(2 * n + 1)) for n in range(6))
COSINE = tuple(np.float32((-1) ** n / math.factorial(2 * n)) for n in range(7))
PI, QUARTER, HALF, TWO = (np.float32(number) for number in (math.pi, 0.25, 0.5, 2.0))
ZERO, ONE, FOUR, EIGHT = (np.float32(number) for number in (0.0, 1.0, 4.0, 8.0))
#: Where sin x is less than this, sin nx / sin x is taken from its limit.
NEARLY_ZERO = np.float32(1e-3)
#: What shapes a wave, in this order: the kernels' ``shape`` is ``(5, batch, oscillators)``.
SAWTOOTH, PULSE, TRIANGLE, CYCLES, AHEAD = range(5)


@inlined
def sine_and_cosine(turns: np.float32) -> tuple[np.float32, np.float32]:
    """Return both of some turns, from those of half the angle; a loop of it is vectorized."""
    x = (turns - np.floor(turns + HALF)) * PI
    y = x * x
    sine = SINE[3] + y * (SINE[4] + y * SINE[5])
    sine = x * (SINE[0] + y * (SINE[1] + y * (SINE[2] + y * sine)))
    cosine = COSINE[3] + y * (COSINE[4] + y * (COSINE[5] + y * COSINE[6]))
    cosine = COSINE[0] + y * (COSINE[1] + y * (COSINE[2] + y * cosine))
    return TWO * sine * cosine, ONE - TWO * sine * sine


@inlined
def _row(turn: np.float32, count: np.float32, first: np.float32) -> Four:
    """Return the sum of exp(-i angle (first + j)) over j = 0..count - 1, and its slope.

    Args:
        turn: the angle in turns.
        count: of the sum's terms.
        first: of them, in steps of the angle.

    Returns:
        Real and imaginary part, and by how much they grow with the angle in radians.
    """
    low_sine, low_cosine = sine_and_cosine(HALF * turn)
    high_sine, high_cosine = sine_and_cosine(HALF * count * turn)
    nearly = abs(low_sine) < NEARLY_ZERO
    below = ONE if nearly else ONE / low_sine
    limit = count * high_cosine * low_cosine
    limited = -HALF * count * (count * high_sine * low_cosine + high_cosine * low_sine)
    size = limit if nearly else high_sine * below
    grown = HALF * (count * high_cosine - high_sine * below * low_cosine) * below
    grown = limited if nearly else grown
    middle = first + HALF * (count - ONE)
    sine, cosine = sine_and_cosine(turn * middle)
    real, imaginary = size * cosine, -size * sine
    return (
        real,
        imaginary,
        grown * cosine + imaginary * middle,
        -grown * sine - real * middle,
    )


@inlined
def _triangle(number: np.float32, cycles: np.float32, whole: np.float32, part: np.float32) -> Four:
    """Return the jump of a triangle at the cut, its bends counted in, and its slope.

    Returns:
        Real and imaginary part, and by how much they grow with the cycles.
    """
    turn = number / cycles
    angle, first, third = TWO * PI * turn, part < QUARTER, part >= ONE - QUARTER
    down = whole if first else whole + ONE
    up = whole + ONE if third else whole
    down_real, down_imag, down_real_grows, down_imag_grows = _row(turn, down, QUARTER)
    up_real, up_imag, up_real_grows, up_imag_grows = _row(turn, up, ONE - QUARTER)
    falling = ZERO if first or third else ONE
    # A straight line up to a quarter, down to three quarters, and up again.
    value = FOUR * part if first else (FOUR * part - FOUR if third else TWO - FOUR * part)
    steep = -FOUR if falling > ZERO else FOUR
    bend_real, bend_imag = up_real - down_real + falling, up_imag - down_imag
    real_grows = bend_real - angle * (up_real_grows - down_real_grows)
    imag_grows = bend_imag - angle * (up_imag_grows - down_imag_grows)
    # Divided by i times the angular frequency.
    by = EIGHT / (TWO * PI * number)
    return (
        bend_imag * cycles * by - value,
        -bend_real * cycles * by,
        imag_grows * by - steep,
        -real_grows * by,
    )


@compiled
def make_powers(
    powers: Numbers, shape: Numbers, off_middle: Numbers, places: npt.NDArray[np.intp]
) -> None:
    """Work out the powers of partials, those that share a place added up.

    Args:
        powers: zeros; gets what stays of a partial's power, and what goes with the cosine and the
            sine of the turn by which the pulse is ahead, all that without and with another end of
            the pulse before the cut, ``(2, 3, batch, oscillators, places)``.
        shape: of the waves; the pulse is ``AHEAD`` of a period ahead on the whole.
        off_middle: by how much each partial's number is off the mean of those that share its place.
        places: of each partial among those that have one.
    """
    made = np.empty((6, off_middle.shape[0]), np.float32)
    for item in range(shape.shape[1]):
        for one in range(shape.shape[2]):
            cycles, triangle = shape[CYCLES, item, one], shape[TRIANGLE, item, one]
            own = shape[SAWTOOTH, item, one] - shape[PULSE, item, one]
            twice, ahead = TWO * shape[PULSE, item, one], shape[AHEAD, item, one]
            whole = np.floor(cycles)
            part = cycles - whole
            for at in range(len(off_middle)):
                number = np.float32(at + 1)
                turn = number / cycles
                # The jumps at the end of each cycle, and where sync cuts the last one off.
                ends_real, ends_imag, _, _ = _row(turn, whole, ONE)
                tri_real, tri_imag, _, _ = _triangle(number, cycles, whole, part)
                real = triangle * tri_real - TWO * own * (ends_real + part)
                imag = triangle * tri_imag - TWO * own * ends_imag
                # The pulse is another sawtooth, ahead, less that; it may end once more before the
                # cut.
                last_sine, last_cosine = sine_and_cosine(turn * (whole + ONE))
                off_sine, off_cosine = sine_and_cosine(off_middle[at] / cycles * ahead)
                scale = TWO / (TWO * PI * number * TWO * PI * number)
                for more in range(2):
                    again = np.float32(more)
                    other_real = twice * (ends_real + again * last_cosine)
                    other_imag = twice * (ends_imag - again * last_sine)
                    cut = real + twice * (again - part)
                    still = cut * cut + imag * imag
                    still += other_real * other_real + other_imag * other_imag
                    cosine = -TWO * (cut * other_real + imag * other_imag) * scale
                    sine = TWO * (cut * other_imag - imag * other_real) * scale
                    made[3 * more, at] = still * scale
                    made[3 * more + 1, at] = cosine * off_cosine + sine * off_sine
                    made[3 * more + 2, at] = sine * off_cosine - cosine * off_sine
            for kind in range(6):
                row = powers[kind // 3, kind % 3, item, one]
                for at in range(len(places)):
                    row[places[at]] += made[kind, at]


@compiled
def slopes_of_powers(
    by_shape: Numbers,
    slope: Numbers,
    shape: Numbers,
    off_middle: Numbers,
    places: npt.NDArray[np.intp],
) -> None:
    """Work out the slopes by the shape, from those by what ``make_powers`` says of the same."""
    for item in range(shape.shape[1]):
        for one in range(shape.shape[2]):
            cycles, triangle = shape[CYCLES, item, one], shape[TRIANGLE, item, one]
            own = shape[SAWTOOTH, item, one] - shape[PULSE, item, one]
            twice, ahead = TWO * shape[PULSE, item, one], shape[AHEAD, item, one]
            whole = np.floor(cycles)
            part = cycles - whole
            by_own = by_twice = by_triangle = by_cycles = by_ahead = ZERO
            for at in range(len(off_middle)):
                number, place = np.float32(at + 1), places[at]
                turn = number / cycles
                ends_real, ends_imag, real_grows, imag_grows = _row(turn, whole, ONE)
                tri_real, tri_imag, tri_real_grows, tri_imag_grows = _triangle(
                    number, cycles, whole, part
                )
                real = triangle * tri_real - TWO * own * (ends_real + part)
                imag = triangle * tri_imag - TWO * own * ends_imag
                last_sine, last_cosine = sine_and_cosine(turn * (whole + ONE))
                off = off_middle[at] / cycles * ahead
                off_sine, off_cosine = sine_and_cosine(off)
                scale = TWO / (TWO * PI * number * TWO * PI * number)
                by_real = by_imag = by_part = by_ends_real = by_ends_imag = ZERO
                by_last = by_off = ZERO
                for more in range(2):
                    again = np.float32(more)
                    by_still = scale * slope[more, 0, item, one, place]
                    by_first = scale * slope[more, 1, item, one, place]
                    by_second = scale * slope[more, 2, item, one, place]
                    ends_more = ends_real + again * last_cosine
                    ends_less = ends_imag - again * last_sine
                    other_real, other_imag = twice * ends_more, twice * ends_less
                    cut = real + twice * (again - part)
                    cosine = -TWO * (cut * other_real + imag * other_imag)
                    sine = TWO * (cut * other_imag - imag * other_real)
                    by_cosine = TWO * (by_first * off_cosine - by_second * off_sine)
                    by_sine = TWO * (by_first * off_sine + by_second * off_cosine)
                    by_off += by_first * (sine * off_cosine - cosine * off_sine)
                    by_off -= by_second * (sine * off_sine + cosine * off_cosine)
                    by_cut = TWO * cut * by_still - other_real * by_cosine + other_imag * by_sine
                    by_imag += TWO * imag * by_still - other_imag * by_cosine
                    by_imag -= other_real * by_sine
                    by_other_real = TWO * other_real * by_still - cut * by_cosine - imag * by_sine
                    by_other_imag = TWO * other_imag * by_still - imag * by_cosine + cut * by_sine
                    by_real += by_cut
                    by_part -= twice * by_cut
                    by_twice += (again - part) * by_cut
                    by_twice += by_other_real * ends_more + by_other_imag * ends_less
                    by_ends_real += twice * by_other_real
                    by_ends_imag += twice * by_other_imag
                    turned = last_sine * by_other_real + last_cosine * by_other_imag
                    by_last -= twice * again * turned
                by_triangle += by_real * tri_real + by_imag * tri_imag
                by_own -= TWO * ((ends_real + part) * by_real + ends_imag * by_imag)
                by_ends_real -= TWO * own * by_real
                by_ends_imag -= TWO * own * by_imag
                by_part -= TWO * own * by_real
                by_angle = by_ends_real * real_grows + by_ends_imag * imag_grows
                by_angle += by_last * (whole + ONE)
                by_cycles -= by_angle * TWO * PI * turn / cycles
                by_cycles += triangle * (by_real * tri_real_grows + by_imag * tri_imag_grows)
                by_cycles += by_part - by_off * TWO * PI * off / cycles
                by_ahead += by_off * TWO * PI * off_middle[at] / cycles
            by_shape[SAWTOOTH, item, one] = by_own
            by_shape[PULSE, item, one] = TWO * by_twice - by_own
            by_shape[TRIANGLE, item, one] = by_triangle
            by_shape[CYCLES, item, one] = by_cycles
            by_shape[AHEAD, item, one] = by_ahead
