"""Reductions of MLX that hang, or whose rules cannot be differentiated again, made of functions that are sound."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mlx.core as mx

from nestgrad.extend import emulated

Axes = int | tuple[int, ...] | None


def sum(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:  # noqa: A001 - the standard's name
    """`array_api.sum`: zeros for an empty array, over which MLX sometimes waits forever."""
    if x.size:
        return mx.sum(x, axis=axis, keepdims=keepdims)
    emulated("sum", "MLX hangs now and then on an empty array")
    axes, shape = _without(x, axis, keepdims)
    padded = mx.pad(x, [(0, int(i in axes)) for i in range(x.ndim)])  # not a constant: MLX may refuse what led here
    return mx.sum(padded, axis=axis, keepdims=keepdims) if padded.size else mx.zeros(shape, dtype=x.dtype)


def max(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:  # noqa: A001 - the standard's name
    """`array_api.max`."""
    emulated("max", "MLX's forward rule gathers by indices of which it refuses to take a derivative")
    return _extreme(mx.max, x, axis, keepdims)


def min(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:  # noqa: A001
    """`array_api.min`."""
    emulated("min", "MLX's forward rule gathers by indices of which it refuses to take a derivative")
    return _extreme(mx.min, x, axis, keepdims)


def _extreme(reduce: Callable[..., Any], x: Any, axis: Axes, keepdims: bool) -> Any:
    """The mean of the entries that are the extreme one: its derivative is shared among equal entries."""
    found = x == mx.stop_gradient(reduce(x, axis=axis, keepdims=True))
    total = mx.sum(mx.where(found, x, mx.zeros_like(x)), axis=axis, keepdims=keepdims)
    return total / mx.sum(found, axis=axis, keepdims=keepdims).astype(x.dtype)


def prod(x: Any, *, axis: Axes = None, keepdims: bool = False) -> Any:
    """`array_api.prod`, by halves: no division, so that zeros are as good as other factors."""
    emulated("prod", "MLX's rules use running products, which have no forward rule")
    axes, shape = _without(x, axis, keepdims)
    kept = [i for i in range(x.ndim) if i not in axes]
    rest = [x.shape[i] for i in kept]
    y = mx.reshape(mx.transpose(x, [*axes, *kept]), [math.prod(x.shape[i] for i in axes), *rest])
    if y.shape[0] == 0:
        return mx.ones(shape, dtype=x.dtype)
    while y.shape[0] > 1:
        half = y.shape[0] // 2
        y = mx.concatenate([y[:half] * y[half : 2 * half], y[2 * half :]], axis=0)
    return mx.reshape(y, shape)


def _without(x: Any, axis: Axes, keepdims: bool) -> tuple[tuple[int, ...], list[int]]:
    """The axes that are reduced, counted from the first, and the shape without them."""
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = tuple(i % x.ndim for i in axes)
    return axes, [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
