"""∇²f(x)v by the first nesting that is right, alone and with the gradient."""

from __future__ import annotations

from typing import Any

from ._basis import second_over_a_basis
from ._choose import candidates, hvp_nesting
from ._compose import gradient, value_and_gradient
from ._definition import Comparison, Definition, Differentiated, Solve
from ._derivative import Derivative
from ._inputs import split_aux
from ._layout import Layout
from ._native import in_tree, native
from ._nesting import Mode, Nesting
from ._offers import OVER_A_BASIS, Offers
from .typing import Function, Leaves


class Hvp(Derivative):
    """∇²f(x)v. Law: linear in v, and symmetric: ⟨u, hvp(v)⟩ = ⟨v, hvp(u)⟩."""

    directions, is_verified, takes_auto = 1, True, True

    def __init__(self, nesting: str | Nesting, name: str = "hvp") -> None:
        self.name = name
        self.asked = nesting if nesting == "auto" else hvp_nesting(nesting)  # misspelt, it is an error now

    def by(self, nesting: Nesting) -> Definition | None:
        return Hvp(nesting, self.name) if Mode.REVERSE in nesting else None

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return candidates(offers, self.asked)

    def comparison(self, at: Differentiated) -> Comparison | None:
        offers, f, directions, result = at.offers, at.f, at.directions, at.result
        return Comparison(gradient(offers.backend, f), directions[0], result)

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        if nesting != OVER_A_BASIS:
            return super().prepare(offers, nesting, layout, has_aux)
        both = _over_a_basis(offers, layout, has_aux)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            (_, product), *aux = both(f, x, directions)
            return product, *aux

        return solve


class GradientAndHvp(Hvp):
    """(∇f(x), ∇²f(x)v). Law: that of each; f is evaluated once unless the nesting is RF."""

    def __init__(self, nesting: str | Nesting) -> None:
        super().__init__(nesting, "gradient_and_hvp")

    def comparison(self, at: Differentiated) -> Comparison | None:
        return super().comparison(at._replace(result=at.result[1]))

    def by(self, nesting: Nesting) -> Definition | None:
        return GradientAndHvp(nesting) if Mode.REVERSE in nesting else None

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        if nesting == OVER_A_BASIS:
            return _over_a_basis(offers, layout, has_aux)
        if nesting.inner is Mode.FORWARD:
            return self._apart(offers, nesting, layout, has_aux)
        by_the_backend = native(offers, nesting, layout, has_aux)
        if by_the_backend is not None:
            return lambda f, x, directions: (tuple(in_tree(layout, part) for part in by_the_backend(f, x, directions)),)
        together = _together(offers, nesting, has_aux)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            first, product, *aux = together(f, x, directions)
            return (layout.shaped(first)[0], layout.shaped(product)[0]), *aux

        return solve

    def _apart(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        """The gradient by itself: the inner letter of the product is an F, and gives none."""
        product_of = super().prepare(offers, nesting, layout, has_aux)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            _, first, *aux = value_and_gradient(offers.backend, f, *x, has_aux=has_aux)
            product, *_ = product_of(f, x, directions)
            return (layout.shaped(first)[0], product), *aux

        return solve


def _over_a_basis(offers: Offers, layout: Layout, has_aux: bool) -> Solve:
    """Gradient and product, and f's aux, by forward mode alone."""
    places = tuple(range(layout.size))

    def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        value_of = (lambda *x: f(*x)[0]) if has_aux else f
        parts = second_over_a_basis(offers, value_of, x, directions[0], places, places)
        found = tuple(layout.shaped(part)[0] for part in parts)
        return (found, split_aux(f(*x), True)[1]) if has_aux else (found,)

    return solve


def _together(offers: Offers, nesting: Nesting, has_aux: bool) -> Solve:
    """The leaves of ∇f(x) and of ∇²f(x)v, and f's aux, by one outer mode on top of the gradient."""
    push_or_pull = offers.modes[nesting.outer]

    def forward(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        found: tuple[Any, ...] = push_or_pull(gradient(offers.backend, f, has_aux), x, *directions, has_aux=has_aux)
        return found

    def reverse(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
        first, pullback, *aux = push_or_pull(gradient(offers.backend, f, has_aux), *x, has_aux=has_aux)
        return first, pullback(*directions), *aux

    return forward if nesting.outer is Mode.FORWARD else reverse
