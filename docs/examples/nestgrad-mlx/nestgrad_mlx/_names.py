"""`mlx.core` under the names of the Array API standard."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import mlx.core as mx
import numpy as np

from nestgrad.extend import PrecisionLossError


def from_numpy(value: Any) -> Any:
    """A copy with the same dtype: left to itself, MLX would store float64 as float32."""
    dtype = mx.bool_ if value.dtype == bool else getattr(mx, value.dtype.name, None)
    if not isinstance(dtype, mx.Dtype):
        raise PrecisionLossError(f"mlx has no dtype for NumPy's {value.dtype}. Pass an array of a dtype that it has.")
    return mx.array(np.asarray(value, dtype=value.dtype.newbyteorder("="), order="C"), dtype=dtype)


def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """`array_api.asarray`; a NumPy array keeps its dtype."""
    if dtype is None and isinstance(obj, (np.ndarray, np.generic)):
        return from_numpy(obj)
    return mx.asarray(obj, dtype, copy=copy)


def _vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    if abs(ord) == math.inf:
        return (mx.max if ord > 0 else mx.min)(mx.abs(x), axis=axis, keepdims=keepdims)
    if ord == 2 and mx.isdtype(x.dtype, "real floating"):
        return mx.sqrt(mx.sum(x * x, axis=axis, keepdims=keepdims))
    return mx.power(mx.sum(mx.power(mx.abs(x), ord), axis=axis, keepdims=keepdims), 1 / ord)


linalg = SimpleNamespace(
    **vars(mx.linalg),
    diagonal=lambda x, *, offset=0: mx.diagonal(x, offset, -2, -1),
    matmul=mx.matmul,
    matrix_norm=mx.matrix_norm,
    matrix_transpose=mx.matrix_transpose,
    outer=mx.outer,
    tensordot=mx.tensordot,
    trace=lambda x, *, offset=0: mx.trace(x, offset, -2, -1),
    vecdot=mx.vecdot,
    vector_norm=_vector_norm,
)


def __getattr__(name: str) -> Any:
    return getattr(mx, name)
