"""A function of unit vectors, evaluated at all of them: some at a time, so that what is held stays bounded."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import optree

from ._offers import Offers
from ._refusal import DrawnAnew, RefusedOperation
from .typing import Array, Function, Leaves

AT_ONCE = 2**20
"""How many numbers the unit vectors have that are evaluated together, unless it is said how many: 8 MiB of float64."""

Row: TypeAlias = Callable[..., tuple[Sequence[Array], Any]]
"""What is evaluated along a unit vector, given by its leaves. It gives numbers that do not depend on the vector, by
which it is known that f was the same function each time, and behind them a tree of arrays."""


def count(x: Leaves) -> int:
    """How many numbers there are in arrays; TypeError where a dimension is unknown, as in a graph of TensorFlow."""
    return sum(math.prod(leaf.shape) for leaf in x)


def checked_size(chunk_size: int | None) -> int | None:
    """A chunk size; raises ValueError unless it is a positive integer, or None."""
    if chunk_size is None:
        return None
    try:
        size = operator.index(chunk_size)
    except TypeError:
        size = 0
    if size < 1 or isinstance(chunk_size, bool):
        raise ValueError(f"chunk_size is a positive integer, or None; got {chunk_size!r}.")
    return size


def mapped(offers: Offers, row: Row, x: Leaves, chunk_size: int | None = None) -> Any:
    """The trees that `row` gives for each of the n unit vectors of x; stacked, with n in front of each shape.

    `chunk_size` of them are evaluated at a time, by the engine's vmap: one by one where it cannot, or there is none.

    Raises:
        DrawnAnew: f draws random numbers, and was another function along another vector.
        RefusedOperation: a dimension is unknown, so that nobody knows how many there are.
    """
    try:
        total, xp = count(x), offers.backend.xp
    except TypeError:
        raise RefusedOperation("unknown shape", _UNKNOWN) from None
    indices = arange(offers, total, x[0])
    of_index: Function = lambda i: row(*unit_vector(offers, x, i))  # noqa: E731
    together = by_vmap(offers, of_index, (indices,), chunk_size or at_once(total))
    if together is not None:
        same, found = together
    else:
        rows = [of_index(i) for i in range(max(1, total))]
        same, found = optree.tree_map(lambda *entries: xp.stack(entries), *rows)
    _check_same(offers, list(same))
    return found if total else optree.tree_map(lambda some: some[:0], found)


def at_once(total: int) -> int:
    """How many directions of so many numbers are evaluated together."""
    return max(1, AT_ONCE // max(1, total))


def by_vmap(offers: Offers, f: Function, rows: Leaves, size: int) -> Any:
    """The trees that f gives for each row of these arrays, stacked, so many at a time; None where there is no vmap."""
    if offers.vmap is None:
        return None
    starts = range(0, rows[0].shape[0], size)
    try:
        chunks = [offers.vmap(f)(*[leaf[start : start + size] for leaf in rows]) for start in starts]
    except DrawnAnew:
        raise
    except Exception:  # an operation without a rule for it, or a look at a value
        return None
    if len(chunks) < 2:
        return chunks[0] if chunks else None
    return optree.tree_map(lambda *some: offers.backend.xp.concat(some), *chunks)


def _check_same(offers: Offers, same: Sequence[Array]) -> None:
    """A look at what has to be the same number along each vector, in arrays of shape (n,), where values can be seen.

    Raises:
        DrawnAnew: it is not.
    """
    import numpy as np  # as in `_numpy`

    for row in same:
        if offers.finite is None or offers.finite(row[:1] * math.nan):  # seen by nobody: a tracer's, an accelerator's
            return
        values = np.asarray(offers.backend.to_numpy(row), np.float64)
        if not np.allclose(values, values[:1], rtol=_SAME, atol=0.0, equal_nan=True):
            raise DrawnAnew


_SAME = 1e-4
_UNKNOWN = "there is a unit vector for each entry, and nobody knows how many: trace it with a shape that is known."


def unit_vector(offers: Offers, x: Leaves, i: Any) -> Leaves:
    """The unit vector of this index, an integer or an array of shape (), shaped like the leaves of x."""
    xp, start, found = offers.backend.xp, 0, []
    for leaf in x:
        size = math.prod(leaf.shape)
        entries = xp.astype(arange(offers, size, leaf) == i - start, leaf.dtype)
        found.append(xp.reshape(entries, leaf.shape))
        start += size
    return tuple(found)


def parts(stacked: Array, x: Leaves) -> list[Array]:
    """An array of shape (n, …) by leaf of x, whose sizes are n together: arrays of shapes (leaf's size, …)."""
    ends = itertools.accumulate(math.prod(leaf.shape) for leaf in x)
    return [stacked[end - math.prod(leaf.shape) : end] for end, leaf in zip(ends, x, strict=True)]


def like(xp: Any, entries: Array, x: Leaves) -> Leaves:
    """An array of shape (n,) as leaves of the shapes and dtypes of x."""
    found = [xp.reshape(part, leaf.shape) for part, leaf in zip(parts(entries, x), x, strict=True)]
    return tuple(p if p.dtype == leaf.dtype else xp.astype(p, leaf.dtype) for p, leaf in zip(found, x, strict=True))


def squares(offers: Offers, leaves: Sequence[Array]) -> tuple[Array, ...]:
    """The sum of squares of each leaf: a number that tells it from others, and in which nothing cancels."""
    return tuple(offers.backend.xp.sum(leaf * leaf) for leaf in leaves)


def arange(offers: Offers, size: int, beside: Array) -> Array:
    """The integers below `size`, on the device of another array."""
    device = offers.device(beside)
    xp = offers.backend.xp
    return xp.arange(size) if device is None else xp.arange(size, device=device)
