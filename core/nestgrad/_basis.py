"""Hessian-vector products by forward mode alone: one second derivative for each unit vector.

Two pushes along a unit vector eᵢ and a direction v give Df(x)[eᵢ] and D²f(x)[eᵢ, v]: an entry of the gradient and one
of the product. It takes no reverse mode, and as many passes as there are variables.
"""

from __future__ import annotations

import contextlib
import math
from typing import Any

import optree

from ._compose import at, held
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._refusal import UnsupportedNestingError
from ._routes import emulated
from .typing import Array, Function, Leaves

Places = tuple[int, ...]

MOST = 64
"""For more variables than this, so many passes are not what anyone has asked for."""

_REASON = f"by forward mode alone it takes a pass for each variable, and is done for {MOST} at most."


def is_small(x: Leaves) -> bool:
    """Whether there are few enough variables; of unknown shapes there are not."""
    try:
        count: int = sum(math.prod(leaf.shape) for leaf in x)
    except TypeError:  # a dimension of a TensorFlow graph may be None
        return False
    return count <= MOST


def gradient_over_a_basis(offers: Offers, f: Function, x: Leaves, places: Places) -> Leaves:
    """Df(x)[eᵢ], shaped like the leaves of x at these places.

    Raises:
        UnsupportedNestingError: there are more than `MOST` variables.
    """
    xp, moving = offers.backend.xp, at(x, places)
    push = lambda *e: offers.modes[Mode.FORWARD](held(f, x, places), moving, e)  # noqa: E731
    value, entries = _mapped(offers, push, _unit_vectors(offers, moving))
    _check_same(offers, value)
    return _like(xp, entries, moving)


def second_over_a_basis(
    offers: Offers, f: Function, x: Leaves, v: Leaves, moving: Places, fixed: Places
) -> tuple[Leaves, Leaves]:
    """Df(x)[eᵢ] and D²f(x)[eᵢ, v], each shaped like the leaves of x at the places `moving`, v like those at `fixed`.

    Raises:
        UnsupportedNestingError: there are more than `MOST` variables.
    """
    xp, basis = offers.backend.xp, _unit_vectors(offers, at(x, moving))

    def push(*e: Array) -> Any:
        first = lambda *x: forward(held(f, x, moving), at(x, moving), e)  # noqa: E731
        return forward(held(first, x, fixed), at(x, fixed), v)

    forward = offers.modes[Mode.FORWARD]
    (value, entries), (slope, products) = _mapped(offers, push, basis)
    _check_same(offers, value, slope)
    return _like(xp, entries, at(x, moving)), _like(xp, products, at(x, moving))


def _check_same(offers: Offers, *rows: Array) -> None:
    """A look at what has to be the same number in each pass, in arrays of shape (n,), where values can be seen.

    Raises:
        UnsupportedNestingError: it is not: f draws random numbers, and the passes are of several functions.
    """
    import numpy as np  # as in `_numpy`

    for row in rows:
        try:
            values = np.asarray(offers.backend.to_numpy(row), np.float64)
        except Exception:  # tracers have no values
            return
        if not np.allclose(values, values[:1], rtol=_SAME, atol=0.0, equal_nan=True):
            raise UnsupportedNestingError(backend=offers.name, nesting=Nesting("FF"), operation=None, reason=_DRAWS)


_SAME = 1e-4
_DRAWS = "by forward mode alone it takes a pass for each variable, and f is not the same function in all: it draws."


def _mapped(offers: Offers, push: Function, basis: list[Array]) -> Any:
    """What `push` gives for each row of the arrays of a basis, of shapes (n, …): scalars, in arrays of shape (n,)."""
    if offers.vmap is not None:
        with contextlib.suppress(Exception):  # an operation without a rule for it, or a look at a value
            return offers.vmap(push)(*basis)
    rows = [push(*(part[i, ...] for part in basis)) for i in range(basis[0].shape[0])]
    return optree.tree_map(lambda *entries: offers.backend.xp.stack(entries), *rows)


def _unit_vectors(offers: Offers, x: Leaves) -> list[Array]:
    """The n unit vectors of x, as arrays of shapes (n, *leaf.shape), of each leaf's dtype and device."""
    if not is_small(x):
        raise UnsupportedNestingError(backend=offers.name, nesting=Nesting("FF"), operation=None, reason=_REASON)
    emulated("hvp", "by forward mode, for each unit vector.")
    xp = offers.backend.xp
    sizes = [math.prod(leaf.shape) for leaf in x]
    total, start, vectors = sum(sizes), 0, []
    for leaf, size in zip(x, sizes, strict=True):
        ones = xp.broadcast_to(xp.reshape(xp.ones_like(leaf), (1, size)), (total, size))
        vectors.append(xp.reshape(xp.tril(xp.triu(ones, k=-start), k=-start), (total, *leaf.shape)))
        start += size
    return vectors


def _like(xp: Any, entries: Array, x: Leaves) -> Leaves:
    """An array of shape (n,) as leaves of the shapes and dtypes of x."""
    found, start = [], 0
    for leaf in x:
        size = math.prod(leaf.shape)
        part = xp.reshape(entries[start : start + size], leaf.shape)
        found.append(part if part.dtype == leaf.dtype else xp.astype(part, leaf.dtype))
        start += size
    return tuple(found)
