"""The Hessian, its diagonal and its trace: many directions at one point, some at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Unpack

from ._choose import candidates, hvp_nesting, require
from ._compose import gradient as gradient_of
from ._definition import Comparison, Definition, Solve
from ._errors import InvalidNestingError
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._operator import Operator, Options
from ._products import product_at, sum_of, twice_along
from ._unit_vectors import checked_size, like, mapped, parts
from .typing import Array, Function, Leaves, Tree


def hessian(
    f: Function, nesting: str | Nesting = "auto", *, chunk_size: int | None = None, **options: Unpack[Options]
) -> Callable[..., Any]:
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
    return Operator(f, _Hessian(nesting, checked_size(chunk_size)), **options)


def hessian_diagonal(
    f: Function, nesting: str | Nesting = "auto", *, chunk_size: int | None = None, **options: Unpack[Options]
) -> Callable[..., Any]:
    """The diagonal of ∇²f(x), shaped like x: `hessian_diagonal(f)(x, *args, **kwargs)`.

    Args:
        f: returns a real floating scalar of shape `()`.
        nesting: of order 2, `"FF"` too, or `"auto"`.
        chunk_size: how many entries are computed at a time; see `hessian`. The whole Hessian is never held.
        **options: `backend`, `compile`, `has_aux`, `verify`; see `Options`.

    Law: its entry at i is D²f(x)[eᵢ, eᵢ], eᵢ being the unit vector.

    Raises:
        As `hessian`.

    Example:
        >>> import numpy as np
        >>> hessian_diagonal(lambda x: (x**3).sum() + x[0] * x[1], backend="autograd")(np.array([1.0, 2.0]))
        array([ 6., 12.])
    """
    return Operator(f, _Diagonal(nesting, checked_size(chunk_size)), **options)


def laplacian(
    f: Function, nesting: str | Nesting = "auto", *, chunk_size: int | None = None, **options: Unpack[Options]
) -> Callable[..., Any]:
    """Δf(x), the trace of ∇²f(x), a number: `laplacian(f)(x, *args, **kwargs)`.

    Arguments and errors are those of `hessian_diagonal`.

    Law: Σᵢ D²f(x)[eᵢ, eᵢ].

    Example:
        >>> import numpy as np
        >>> float(laplacian(lambda x: (x**3).sum() + x[0] * x[1], backend="autograd")(np.array([1.0, 2.0])))
        18.0
    """
    return Operator(f, _Laplacian(nesting, checked_size(chunk_size)), **options)


class _Hessian(Definition):
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

    def comparison(
        self,
        offers: Offers,
        nesting: Nesting,
        f: Function,
        x: Leaves,
        directions: tuple[Leaves, ...],
        layout: Layout,
        result: Any,
    ) -> Comparison | None:
        xp = offers.backend.xp
        ones, entries = tuple(map(xp.ones_like, x)), offers.flatten(result)[0]
        rows = [entries[i : i + len(x)] for i in range(0, len(entries), len(x))]
        found = [sum_of([_summed(xp, block, leaf) for block in row]) for row, leaf in zip(rows, x, strict=True)]
        return Comparison(gradient_of(offers.backend, f), ones, found)

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            row, aux = self._along(offers, nesting, f, x, has_aux)
            return self._found(offers, mapped(offers, row, x, self._chunk_size), x, layout), *aux

        return solve

    _along = staticmethod(product_at)

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


class _Diagonal(_Hessian):
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

    def comparison(
        self,
        offers: Offers,
        nesting: Nesting,
        f: Function,
        x: Leaves,
        directions: tuple[Leaves, ...],
        layout: Layout,
        result: Any,
    ) -> Comparison | None:
        ones = tuple(map(offers.backend.xp.ones_like, x))
        # by the same nesting, since the entries are not of one direction
        _, found = self._along(offers, nesting, f, x)[0](*ones)
        return Comparison(gradient_of(offers.backend, f), ones, found, values_along=ones)

    _along = staticmethod(twice_along)

    def _found(self, offers: Offers, entries: Any, x: Leaves, layout: Layout) -> Tree:
        return layout.shaped(like(offers.backend.xp, entries, x))[0]


class _Laplacian(_Diagonal):
    """The trace of ∇²f. Law: Σᵢ D²f(x)[eᵢ, eᵢ]."""

    name = "laplacian"

    def _found(self, offers: Offers, entries: Any, x: Leaves, layout: Layout) -> Tree:
        return offers.backend.xp.sum(entries)
