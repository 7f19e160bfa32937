"""∇²f(x)· as a function of the direction: what is made once for many directions, by each nesting."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence

from ._basis import second_over_a_basis
from ._compose import along, compose_gradient_vjp, gradient
from ._nesting import Mode, Nesting
from ._offers import OVER_A_BASIS, Offers
from .typing import Array, Function, Leaves


def product_at(offers: Offers, nesting: Nesting, f: Function, x: Leaves) -> Callable[..., Leaves]:
    """`product(*v)`, the leaves of ∇²f(x)v for the leaves of v: of a scalar function of leaves, at x.

    RR records the gradient here, once; by the other nestings each product evaluates f.
    """
    if nesting == OVER_A_BASIS:
        places = tuple(range(len(x)))
        return lambda *v: second_over_a_basis(offers, f, x, v, places, places)[1]
    backend = offers.backend
    if nesting.code == "RR":
        places = tuple(range(len(x)))
        _, pullback = (offers.gradient_vjp or functools.partial(compose_gradient_vjp, backend))(f, x, places, places)
        return lambda *v: pullback(v)
    if nesting.outer is Mode.FORWARD:
        return lambda *v: offers.modes[Mode.FORWARD](gradient(backend, f), x, v)[1]
    return lambda *v: gradient(backend, along(backend, f, v))(*x)


def twice_along(offers: Offers, nesting: Nesting, f: Function, x: Leaves) -> Callable[..., Array]:
    """`second(*v)`, the number D²f(x)[v, v] for the leaves of v: of a scalar function of leaves, at x."""
    if nesting.code == "FF":
        push = offers.modes[Mode.FORWARD]
        return lambda *v: push(lambda *x: push(f, x, v)[1], x, v)[1]
    product, total = product_at(offers, nesting, f, x), offers.backend.xp.sum
    return lambda *v: sum_of([total(a * b) for a, b in zip(product(*v), v, strict=True)])


def sum_of(terms: Sequence[Array]) -> Array:
    """The sum of at least one array; Python's `sum` would begin with a 0."""
    return functools.reduce(operator.add, terms)
