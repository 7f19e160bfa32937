"""Which arguments an operator differentiates, and the shape that this gives its result."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from ._layout import Layout
from .typing import Leaves, Tree


def numbers(argnums: int | Sequence[int]) -> tuple[int, ...]:
    """Argnums as a tuple of distinct integers."""
    try:
        chosen = tuple(map(operator.index, argnums if isinstance(argnums, Sequence) else (argnums,)))
    except TypeError:
        chosen = ()
    if not chosen or len(set(chosen)) < len(chosen):
        raise TypeError(f"argnums is an integer or a sequence of different integers; got {argnums!r}.")
    return chosen


def shaping(argnums: int | Sequence[int], layout: Layout) -> Callable[[Leaves], Tree]:
    """A gradient's leaves as one tree for one argnum, as the tuple of them for a sequence."""
    if isinstance(argnums, Sequence):
        return layout.shaped
    return (lambda leaves: leaves[0]) if layout.bare else (lambda leaves: layout.shaped(leaves)[0])
