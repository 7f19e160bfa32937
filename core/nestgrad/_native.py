"""A backend's own methods for nestings of second order, as functions of leaves."""

from __future__ import annotations

from typing import Any

from ._definition import Solve
from ._layout import Layout
from ._nesting import Nesting
from ._offers import Offers
from ._user_function import OfTuple
from .typing import Tree


def native(offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve | None:
    """`solve(f, x, directions)` by the backend's own method, all that this gives, or None where it cannot run this.

    Such a method has no aux, and may take one array only. What is shaped like x comes as the method gives it.
    """
    method = offers.native.get(nesting)
    if method is None or has_aux or (layout.size > 1 and offers.flat_only):
        return None
    if layout.size > 1:
        return lambda f, x, directions: method(OfTuple(f), x, *directions)
    if nesting.directions == 1:
        return lambda f, x, directions: method(f, x[0], directions[0][0])
    return lambda f, x, directions: method(f, x[0], *(v for (v,) in directions))


def in_tree(layout: Layout, part: Any) -> Tree:
    """What a native method gives in the shape of x, as the user's tree."""
    return layout.shaped((part,) if layout.size == 1 else tuple(part))[0]
