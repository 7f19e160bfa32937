"""autograd on arrays: indices, scatters, orders, running sums."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd.builtins import dict as traced_dict
from autograd.builtins import list as traced_list
from autograd.builtins import tuple as traced_tuple
from autograd.misc.flatten import flatten

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3), "containers")
def containers(x: Any) -> Any:
    """autograd.builtins: dict, list and tuple of parts."""
    parts = traced_dict({"a": x, "b": traced_list([x**2, np.sin(x)])})
    pair = traced_tuple((parts["a"], parts["b"][1]))
    return np.sum(pair[0] * pair[1]) + np.sum(parts["b"][0] ** 2)


@row(normal(3))
def flattened(x: Any) -> Any:
    """misc.flatten of a container."""
    flat, rebuild = flatten((x, x**2))
    return np.sum(np.sin(flat)) + np.sum(rebuild(flat * 2)[1])


@row(normal(3))
def assembled(x: Any) -> Any:
    """np.array of a list of traced numbers, as code written for scalars makes it."""
    return _weighted(np.array([x[0] * x[1], np.sin(x[2]), x[0] ** 2]))


@row(normal(4))
def indices(x: Any) -> Any:
    """Masks, slices with steps, indices from the end, a new axis."""
    mask = np.array([True, False, True, True])
    return _weighted(x[mask] ** 2) + _weighted(x[::-2] ** 3) + _weighted(x[:, None] * x[None, :]) + x[-1] ** 2


@row(normal(4), "where")
def selections(x: Any) -> Any:
    """numpy.select, clip, nan_to_num, abs and sign."""
    chosen = np.select([x > 0.5, x < -0.5], [np.sin(x), x**3])
    return _weighted(chosen) + _weighted(np.clip(x, -9, 9)) + _weighted(np.nan_to_num(x) ** 2) + _weighted(np.abs(x))


@row(normal(3, 4), "sort")
def extrema(x: Any) -> Any:
    """numpy.max, min along axes and sort of a vector: no two entries are equal."""
    return _weighted(np.max(x**3, axis=1)) + _weighted(np.min(x, axis=0)) + _weighted(np.sort(x[0]) ** 2)


@row(normal(4, 2), "cumulative_sum")
def cumulative(x: Any) -> Any:
    """numpy.cumsum, diff and gradient."""
    return _weighted(np.cumsum(x, axis=0)) + _weighted(np.diff(x, n=2, axis=0)) + _weighted(np.gradient(x[:, 0] ** 2))


@row(normal(3, 4))
def rearranged(x: Any) -> Any:
    """Shapes: roll, rot90, flipud, moveaxis, tile, repeat, hsplit, kron, pad, concatenate."""
    parts = np.roll(x, 1, axis=0), np.rot90(x), np.flipud(x), np.tile(x, (1, 2)), np.repeat(x, 2, axis=1)
    others = np.hsplit(x, 2)[1], np.kron(x, x[:1]), np.pad(x, 1, "constant"), np.concatenate([x, x**2], axis=1)
    return sum(_weighted(part**2) for part in parts + others)


@row(normal(3, 3))
def products(x: Any) -> Any:
    """numpy.tensordot, inner, cross, dot and matmul with a batch."""
    total = _weighted(np.tensordot(x, x, 1)) + _weighted(np.inner(x, x**2)) + _weighted(np.cross(x[0], x[1] ** 2))
    return total + _weighted(np.matmul(np.stack([x, x.T]), x)) + np.dot(x[0], x[1]) ** 2


@row(normal(2, 2))
def tiled(x: Any) -> Any:
    """numpy.tile with fewer repetitions than axes."""
    return _weighted(np.tile(x, (2,)))


@row(normal(3, 3), "sort_axis")
def sorted_rows(x: Any) -> Any:
    """numpy.sort along the last axis of a matrix."""
    return _weighted(np.sort(x, axis=1))


@row(normal(2, 2, 2))
def negative_axes(x: Any) -> Any:
    """Axes from the end: numpy.transpose, repeat and linalg.norm."""
    moved, repeated = np.transpose(x, (-1, 0, 1)), np.repeat(x, 2, axis=-1)
    return _weighted(moved) + _weighted(repeated) + np.sum(np.linalg.norm(x, axis=(0, -1)) ** 3)


@row(normal(3))
def filled_like(x: Any) -> Any:
    """numpy.full_like with a value that varies."""
    return _weighted(np.full_like(x, x[0] ** 2)) + np.sum(x)
