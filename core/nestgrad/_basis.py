"""Hessian-vector products by forward mode alone: one second derivative for each unit vector.

Two pushes along a unit vector eᵢ and a direction v give Df(x)[eᵢ] and D²f(x)[eᵢ, v]: an entry of the gradient and one
of the product. It takes no reverse mode, and as many passes as there are variables.
"""

from __future__ import annotations

from typing import Any

from ._compose import at, held
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._refusal import UnsupportedNestingError
from ._routes import emulated
from ._unit_vectors import count, like, mapped
from .typing import Array, Function, Leaves

Places = tuple[int, ...]

MOST = 64
"""For more variables than this, so many passes are not what anyone has asked for."""

_REASON = f"by forward mode alone it takes a pass for each variable, and is done for {MOST} at most."


def is_small(x: Leaves) -> bool:
    """Whether there are few enough variables; of unknown shapes there are not."""
    try:
        return count(x) <= MOST
    except TypeError:
        return False


def _check_small(offers: Offers, x: Leaves) -> None:
    """Raise `UnsupportedNestingError` unless there are few enough variables, and tell how the product is computed."""
    if not is_small(x):
        raise UnsupportedNestingError(backend=offers.name, nesting=Nesting("FF"), operation=None, reason=_REASON)
    emulated("hvp", "by forward mode, for each unit vector.")


def gradient_over_a_basis(offers: Offers, f: Function, x: Leaves, places: Places) -> Leaves:
    """Df(x)[eᵢ], shaped like the leaves of x at these places.

    Raises:
        UnsupportedNestingError: there are more than `MOST` variables.
    """
    xp, moving = offers.backend.xp, at(x, places)
    push = lambda *e: offers.modes[Mode.FORWARD](held(f, x, places), moving, e)  # noqa: E731
    _check_small(offers, moving)
    value, entries = mapped(offers, push, moving)
    _check_same(offers, value)
    return like(xp, entries, moving)


def second_over_a_basis(
    offers: Offers, f: Function, x: Leaves, v: Leaves, moving: Places, fixed: Places
) -> tuple[Leaves, Leaves]:
    """Df(x)[eᵢ] and D²f(x)[eᵢ, v], each shaped like the leaves of x at the places `moving`, v like those at `fixed`.

    Raises:
        UnsupportedNestingError: there are more than `MOST` variables.
    """
    _check_small(offers, at(x, moving))
    xp = offers.backend.xp

    def push(*e: Array) -> Any:
        first = lambda *x: forward(held(f, x, moving), at(x, moving), e)  # noqa: E731
        return forward(held(first, x, fixed), at(x, fixed), v)

    forward = offers.modes[Mode.FORWARD]
    (value, entries), (slope, products) = mapped(offers, push, at(x, moving))
    _check_same(offers, value, slope)
    return like(xp, entries, at(x, moving)), like(xp, products, at(x, moving))


def _check_same(offers: Offers, *rows: Array) -> None:
    """A look at what has to be the same number in each pass, in arrays of shape (n,), where values can be seen.

    Raises:
        UnsupportedNestingError: it is not: f draws random numbers, and the passes are of several functions.
    """
    import numpy as np  # as in `_numpy`

    for row in rows:
        try:
            values = np.asarray(offers.backend.to_numpy(row), np.float64)
        except Exception:  # tracers have no values
            return
        if not np.allclose(values, values[:1], rtol=_SAME, atol=0.0, equal_nan=True):
            raise UnsupportedNestingError(backend=offers.name, nesting=Nesting("FF"), operation=None, reason=_DRAWS)


_SAME = 1e-4
_DRAWS = "by forward mode alone it takes a pass for each variable, and f is not the same function in all: it draws."
