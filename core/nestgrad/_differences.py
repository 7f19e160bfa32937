"""A directional derivative beside central differences, with a bar that tells what the differences are worth.

Five values, at x, x ± hv and x ± hv/2. The bar is the larger of two: how far the two steps part, and how far right
from left, as they do at a kink; and rounding. What is smaller than the steps they do not see: where they say that it is
another number, much smaller steps have to say the same, four more values. See Richardson, The approximate arithmetical
solution by finite differences (1911).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

_WIDTH = 4.0  # of the step, in units of the size of an entry of x times the cube root of the precision
_WIDEST = 1e-2  # a bar that is wider, relative to the number, decides nothing
_SMALLER = (1 / 30, 1 / 900)  # the steps that are asked as well before it is said to be another number
_BARS, _LEAST = 20.0, 1e-4  # beyond so many bars, and so much of the number, it is another number


@dataclass(frozen=True)
class Compared:
    """A number beside differences.

    Attributes:
        found: the entry of the derivative that is farthest from them; `expected`: what differences give there.
        bar: how far these may be from the truth.
        differs: whether it is another number; None if the differences decide nothing.
    """

    found: float
    expected: float
    bar: float
    differs: bool | None


def compare(values: Callable[[float], Vector], found: Vector, scale: float, precision: float) -> Compared:
    """The derivative of `values` at 0 beside central differences.

    Args:
        values: a function of a step along the direction; gives vectors of one length.
        found: what the derivative is said to be, of that length.
        scale: the step along the direction that moves an entry of x by its own size, and none by more.
        precision: the spacing of the numbers that `values` computes with.

    Example:
        >>> import numpy as np
        >>> compare(lambda h: np.array([np.sin(1.0 + h)]), np.array([np.cos(1.0)]), 1.0, 2e-16).differs
        False
        >>> compare(lambda h: np.array([np.sin(1.0 + h)]), np.array([0.5]), 1.0, 2e-16).differs
        True
    """
    import numpy as np  # as in `_numpy`

    h = _WIDTH * scale * precision ** (1 / 3)
    here, far, near, near_left, far_left = (values(step) for step in (0.0, h, h / 2, -h / 2, -h))
    wide, narrow = (far - far_left) / (2 * h), (near - near_left) / h
    best = narrow + (narrow - wide) / 3
    right, left = (4 * near - far - 3 * here) / h, (3 * here - 4 * near_left + far_left) / h
    size = float(max(np.max(np.abs(best), initial=0.0), np.max(np.abs(found), initial=0.0)))
    rounding = 4 * precision * float(np.max(np.abs(here), initial=0.0)) / h
    bar = float(max(np.max(np.abs(narrow - wide), initial=0.0), np.max(np.abs(right - left), initial=0.0))) + rounding
    away = np.abs(best - found)
    worst = int(np.argmax(away)) if away.size else 0
    entries = (float(found[worst]), float(best[worst])) if away.size else (0.0, 0.0)
    if not np.isfinite(bar) or bar > _WIDEST * size:
        return Compared(*entries, bar, None if not bar <= 2 * rounding or size > bar else False)  # 0 beside 0 is right
    if away[worst] <= _BARS * bar + _LEAST * size:
        return Compared(*entries, bar, False)
    agree = all(
        abs((values(part * h) - values(-part * h))[worst] / (2 * part * h) - best[worst])
        <= min(max(_BARS, 1 / part) * bar, away[worst] / 2)  # rounding may be so much larger there
        for part in _SMALLER
    )
    return Compared(*entries, bar, agree or None)
