"""The norms of the Array API standard."""

from __future__ import annotations

import math
from typing import Any

import mlx.core as mx

from . import _reductions


def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    """`array_api.linalg.vector_norm`."""
    if abs(ord) == math.inf:
        return (_reductions.max if ord > 0 else _reductions.min)(mx.abs(x), axis=axis, keepdims=keepdims)
    if ord == 2 and mx.isdtype(x.dtype, "real floating"):
        return mx.sqrt(mx.sum(x * x, axis=axis, keepdims=keepdims))
    return mx.power(mx.sum(mx.power(mx.abs(x), ord), axis=axis, keepdims=keepdims), 1 / ord)


def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    """`array_api.linalg.matrix_norm`; those of singular values are MLX's own."""
    if ord == "fro":
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord in (1, -1, math.inf, -math.inf):
        summed, other = (-2, -1) if abs(ord) == 1 else (-1, -2)
        sums = mx.sum(mx.abs(x), axis=summed, keepdims=True)
        found = (_reductions.max if ord > 0 else _reductions.min)(sums, axis=other, keepdims=True)
        return found if keepdims else mx.squeeze(found, (-2, -1))
    return mx.linalg.norm(x, ord=ord, axis=(-2, -1), keepdims=keepdims)
