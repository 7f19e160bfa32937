"""A function of unit vectors, evaluated at all of them: some at a time, so that what is held stays bounded."""

from __future__ import annotations

import contextlib
import itertools
import math
from typing import Any

import optree

from ._offers import Offers
from .typing import Array, Function, Leaves

AT_ONCE = 2**20
"""How many numbers the unit vectors have that are evaluated together, unless it is said how many: 8 MiB of float64."""

_FEW = 4
"""So many take less one by one than together."""


def count(x: Leaves) -> int:
    """How many numbers there are in arrays; TypeError where a dimension is unknown, as in a graph of TensorFlow."""
    return sum(math.prod(leaf.shape) for leaf in x)


def checked_size(chunk_size: int | None) -> int | None:
    """A chunk size; raises ValueError unless it is a positive integer, or None."""
    if chunk_size is not None and (not isinstance(chunk_size, int) or chunk_size < 1):
        raise ValueError(f"chunk_size is a positive integer, or None; got {chunk_size!r}.")
    return chunk_size


def mapped(offers: Offers, f: Function, x: Leaves, chunk_size: int | None = None) -> Any:
    """`f(*e)`, a tree of arrays, for each of the n unit vectors e of x; stacked, with n in front of each shape.

    `chunk_size` of them are evaluated at a time, by the engine's vmap: one by one where it cannot, or there is none.
    """
    total, xp = count(x), offers.backend.xp
    indices = _arange(offers, total, x[0])
    row: Function = lambda i: f(*unit_vector(offers, x, i))  # noqa: E731
    size = chunk_size or max(1, AT_ONCE // max(1, total))
    chunks = _by_vmap(offers, row, [indices[start : start + size] for start in range(0, total, size)])
    if chunks:
        return chunks[0] if len(chunks) == 1 else optree.tree_map(lambda *some: xp.concat(some), *chunks)
    rows = [row(i) for i in range(max(1, total))]
    stacked = optree.tree_map(lambda *entries: xp.stack(entries), *rows)
    return stacked if total else optree.tree_map(lambda some: some[:0], stacked)


def _by_vmap(offers: Offers, row: Function, chunks: list[Array]) -> list[Any]:
    """`row` of the indices in each chunk; nothing where the engine has no vmap of it, or one by one takes less."""
    if offers.vmap is not None and sum(chunk.shape[0] for chunk in chunks) > _FEW:
        with contextlib.suppress(Exception):  # an operation without a rule for it, or a look at a value
            return [offers.vmap(row)(chunk) for chunk in chunks]
    return []


def unit_vector(offers: Offers, x: Leaves, i: Any) -> Leaves:
    """The unit vector of this index, an integer or an array of shape (), shaped like the leaves of x."""
    xp, start, found = offers.backend.xp, 0, []
    for leaf in x:
        size = math.prod(leaf.shape)
        entries = xp.astype(_arange(offers, size, leaf) == i - start, leaf.dtype)
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


def _arange(offers: Offers, size: int, beside: Array) -> Array:
    """The integers below `size`, on the device of another array."""
    device = offers.device(beside)
    xp = offers.backend.xp
    return xp.arange(size) if device is None else xp.arange(size, device=device)
