"""∇²f(x)· as a function of the direction: what is made once for many directions, by each nesting."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence

from ._basis import second_over_a_basis
from ._compose import compose_gradient_vjp, gradient
from ._nesting import Mode, Nesting
from ._offers import OVER_A_BASIS, Offers
from ._unit_vectors import Row, squares
from .typing import Array, Function, Leaves


def product_at(offers: Offers, nesting: Nesting, f: Function, x: Leaves) -> Row:
    """`product(*v)`, whose second part is ∇²f(x)v, by leaves, for the leaves of v: of a scalar function of leaves.

    RR records the gradient here, once; by the other nestings each product evaluates f.
    """
    if nesting == OVER_A_BASIS:
        places = tuple(range(len(x)))
        return lambda *v: ((), second_over_a_basis(offers, f, x, v, places, places)[1])
    if nesting.code == "RR":
        places = tuple(range(len(x)))
        of_gradient = offers.gradient_vjp or functools.partial(compose_gradient_vjp, offers.backend)
        _, pullback = of_gradient(f, x, places, places)
        return lambda *v: ((), pullback(v))
    push = offers.modes[Mode.FORWARD]
    if nesting.outer is Mode.FORWARD:

        def forward_over_reverse(*v: Array) -> tuple[Sequence[Array], Leaves]:
            first, product = push(gradient(offers.backend, f), x, v)
            return squares(offers, first), product

        return forward_over_reverse

    def reverse_over_forward(*v: Array) -> tuple[Sequence[Array], Leaves]:
        along = lambda *x: push(f, x, v)[::-1]  # noqa: E731  # the value is its aux
        product, value = gradient(offers.backend, along, has_aux=True)(*x)
        return (value,), product

    return reverse_over_forward


def twice_along(offers: Offers, nesting: Nesting, f: Function, x: Leaves) -> Row:
    """`second(*v)`, whose second part is the number D²f(x)[v, v] for the leaves of v: of a scalar function."""
    if nesting.code == "FF":
        push = offers.modes[Mode.FORWARD]

        def forward_over_forward(*v: Array) -> tuple[Sequence[Array], Array]:
            (value, _), (_, second) = push(lambda *x: push(f, x, v), x, v)
            return (value,), second

        return forward_over_forward
    product, total = product_at(offers, nesting, f, x), offers.backend.xp.sum

    def second(*v: Array) -> tuple[Sequence[Array], Array]:
        same, found = product(*v)
        return same, sum_of([total(a * b) for a, b in zip(found, v, strict=True)])

    return second


def sum_of(terms: Sequence[Array]) -> Array:
    """The sum of at least one array; Python's `sum` would begin with a 0."""
    return functools.reduce(operator.add, terms)
