"""Shapes, joins, repetitions, triangles, and entries taken by index."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nestgrad_conformance.scenarios._scenario import normal

from ._inputs import both, distinct, off_integers
from ._row import op

_EAGER = ("eager",)


def _indices(xp: Any, *values: Any) -> Any:
    return xp.asarray(values, dtype=xp.int64)


def _taken_along(xp: Any, x: Any) -> Any:
    return xp.take_along_axis(x, _indices(xp, [2, 0], [1, 1]), axis=1)


def _cycled(xp: Any, x: Any) -> Any:
    return xp.take_along_axis(x, _indices(xp, [1, 2, 0], [2, 0, 1]), axis=1)


def _by_rank(xp: Any, x: Any) -> Any:
    return xp.take_along_axis(x, xp.argsort(x, axis=0), axis=0)


def _through_integers(xp: Any, x: Any) -> Any:
    return x * xp.astype(xp.astype(x, xp.int64), x.dtype)


SHAPES = (
    op("astype:same", normal(4), call=lambda xp, x: xp.astype(x, x.dtype)),
    op("astype", normal(4), "complex", call=lambda xp, x: xp.astype(x, xp.complex128) ** 2),
    op("astype:to_integers", off_integers(4), call=_through_integers),
    op("broadcast_arrays", both(normal(3, 1), normal(2)), "broadcast"),
    op("broadcast_arrays:equal", both(normal(3), normal(3))),
    op("broadcast_to", normal(3, 1), "broadcast", shape=(2, 3, 2), sample=True),
    op("broadcast_to:zero_dim", normal(), "broadcast", "zero_dim", shape=(2, 2)),
    op("expand_dims", normal(2, 3), axis=1),
    op("flip", normal(2, 3)),
    op("flip:axis", normal(2, 3), axis=-1, sample=True),
    op("matrix_transpose", normal(2, 2, 3)),
    op("moveaxis", normal(2, 3, 2), then=(0, -1)),
    op("moveaxis:several", normal(2, 3, 2), then=((0, 1), (2, 0))),
    op("moveaxis:cube", normal(2, 2, 2), then=(0, -1)),
    op("permute_dims", normal(2, 3, 2), axes=(2, 0, 1), sample=True),
    op("permute_dims:cube", normal(2, 2, 2), axes=(2, 0, 1)),
    op("reshape", normal(2, 3), shape=(3, -1), sample=True),
    op("reshape:empty", normal(0, 3), "empty", shape=(3, 0)),
    op("reshape:to_zero_dim", normal(1, 1), "zero_dim", shape=()),
    op("roll", normal(5), shift=2, sample=True),
    op("roll:axes", normal(3, 4), shift=(1, -1), axis=(0, 1)),
    op("roll:flattened", normal(2, 3), shift=-2),
    op("squeeze", normal(1, 3, 1), axis=(0, 2)),
    op("tril", normal(3, 3), sample=True),
    op("tril:below", normal(2, 3, 4), k=-1),
    op("triu", normal(3, 3)),
    op("triu:wide", normal(2, 4), k=1),
    op("triu:tall", normal(4, 2), k=-1),
)

JOINS = (
    op("concat", both(normal(2, 3), normal(1, 3)), call=lambda xp, *xs: xp.concat(xs), sample=True),
    op("concat:axis", both(normal(2, 3), normal(2, 1)), call=lambda xp, *xs: xp.concat(xs, axis=-1)),
    op("concat:flattened", both(normal(2, 3), normal(2)), call=lambda xp, *xs: xp.concat(xs, axis=None)),
    op("concat:empty", both(normal(0, 2), normal(3, 2)), "empty", call=lambda xp, *xs: xp.concat(xs)),
    op("concat:same", normal(3), call=lambda xp, x: xp.concat([x, x**2, x])),
    op("meshgrid", both(normal(2), normal(3))),
    op("meshgrid:matrix", both(normal(2), normal(3)), indexing="ij"),
    op("meshgrid:square", both(normal(3), normal(3))),
    op("repeat", normal(4), then=(2,)),
    op("repeat:axis", normal(2, 3), then=(3,), axis=1),
    # by counts in an array: the result has no shape before it is computed
    replace(op("repeat:counts", normal(3), call=lambda xp, x: xp.repeat(x, _indices(xp, 2, 0, 3))), executions=_EAGER),
    replace(op("repeat:as_many", normal(3), call=lambda xp, x: xp.repeat(x, _indices(xp, 2, 0, 1))), executions=_EAGER),
    op("stack", both(normal(3), normal(3)), call=lambda xp, *xs: xp.stack(xs)),
    op("stack:axis", both(normal(2, 3), normal(2, 3)), call=lambda xp, *xs: xp.stack(xs, axis=-1), sample=True),
    op("stack:zero_dim", both(normal(), normal()), "zero_dim", call=lambda xp, *xs: xp.stack(xs)),
    op("tile", normal(3), then=((2,),)),
    op("tile:more_axes", normal(2, 2), then=((2, 1, 3),)),
    op("unstack", normal(2, 3)),
    op("unstack:axis", normal(2, 3), axis=-1),
)

INDEXING = (
    op("take", normal(5), "gather", call=lambda xp, x: xp.take(x, _indices(xp, 3, 0)), sample=True),
    op("take:repeated", normal(3), "gather", call=lambda xp, x: xp.take(x, _indices(xp, 2, 0, 2, 2))),
    op("take:axis", normal(2, 3), "gather", call=lambda xp, x: xp.take(x, _indices(xp, 2, 1), axis=1)),
    op("take:cycle", normal(3), "gather", call=lambda xp, x: xp.take(x, _indices(xp, 2, 0, 1))),
    op("take:none", normal(3), "gather", "empty", call=lambda xp, x: (x, xp.take(x, _indices(xp)))),
    op("take_along_axis", normal(2, 3), call=_taken_along),
    op("take_along_axis:cycles", normal(2, 3), call=_cycled),
    op("take_along_axis:by_rank", distinct(2, 3), call=_by_rank),
)

SCENARIOS = SHAPES + JOINS + INDEXING
