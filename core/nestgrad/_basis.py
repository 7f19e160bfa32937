"""Hessian-vector products by forward mode alone: one second derivative for each unit vector.

Two pushes along a unit vector eᵢ and a direction v give Df(x)[eᵢ] and D²f(x)[eᵢ, v]: an entry of the gradient and one
of the product. It takes no reverse mode, and as many passes as there are variables.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    _check_small(offers, moving)

    def push(*e: Array) -> tuple[Sequence[Array], Array]:
        value, entry = offers.modes[Mode.FORWARD](held(f, x, places), moving, e)
        return (value,), entry

    entries = mapped(offers, push, moving)
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

    def push(*e: Array) -> tuple[Sequence[Array], Any]:
        first = lambda *x: forward(held(f, x, moving), at(x, moving), e)  # noqa: E731
        (value, entry), (slope, product) = forward(held(first, x, fixed), at(x, fixed), v)
        return (value, slope), (entry, product)

    forward = offers.modes[Mode.FORWARD]
    entries, products = mapped(offers, push, at(x, moving))
    return like(xp, entries, at(x, moving)), like(xp, products, at(x, moving))
