"""Second derivatives of a function from its values, with an error bar that means it.

For a function whose every gradient is wrong or missing: there is nothing else to difference. The ladder of steps
and the four parts of the bar are those of `differences`; here an error in the values costs 1/step².
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .differences import EPSILON, POINTS, SAFETY, START, Array, Difference, _extrapolation, _windows

LEVELS = 12  # steps from START down to 2e-4: below, rounding leaves little


def curvature(
    function: Callable[[Array], float], x: Array, v: Array, others: Array, *, epsilon: float = EPSILON
) -> Difference:
    """D²f(x)[v, u] for each row u of `others`, by polarisation: 4 D²f[v, u] = D²f[v+u, v+u] - D²f[v-u, v-u].

    Args:
        function: a point, shape (n,), ↦ a number; nan outside its domain.
        x: shape (n,).
        v: shape (n,), not zero.
        others: shape (m, n).
        epsilon: the rounding of x and of the values, relative to them.
    """
    unit = v / np.linalg.norm(v)
    sizes = np.linalg.norm(others, axis=1, keepdims=True)
    rows = others / np.where(sizes > 0, sizes, 1)
    found = _along(function, x, np.concatenate([unit + rows, unit - rows]), epsilon)
    factor = sizes[:, 0] * np.linalg.norm(v) / 4
    plus, minus = np.split(found.value, 2)
    bars, values = np.split(found.bar, 2), np.split(found.size, 2)
    return Difference(factor * (plus - minus), factor * (bars[0] + bars[1]), np.maximum(*values), found.reach)


def _along(function: Callable[[Array], float], x: Array, directions: Array, epsilon: float) -> Difference:
    """D²f(x)[d, d] for each row d; all zeros for a row of zeros."""
    moved = np.max(np.abs(directions) / np.maximum(1, np.abs(x)), axis=-1)
    scale = 1 / np.where(moved > 0, moved, 1)
    offsets = scale[:, np.newaxis] * directions
    steps: Array = START * 0.5 ** np.arange(LEVELS, dtype=np.float64)
    with np.errstate(all="ignore"):
        centre = function(x)
        ahead = np.array([[function(x + t * d) for d in offsets] for t in steps])
        behind = np.array([[function(x - t * d) for d in offsets] for t in steps])
        value, bar, size = _estimate(steps[:, np.newaxis], ahead, behind, centre, epsilon, np.max(np.abs(x)))
    return Difference(np.where(np.isfinite(bar), value / scale**2, np.nan), bar / scale**2, size, START)


def _estimate(
    steps: Array, ahead: Array, behind: Array, centre: float, epsilon: float, moved: float
) -> tuple[Array, Array, Array]:
    """The estimate with the narrowest bar, that bar, and the size of the values, for each column."""
    value = _windows((ahead + behind - 2 * centre) / steps**2) @ _EVEN
    kink = np.abs(_windows((ahead - behind) / (2 * steps**2)) @ _KINK)
    derivative = np.abs(ahead - behind)[-1] / (2 * steps[-1])
    size = np.maximum(np.abs(ahead), np.abs(behind)).max(axis=0)
    if np.array_equal(ahead, ahead.astype(np.float32)):  # f computes in float32 inside
        epsilon = float(np.finfo(np.float32).eps)
    grain = epsilon * (np.maximum(size, abs(centre)) + moved * derivative)
    smallest = steps[POINTS - 1 :] * np.ones_like(value)
    steps = steps[: len(value)] * np.ones_like(value)
    rounding = SAFETY * 4 * grain / smallest**2

    change = np.abs(np.diff(value, axis=0))
    noise = np.maximum.accumulate((change * steps[1:] ** 2)[::-1], axis=0)[::-1] / steps[1:] ** 2
    # A feature narrower than the steps shows in the estimate from the finest, as more than its rounding.
    unseen = np.maximum(0, np.abs(value[-1] - value[1:-1]) - rounding[-1])
    bar = SAFETY * np.maximum(noise[:-1], change[1:]) + rounding[1:-1] + kink[1:-1] + unseen
    bar = np.where(np.isfinite(bar), bar, np.inf)
    best = np.argmin(bar, axis=0)[np.newaxis]
    return np.take_along_axis(value[1:-1], best, 0)[0], np.take_along_axis(bar, best, 0)[0], size


# The even part over step² has even powers of the step; the odd part has odd ones from -1, and the power 0 for a
# kink in the derivative.
_EVEN = _extrapolation([0, 2, 4, 6])
_KINK = _extrapolation([0, -1, 1, 3])
