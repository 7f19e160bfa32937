"""The derivative of a curve at 0 from its values there and at steps ahead and behind, each step half the last.

Three steps in a row give one estimate, by Richardson's extrapolation: the errors of order 2 and 4 in the step cancel.
All steps together make a ladder of estimates. The bar of one of them is the largest of four:

- how far it is from the estimates one step coarser and one step finer, and, brought to its own steps, how far those at
  finer steps are from each other: an error in the values costs 1/step;
- rounding, of the values and of the point they are taken at, over the smallest step;
- the grid that the values lie on, if they were rounded to less than their own dtype;
- half of what the derivatives from the right and from the left part by, as they do at a kink.

See Richardson, The approximate arithmetical solution by finite differences (1911). The conformance suite has a rule of
its own, so that what it says of this one is said by another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Reals = NDArray[np.float64]

POINTS = 3  # steps in an estimate
SAFETY = 3.0  # by which the bar exceeds what was seen
_COARSEST_GRID = 1e-6  # relative; that of float32 is 6e-8


class Precision(NamedTuple):
    """What numbers of a dtype are worth.

    Attributes:
        epsilon: the spacing of its numbers at 1.
        widest: the widest bar that is accepted, relative to the derivative.
        narrow: a bar that is narrow enough to stop at.
    """

    epsilon: float
    widest: float
    narrow: float


@dataclass(frozen=True)
class Estimate:
    """The derivative by one window of the ladder, and how far it may be off; both shaped like the values.

    Attributes:
        value: the derivative.
        bar: how far it may be off; inf where the values are not finite.
        parts: the part of the bar by kinks, by rounding, and by what is neither.
        first: the first of its steps, counted from the widest.
        scale: the largest derivative, or what the curve changes by over its widest step, if that is more.
        relative: the widest bar relative to the scale; none of what stands still over steps that are not too small,
            since its derivative is zero as far as its own arithmetic can tell.
        is_last: steps that are smaller yet have nothing to add, because of rounding.
    """

    value: Values
    bar: Reals
    parts: tuple[Reals, Reals, Reals]
    first: int
    scale: float
    relative: float
    is_last: bool


def estimate(
    steps: Reals, ahead: Values, behind: Values, centre: Values, *, resolution: float, length: float, of: Precision
) -> Estimate:
    """The estimate with the narrowest bar.

    Args:
        steps: shape (n,), at least five.
        ahead: the curve at each step, shape (n, size).
        behind: the same at minus each step.
        centre: the curve at 0, shape (size,).
        resolution: how far a point is from the one that was asked for, in units of the step.
        length: the step by which the curve's argument changes by its own size, or one.
        of: the values' precision.
    """
    with np.errstate(all="ignore"):
        column = steps[:, np.newaxis]
        value = _windows((ahead - behind) / (2 * column)) @ _DERIVATIVE
        kink = np.abs(_windows((ahead - 2 * centre + behind) / (2 * column)) @ _KINK)
        jumps = np.maximum(np.abs(ahead - centre), np.abs(behind - centre))
        largest = np.maximum(np.abs(ahead), np.abs(behind))
        size = np.maximum(_windows(largest).max(axis=-1), np.abs(centre))
        is_still = _windows(jumps == 0).all(axis=-1)
        may_be_grid: NDArray[np.bool_] = np.asarray(_windows(jumps == 0).any(axis=-1))
        grid = _grid(may_be_grid, jumps, largest)
        smallest = column[POINTS - 1 :]
        rounding = SAFETY * (np.maximum(of.epsilon * size, grid) + resolution * np.abs(value)) / smallest
        is_zero = is_still & (rounding <= of.narrow * size / length)

        change = np.abs(np.diff(value, axis=0))
        noise = np.maximum.accumulate((change * column[1 : len(value)])[::-1], axis=0)[::-1] / column[1 : len(value)]
        spread = SAFETY * np.maximum(noise[:-1], change[1:])
        inner = slice(1, -1)
        parts = kink[inner], rounding[inner], spread
        bars = np.maximum.reduce(parts)
        bars = np.where(np.isfinite(bars), bars, np.inf)
        counted = np.where(is_zero[inner] & (spread + kink[inner] == 0), 0.0, bars).max(axis=1, initial=0.0)
        row = int(np.argmin(counted))
        first = row + 1
        scale = max(_largest(value[first]), _largest(jumps[first]) / steps[first])
        relative = float(counted[row] / scale) if counted[row] else 0.0
    found = [np.asarray(part[row]) for part in parts]
    is_last = bool(counted[row] <= rounding[-1].max(initial=0.0))
    return Estimate(value[first], bars[row], (found[0], found[1], found[2]), first, scale, relative, is_last)


def weights(steps: Reals, first: int) -> list[tuple[int, float]]:
    """The steps of an estimate, and what the difference of the curve ahead and behind counts at each."""
    return [(first + i, float(_DERIVATIVE[i] / (2 * steps[first + i]))) for i in range(POINTS)]


def _grid(may_be: NDArray[np.bool_], jumps: Values, largest: Values) -> Reals:
    """The grid that the values of each window lie on if they are rounded to less than their dtype, else 0.

    Float32 inside shows by values that stand still over small steps, and jump by little over larger ones. Then small
    steps agree, on 0. A jump by much is the edge of a true plateau, as in relu.
    """
    least = np.min(jumps, axis=0, where=jumps > 0, initial=np.inf)
    is_grid = least < _COARSEST_GRID * largest.max(axis=0)
    return np.where(may_be & is_grid, least, 0.0)


def _largest(values: Values) -> float:
    found = float(np.max(np.abs(values), initial=0.0))
    return found if np.isfinite(found) else 0.0


def _windows(ladder: Values) -> Values:
    """Each run of `POINTS` steps, as a last axis."""
    return np.lib.stride_tricks.sliding_window_view(ladder, POINTS, axis=0)


def _extrapolation(powers: Sequence[int]) -> Reals:
    """Weights that take values at steps 1, 1/2, 1/4, … to step 0, given the powers of the step in them."""
    steps = 0.5 ** np.arange(POINTS)
    found: Reals = np.linalg.solve([steps**power for power in powers], np.eye(POINTS)[0])
    return found


# Half the sum of what is ahead and behind has even powers of the step; half the difference odd ones, and the power 0
# for a kink alone.
_DERIVATIVE = _extrapolation([0, 2, 4])
_KINK = _extrapolation([0, 1, 3])
