"""A backend's own methods for nestings of second order, as functions of leaves."""

from __future__ import annotations

from typing import Any

from ._definition import Solve
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._user_function import OfTuple
from .typing import Array, Function, Leaves


def native(offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve | None:
    """`solve(f, x, directions)` by the backend's own method, all that this gives, or None where it cannot run this.

    Such a method has no aux, and may take one array only. What is shaped like x comes as a tuple of leaves.
    """
    method = offers.native.get(nesting)
    if method is None or has_aux or (layout.size > 1 and offers.flat_only):
        return None
    if layout.size > 1:
        return lambda f, x, directions: _in_tuples(nesting, method(OfTuple(f), x, *directions))

    def of_an_array(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        parts: tuple[Array, ...] = tuple(method(f, x[0], *(v for (v,) in directions)))
        return tuple((part,) if shaped else part for part, shaped in zip(parts, _shaped(nesting), strict=True))

    return of_an_array


def _in_tuples(nesting: Nesting, parts: Any) -> tuple[Any, ...]:
    return tuple(tuple(part) if shaped else part for part, shaped in zip(parts, _shaped(nesting), strict=True))


def _shaped(nesting: Nesting) -> tuple[bool, ...]:
    """Which of the results are shaped like x."""
    if Mode.REVERSE not in nesting:
        return False, False, False
    return nesting.inner is Mode.REVERSE, True
