"""The diagonal of the Hessian, and its trace: D²f along each unit vector twice, some at a time."""

from __future__ import annotations

from typing import Any

from ._choose import require
from ._compose import gradient as gradient_of
from ._definition import Comparison, Definition, Differentiated
from ._errors import InvalidNestingError
from ._generic import generic
from ._hessian import Hessian
from ._layout import Layout
from ._nesting import Nesting
from ._offers import Offers
from ._products import twice_along
from ._unit_vectors import like
from .typing import Leaves, Tree

_SECOND = 2  # the order


class Diagonal(Hessian):
    """The diagonal of ∇²f. Law: D²f(x)[eᵢ, eᵢ]."""

    name = "hessian_diagonal"

    @staticmethod
    def _of_order_2(nesting: str | Nesting) -> Nesting:
        found = Nesting(nesting)
        if found.order != 2:
            raise InvalidNestingError(
                f"A second derivative is one of 'FR', 'RF', 'RR', 'FF' or 'auto'; {found.code!r} is not."
            )
        return found

    def by(self, nesting: Nesting) -> Definition | None:
        return type(self)(nesting, self._chunk_size)

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        if self._asked == "auto" and offers.diagonals:
            require(offers, offers.diagonals[0])  # of order 2, which not every backend has
            return offers.diagonals
        return (require(offers, Nesting("RR" if self._asked == "auto" else self._asked)),)

    def comparison(self, at: Differentiated) -> Comparison | None:
        offers, nesting, f, x = at.offers, at.nesting, at.f, at.x
        along = generic(offers, x)
        # by the same nesting, since the entries are not of one direction
        _, found = twice_along(offers, nesting, f, x)[0](*along)
        return Comparison(gradient_of(offers.backend, f), along, found, values_along=along)

    _along = staticmethod(twice_along)

    def _found(self, offers: Offers, entries: Any, x: Leaves, layout: Layout) -> Tree:
        return layout.shaped(like(offers.backend.xp, entries, x))[0]


class Laplacian(Diagonal):
    """The trace of ∇²f. Law: Σᵢ D²f(x)[eᵢ, eᵢ]."""

    name = "laplacian"

    def _found(self, offers: Offers, entries: Any, x: Leaves, layout: Layout) -> Tree:
        return offers.backend.xp.sum(entries)
