"""∇²f(x)· as a function of the direction: what is made once for many directions, by each nesting."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

from ._basis import second_over_a_basis
from ._compose import compose_gradient_vjp, gradient
from ._inputs import split_aux
from ._nesting import Mode, Nesting
from ._offers import OVER_A_BASIS, Offers
from ._unit_vectors import Row, squares
from .typing import Array, Function, Leaves


def product_at(
    offers: Offers, nesting: Nesting, f: Function, x: Leaves, has_aux: bool = False
) -> tuple[Row, Sequence[Any]]:
    """`product(*v)`, whose second part is ∇²f(x)v, by leaves, for the leaves of v: of a scalar function of leaves.

    Beside it the aux of f, if it has one. RR records the gradient here, once; by the other nestings each product
    evaluates f, and the aux is of one more evaluation.
    """
    places = tuple(range(len(x)))
    if nesting.code == "RR":
        of_gradient = offers.gradient_vjp or functools.partial(compose_gradient_vjp, offers.backend)
        _, pullback, *aux = of_gradient(f, x, places, places, has_aux=has_aux)
        return lambda *v: ((), pullback(v)), aux
    f, aux = without_aux(f, x, has_aux)
    if nesting == OVER_A_BASIS:
        return lambda *v: ((), second_over_a_basis(offers, f, x, v, places, places)[1]), aux
    push = offers.modes[Mode.FORWARD]
    if nesting.outer is Mode.FORWARD:

        def forward_over_reverse(*v: Array) -> tuple[Sequence[Array], Leaves]:
            first, product = push(gradient(offers.backend, f), x, v)
            return squares(offers, first), product

        return forward_over_reverse, aux

    def reverse_over_forward(*v: Array) -> tuple[Sequence[Array], Leaves]:
        along = lambda *x: push(f, x, v)[::-1]  # noqa: E731  # the value is its aux
        product, value = gradient(offers.backend, along, has_aux=True)(*x)
        return (value,), product

    return reverse_over_forward, aux


def twice_along(
    offers: Offers, nesting: Nesting, f: Function, x: Leaves, has_aux: bool = False
) -> tuple[Row, Sequence[Any]]:
    """`second(*v)`, whose second part is the number D²f(x)[v, v] for the leaves of v, and f's aux; see `product_at`."""
    if nesting.code == "FF":
        f, aux = without_aux(f, x, has_aux)
        push = offers.modes[Mode.FORWARD]

        def forward_over_forward(*v: Array) -> tuple[Sequence[Array], Array]:
            (value, _), (_, second) = push(lambda *x: push(f, x, v), x, v)
            return (value,), second

        return forward_over_forward, aux
    (product, aux), total = product_at(offers, nesting, f, x, has_aux), offers.backend.xp.sum

    def second(*v: Array) -> tuple[Sequence[Array], Array]:
        same, found = product(*v)
        return same, sum_of([total(a * b) for a, b in zip(found, v, strict=True)])

    return second, aux


def without_aux(f: Function, x: Leaves, has_aux: bool) -> tuple[Function, Sequence[Any]]:
    """The function without its aux, and the aux at x in a row of one, if there is one."""
    return (lambda *x: f(*x)[0], split_aux(f(*x), True)[1:]) if has_aux else (f, ())


def sum_of(terms: Sequence[Array]) -> Array:
    """The sum of at least one array; Python's `sum` would begin with a 0."""
    return functools.reduce(operator.add, terms)
