"""The loops of the filters on the grid: what comes out, and how its slope goes back.

In PyTorch each step of these sums reads and writes tensors of 300,000 numbers; here a place of the
grid stays in registers.
"""

from __future__ import annotations

from models.compiled import Numbers, compiled


@compiled
def weigh(
    heard: Numbers,
    power: Numbers,
    squares: Numbers,
    slowness: Numbers,
    damping: Numbers,
    factor: Numbers,
    numerators: Numbers,
    twice: Numbers,
    whistle: Numbers,
    place: Numbers,
) -> None:
    """Weigh power by second-order filters, and add the whistle of each.

    Args:
        heard: gets what comes out, ``(batch, frames, places)``.
        power: what goes in, ``(batch, frames, places)``.
        squares: of the places' frequencies in Hz.
        slowness: 1 / cutoff squared, in Hz, ``(batch, frames)``.
        damping: 1 / Q, ``(batch, frames)``.
        factor: what all is multiplied by, ``(batch, frames)``.
        numerators: what multiplies 1, x and x squared, x being the squared ratio of frequency and
            cutoff, ``(batch, 3)``.
        twice: 1 where the sound goes through two such filters, else 0, ``(batch,)``.
        whistle: a line's power, ``(batch, frames)``.
        place: where on the grid the line is, ``(batch, frames)``.
    """
    one = damping.dtype.type(1.0)
    for item in range(power.shape[0]):
        a, b, c = numerators[item, 0], numerators[item, 1], numerators[item, 2]
        again = twice[item] > 0.5
        for frame in range(power.shape[1]):
            slow, loud = slowness[item, frame], factor[item, frame]
            damped = damping[item, frame] * damping[item, frame]
            into, out = power[item, frame], heard[item, frame]
            for at in range(len(squares)):
                x = squares[at] * slow
                gain = (a + x * (b + c * x)) / ((x - one) * (x - one) + damped * x)
                out[at] = into[at] * loud * (gain * gain if again else gain)
            first = int(place[item, frame])
            upper = whistle[item, frame] * (place[item, frame] - first)
            out[first] += whistle[item, frame] - upper
            out[first + 1] += upper


@compiled
def slopes_of_weighed(
    by_power: Numbers,
    by_rest: Numbers,
    slope: Numbers,
    power: Numbers,
    squares: Numbers,
    slowness: Numbers,
    damping: Numbers,
    factor: Numbers,
    numerators: Numbers,
    twice: Numbers,
    whistle: Numbers,
    place: Numbers,
) -> None:
    """Work out slopes, from those by what ``weigh`` says of the same.

    ``by_rest`` gets those by the cutoff's logarithm, damping, factor, whistle and place, ``(5,
    batch, frames)``.
    """
    one, two = damping.dtype.type(1.0), damping.dtype.type(2.0)
    for item in range(power.shape[0]):
        a, b, c = numerators[item, 0], numerators[item, 1], numerators[item, 2]
        again = twice[item] > 0.5
        for frame in range(power.shape[1]):
            slow, loud = slowness[item, frame], factor[item, frame]
            damped = damping[item, frame] * damping[item, frame]
            into, down, out = power[item, frame], slope[item, frame], by_power[item, frame]
            cutoff = damping.dtype.type(0.0)
            width = damping.dtype.type(0.0)
            louder = damping.dtype.type(0.0)
            for at in range(len(squares)):
                x = squares[at] * slow
                below = one / ((x - one) * (x - one) + damped * x)
                gain = (a + x * (b + c * x)) * below
                whole = gain * gain if again else gain
                out[at] = down[at] * whole * loud
                passed = down[at] * into[at]
                louder += passed * whole
                by_gain = passed * loud * (two * gain if again else one) * below
                by_below = -by_gain * gain
                width += by_below * x
                by_x = by_gain * (b + two * c * x) + by_below * (two * (x - one) + damped)
                cutoff += by_x * x
            first = int(place[item, frame])
            more = down[first + 1] - down[first]
            by_rest[0, item, frame] = -two * cutoff
            by_rest[1, item, frame] = two * damping[item, frame] * width
            by_rest[2, item, frame] = louder
            by_rest[3, item, frame] = down[first] + (place[item, frame] - first) * more
            by_rest[4, item, frame] = whistle[item, frame] * more


@compiled
def sum_near(
    sums: Numbers, power: Numbers, squares: Numbers, slowness: Numbers, damping: Numbers
) -> None:
    """Sum up what sounds at the cutoff, and all that sounds, ``(2, batch, frames)``.

    Power goes through a band pass for the first; all else is as of ``weigh``.
    """
    one = damping.dtype.type(1.0)
    for item in range(power.shape[0]):
        for frame in range(power.shape[1]):
            slow, into = slowness[item, frame], power[item, frame]
            damped = damping[item, frame] * damping[item, frame]
            near, all_of_it = damping.dtype.type(0.0), damping.dtype.type(0.0)
            for at in range(len(squares)):
                x = squares[at] * slow
                near += into[at] * x / ((x - one) * (x - one) + damped * x)
                all_of_it += into[at]
            sums[0, item, frame] = near
            sums[1, item, frame] = all_of_it
