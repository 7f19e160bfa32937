"""The Hessian: a product with each unit vector, some at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Unpack

from ._choose import candidates, hvp_nesting
from ._compose import gradient as gradient_of
from ._definition import Comparison, Definition, Differentiated, Solve
from ._generic import generic
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._operator import Operator, Options
from ._products import product_at, sum_of
from ._unit_vectors import Row, checked_size, mapped, parts
from .typing import Array, Function, Leaves, P, Tree


def hessian(
    f: Callable[P, Any], nesting: str | Nesting = "auto", *, chunk_size: int | None = None, **options: Unpack[Options]
) -> Callable[P, Any]:
    """∇²f(x), as `jax.hessian` gives it: `hessian(f)(x, *args, **kwargs)`.

    Args:
        f: returns a real floating scalar of shape `()`.
        nesting: `"FR"`, `"RF"`, `"RR"`, or `"auto"`; see `hvp`.
        chunk_size: how many rows are computed at a time. By default so many that the directions of a chunk have
            2²⁰ numbers at most (8 MiB of float64): what f's derivative holds is held that often, at most.
        **options: `backend`, `compile`, `has_aux`, `verify`; see `Options`.

    Of an array x of shape s the result is an array of shape s + s. Of a container it is a container of containers: its
    entry `[a][b]` has the derivative of the gradient in a along b, of the shape of a followed by that of b.

    Law: its product with v is `hvp(f)(x, v)`. It is symmetric. n products, by the engine's vmap where it has one.

    Raises:
        As `hvp`. ValueError: `chunk_size` is no positive integer.

    Example:
        >>> import numpy as np
        >>> hessian(lambda x: (x**3).sum() + x[0] * x[1], backend="autograd")(np.array([1.0, 2.0]))
        array([[ 6.,  1.],
               [ 1., 12.]])
    """
    return Operator(f, Hessian(nesting, checked_size(chunk_size)), **options)


class Hessian(Definition):
    """∇²f. Law: its product with v is D²f(x)[v, ·]."""

    name, is_verified, takes_auto = "hessian", True, True

    def __init__(self, nesting: str | Nesting, chunk_size: int | None) -> None:
        self._asked: str | Nesting = nesting if nesting == "auto" else self._of_order_2(nesting)
        self._chunk_size = chunk_size

    _of_order_2 = staticmethod(hvp_nesting)

    def by(self, nesting: Nesting) -> Definition | None:
        return type(self)(nesting, self._chunk_size) if Mode.REVERSE in nesting else None

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return candidates(offers, self._asked)

    def comparison(self, at: Differentiated) -> Comparison | None:
        offers, f, x, result = at.offers, at.f, at.x, at.result
        xp = offers.backend.xp
        along, entries = generic(offers, x), offers.flatten(result)[0]
        rows = [entries[i : i + len(x)] for i in range(0, len(entries), len(x))]
        products = [[block * part for block, part in zip(row, along, strict=True)] for row in rows]
        found = [sum_of([_summed(xp, one, leaf) for one in row]) for row, leaf in zip(products, x, strict=True)]
        return Comparison(gradient_of(offers.backend, f), along, found)

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            row, aux = self._along(offers, nesting, f, x, has_aux)
            return self._found(offers, self._mapped(offers, row, x), x, layout), *aux

        return solve

    _along = staticmethod(product_at)

    def _mapped(self, offers: Offers, row: Row, x: Leaves) -> Any:
        return mapped(offers, row, x, self._chunk_size)

    def _found(self, offers: Offers, columns: Any, x: Leaves, layout: Layout) -> Tree:
        """What the user gets, of what is found along each unit vector."""
        by_column = [parts(column, x) for column in columns]
        rows = [
            layout.shaped(tuple(_block(offers, *pair, leaf) for pair in zip(row, x, strict=True)))[0]
            for row, leaf in zip(zip(*by_column, strict=True), x, strict=True)
        ]
        return layout.shaped(tuple(rows))[0]


def _summed(xp: Any, block: Array, leaf: Array) -> Array:
    """Of shape (*leaf.shape, …), summed over what is behind the leaf's shape."""
    return xp.sum(xp.reshape(block, (math.prod(leaf.shape), -1)), axis=1)


def _block(offers: Offers, block: Array, beside: Array, leaf: Array) -> Array:
    """Of shape (leaf's size, *beside's shape), as an array of both shapes, of the dtype of the leaf."""
    xp = offers.backend.xp
    found = xp.reshape(block, (*leaf.shape, *beside.shape))
    return found if found.dtype == leaf.dtype else xp.astype(found, leaf.dtype)
