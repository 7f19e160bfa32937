"""A backend's own methods for nestings of second order, as functions of leaves."""

from __future__ import annotations

from typing import Any

from ._definition import Solve
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._user_function import OfTuple
from .typing import Function, Leaves, Tree


def native(offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve | None:
    """`solve(f, x, directions)` by the backend's own method, all that this gives, or None where it cannot run this.

    Such a method has no aux, and may take one array only. What is shaped like x comes as the user's tree.
    """
    method = offers.native.get(nesting)
    if method is None or has_aux or (layout.size > 1 and offers.flat_only):
        return None
    if not layout.bare:
        return _in_containers(method, nesting, layout)
    if nesting.directions == 1:
        return lambda f, x, directions: method(f, x[0], directions[0][0])
    return lambda f, x, directions: method(f, x[0], *(v for (v,) in directions))


def _in_containers(method: Function, nesting: Nesting, layout: Layout) -> Solve:
    of_one = layout.size == 1

    def tree(part: Any) -> Tree:
        return layout.shaped((part,) if of_one else tuple(part))[0]

    def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        if of_one:
            *first, last = method(f, x[0], *(v for (v,) in directions))
        else:
            *first, last = method(OfTuple(f), x, *directions)
        if nesting.inner is Mode.REVERSE:
            first = [*map(tree, first)]
        return *first, (tree(last) if Mode.REVERSE in nesting else last)

    return solve
