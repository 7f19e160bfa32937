"""Differentiate a smooth curve from its values, with an error bar that means it.

The stencil is that of `scipy.differentiate.derivative`: order 8, steps halved, every value used again. SciPy
stops at the first two estimates that agree and forgets the others. Agreement can be chance (an oscillation
that fits the steps, quantised values, a kink seen symmetrically), so here the whole ladder of steps is kept
and four things make up the bar of an estimate:

- **truncation**: its distance from the estimates one step coarser and one step finer;
- **noise**: such distances at all finer steps, brought to this step (an error in the values costs 1/step);
- **rounding**: of the values and of the point they are taken at, over the smallest step;
- **kink**: half the difference of the right and the left derivative, extrapolated like the derivative itself.

The estimate with the narrowest bar wins, for each component on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Curve = Callable[[float], npt.ArrayLike]

EPSILON = float(np.finfo(np.float64).eps)
START = 2**0.5 - 1  # irrational: a curve with a whole number of periods per step would look constant
LEVELS = 40  # steps from START down to 4e-13
TARGET = 1e-11  # a relative bar that is narrow enough to stop at
ROUNDED = 128 * EPSILON  # a bar that is narrow enough relative to the size of the curve, for derivatives of 0
POINTS = 4  # steps in one estimate
FINE = START / 2**20  # the step at which an estimate is looked at once more before it is believed
AGREEMENT = 1e-2  # how well, relatively, the plain quotient at that step has to agree
SAFETY = 3  # by which the bar exceeds what was seen of truncation, noise and rounding
COARSEST_GRID = 1e-6  # relative; float32 has 6e-8


@dataclass(frozen=True)
class Difference:
    """A derivative at 0 with what is known about it; every array is shaped like the curve.

    Attributes:
        value: the derivative; nan where no step gave a finite one.
        bar: the derivative is within `bar` of `value`; inf where `value` is nan.
        size: the largest value of the curve that `value` rests on.
        reach: the largest step that any component of `value` rests on.
    """

    value: Array
    bar: Array
    size: Array
    reach: float


def differentiate(
    curve: Curve, *, start: float = START, resolution: npt.ArrayLike = EPSILON, epsilon: float = EPSILON
) -> Difference:
    """Differentiate `curve` at 0, elementwise.

    Args:
        curve: t ↦ an array of one shape, smooth around 0, nan or inf outside its domain. Its parameter should
            be scaled so that it changes over lengths of about one; other lengths cost more evaluations. A
            smooth curve costs about 15, the worst 83.
        start: the largest step.
        resolution: how far t is from what was asked for, since x + tv is rounded: ε|x|/|v|, by default for
            |x| = |v|; a number, or an array for curves whose components have a point of their own.
        epsilon: the rounding of the curve's values, relative to them.
    """
    with np.errstate(all="ignore"):
        centre = _sample(curve, 0.0)
        quotient = (_sample(curve, FINE) - _sample(curve, -FINE)) / (2 * FINE)
        values = [(_sample(curve, start), _sample(curve, -start))]
        for level in range(1, LEVELS):
            step = start / 2**level
            values.append((_sample(curve, step), _sample(curve, -step)))
            if level <= POINTS:
                continue
            estimates = _estimates(start, np.array(values), centre, np.asarray(resolution), epsilon)
            best = estimates.narrowest()
            if _settled(best, estimates.rounding[-1], quotient):
                break
    return Difference(
        value=np.where(np.isfinite(best.bar), best.value, np.nan),
        bar=best.bar,
        size=best.size,
        # The bar rests on the estimate one step coarser too.
        reach=float(np.max(2 * best.step, initial=0.0, where=np.isfinite(best.bar))),
    )


def differentiate_along(
    function: Callable[[Array], npt.ArrayLike],
    x: Array,
    direction: Array,
    *,
    start: float = START,
    epsilon: float = EPSILON,
) -> Difference:
    """Differentiate t ↦ function(x + t direction) at 0.

    Args:
        function: a point, shape (n,), ↦ an array.
        x: shape (n,).
        direction: shape (n,) and not zero; or (m, n) for m curves at once. The function then takes m points,
            shape (m, n), to m numbers.
        start: the largest step, relative to the length over which no coordinate changes by more than its own
            size, or one.
        epsilon: the rounding of x and of the function's values, relative to them.
    """
    step = 1 / np.max(np.abs(direction) / np.maximum(1, np.abs(x)), axis=-1)
    offset = step[..., np.newaxis] * direction
    moved = np.max(np.abs(x) * (direction != 0), axis=-1)
    found = differentiate(
        lambda t: function(x + t * offset),
        start=start,
        resolution=epsilon * moved / np.max(np.abs(offset), axis=-1),
        epsilon=epsilon,
    )
    reach = float(np.max(found.reach * step))
    return Difference(np.asarray(found.value / step), np.asarray(found.bar / step), found.size, reach)


def _sample(curve: Curve, t: float) -> Array:
    return np.asarray(curve(t), dtype=np.float64)


class _Estimates(NamedTuple):
    """Estimates of one derivative: a row for each step, or, for the narrowest, a single one."""

    value: Array
    bar: Array
    size: Array
    rounding: Array
    step: Array

    def narrowest(self) -> _Estimates:
        row = np.argmin(self.bar, axis=0)[np.newaxis]
        return _Estimates(*(np.asarray(np.take_along_axis(column, row, axis=0)[0]) for column in self))


def _estimates(start: float, values: Array, centre: Array, resolution: Array, epsilon: float) -> _Estimates:
    """The estimates that have a coarser and a finer neighbour.

    Args:
        start: the largest step; each following step is half as large.
        values: the curve at each step ahead and behind, shape (steps, 2, …).
        centre: the curve at 0.
        resolution: as for `differentiate`, and so is epsilon.
        epsilon: of the values.
    """
    steps: Array = start * 0.5 ** np.arange(len(values), dtype=np.float64)
    steps = steps.reshape(-1, *[1] * centre.ndim)
    right, left = (values[:, 0] - centre) / steps, (centre - values[:, 1]) / steps
    value = _windows((right + left) / 2) @ _DERIVATIVE
    kink = np.abs(_windows((right - left) / 2) @ _KINK)
    size = np.maximum(_windows(np.abs(values).max(axis=1)).max(axis=-1), np.abs(centre))
    steps = np.broadcast_to(steps[: len(value)], value.shape)
    smallest = steps / 2 ** (POINTS - 1)
    grain = np.maximum(epsilon * size, _grid(values, centre))
    rounding = SAFETY * (grain + resolution * np.abs(value)) / smallest

    change = np.abs(np.diff(value, axis=0))
    noise = np.maximum.accumulate((change * steps[1:])[::-1], axis=0)[::-1] / steps[1:]
    inner = slice(1, -1)
    bar = SAFETY * np.maximum(noise[:-1], change[1:]) + rounding[inner] + kink[inner]
    bar = np.where(np.isfinite(bar), bar, np.inf)
    return _Estimates(value[inner], bar, size[inner], rounding[inner], steps[inner])


def _grid(values: Array, centre: Array) -> Array:
    """The grid that the values in each window lie on if they were rounded to less than float64, else 0.

    Float32 inside shows by values that stand still over small steps and jump by little over larger ones. Then
    estimates from small steps agree, on 0. A jump by much is the edge of a true plateau, as in relu.
    """
    jumps = np.abs(values - centre)
    smallest = np.min(jumps, axis=(0, 1), where=jumps > 0, initial=np.inf)
    is_grid = smallest < COARSEST_GRID * np.abs(values).max(axis=(0, 1))
    still = _windows((jumps == 0).all(axis=1)).any(axis=-1)
    grid: Array = np.where(still & is_grid, smallest, 0.0)
    return grid


def _settled(best: _Estimates, rounding: Array, quotient: Array) -> bool:
    """Whether smaller steps, with at least this rounding, have nothing to add for any component."""
    narrow = np.maximum(TARGET * np.abs(best.value), ROUNDED * best.size)
    done = (best.bar <= narrow) | (best.bar < rounding)
    # A feature narrower than all steps so far would show in the quotient at a far finer one.
    allowed = AGREEMENT * np.abs(best.value) + best.bar * best.step / FINE
    confirmed = (np.abs(quotient - best.value) <= allowed) | (best.step < FINE)
    return bool(np.all(done & confirmed))


def _windows(levels: Array) -> Array:
    """Each run of POINTS consecutive levels, as a last axis."""
    return np.lib.stride_tricks.sliding_window_view(levels, POINTS, axis=0)


def _extrapolation(powers: Sequence[int]) -> Array:
    """Weights that take values at steps 1, 1/2, 1/4, … to step 0, given the powers of the step in them."""
    steps = 0.5 ** np.arange(POINTS)
    weights: Array = np.linalg.solve([steps**power for power in powers], np.eye(POINTS)[0])
    return weights


# Half the sum of right and left quotient has even powers of the step; half the difference has odd ones,
# and the power 0 for a kink alone.
_DERIVATIVE = _extrapolation([0, 2, 4, 6])
_KINK = _extrapolation([0, 1, 3, 5])
