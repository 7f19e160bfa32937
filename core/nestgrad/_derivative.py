"""The derivative that a nesting names."""

from __future__ import annotations

from typing import Any

from ._choose import require
from ._compose import compose, gradient
from ._definition import Comparison, Definition, Differentiated, Solve
from ._generic import generic
from ._layout import Layout
from ._native import in_tree, native
from ._nesting import Mode, Nesting
from ._offers import Offers
from .typing import Function, Leaves

_SECOND = 2  # the highest order that is verified


class Derivative(Definition):
    """The derivative that a nesting names.

    Law: Dᵏf(x)[v₁, …, vₖ₋₁, ·] for a nesting with an R, Dᵏf(x)[v₁, …, vₖ] for one without; see `Nesting`.
    """

    def __init__(self, name: str, nesting: Nesting) -> None:
        self.name, self._nesting, self.directions = name, nesting, nesting.directions
        self.asked: str | Nesting = nesting
        self.is_verified = nesting.order <= _SECOND

    def by(self, nesting: Nesting) -> Definition | None:
        return Derivative(self.name, nesting)

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return (require(offers, self._nesting),)

    def comparison(self, at: Differentiated) -> Comparison | None:
        offers, f, x, directions, result = at.offers, at.f, at.x, at.directions, at.result
        if self._nesting.code == "R":
            along = generic(offers, x)
            return Comparison(f, along, result, found_along=along)
        if self._nesting.order == 1:
            return Comparison(f, directions[0], result)
        return Comparison(gradient(offers.backend, f), directions[0], result, *directions[1:])

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        by_the_backend, is_gradient = native(offers, nesting, layout, has_aux), Mode.REVERSE in nesting
        if by_the_backend is not None:
            if layout.bare or not is_gradient:
                return lambda f, x, directions: by_the_backend(f, x, directions)[-1:]
            return lambda f, x, directions: (in_tree(layout, by_the_backend(f, x, directions)[-1]),)
        derive = compose(offers.backend, nesting)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            if has_aux:
                derivative, *aux = derive(f, x, *directions, has_aux=True)
            else:
                derivative, aux = derive(f, x, *directions), []
            return (layout.shaped(derivative)[0] if is_gradient else derivative), *aux

        return solve
