"""`mlx.core` under the names of the Array API standard."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import mlx.core as mx
import numpy as np

from nestgrad.extend import NotDifferentiableError, PrecisionLossError, plain_numpy

from ._norms import matrix_norm, vector_norm


class ComplexNumbers(NotDifferentiableError):
    """A function asks for a complex dtype."""


def from_numpy(value: Any) -> Any:
    """A copy with the same dtype: left to itself, MLX would store float64 as float32."""
    value = plain_numpy(value)
    dtype = mx.bool_ if value.dtype == bool else getattr(mx, value.dtype.name, None)
    if not isinstance(dtype, mx.Dtype):
        raise PrecisionLossError(f"mlx has no dtype for NumPy's {value.dtype}. Pass an array of a dtype that it has.")
    return mx.array(np.asarray(value, order="C"), dtype=dtype)


def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """`array_api.asarray`; a NumPy array keeps its dtype."""
    if dtype is None and isinstance(obj, (np.ndarray, np.generic)):
        return from_numpy(obj)
    return mx.asarray(obj, dtype, copy=copy)


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """`array_api.astype`; a cast to integers is constant, where MLX takes it for the identity."""
    return (x if mx.issubdtype(dtype, mx.inexact) else mx.stop_gradient(x)).astype(dtype)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    """`array_api.clip`."""
    return mx.clip(x, min, max)


def cumulative_sum(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_sum`."""
    axis = 0 if axis is None else axis
    return _with_initial(mx.cumsum(x, axis=axis), mx.zeros_like, axis, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_prod`."""
    axis = 0 if axis is None else axis
    return _with_initial(mx.cumprod(x, axis=axis), mx.ones_like, axis, include_initial)


def _with_initial(y: Any, like: Any, axis: int, include_initial: bool) -> Any:
    return mx.concatenate([like(mx.take(y, mx.array([0]), axis=axis)), y], axis=axis) if include_initial else y


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """`array_api.diff`."""
    parts = [part for part in (prepend, x, append) if part is not None]
    return mx.diff(mx.concatenate(parts, axis=axis), n=n, axis=axis)


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    """`array_api.moveaxis`."""
    pairs = zip(*(np.atleast_1d(axes) % x.ndim for axes in (destination, source)), strict=True)
    to = {int(there): int(here) for there, here in pairs}
    others = (i for i in range(x.ndim) if i not in to.values())
    return mx.transpose(x, [to[i] if i in to else next(others) for i in range(x.ndim)])


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """`array_api.repeat`; counts in an array have to be known, as the shape depends on them."""
    if isinstance(repeats, int):
        return mx.repeat(x, repeats, axis=axis)
    x = mx.flatten(x) if axis is None else x
    axis = 0 if axis is None else axis
    rows = np.repeat(np.arange(x.shape[axis]), np.asarray(repeats))
    shape = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    return mx.take_along_axis(x, mx.array(rows.reshape(shape)), axis=axis)


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False) -> Any:
    """`array_api.argsort`; indices are constant, which MLX has to be told."""
    return mx.stop_gradient(mx.argsort(-x if descending else x, axis=axis))


def sort(x: Any, /, *, axis: int = -1, descending: bool = False) -> Any:
    """`array_api.sort`."""
    return -mx.sort(-x, axis=axis) if descending else mx.sort(x, axis=axis)


def log2(x: Any, /) -> Any:
    """`array_api.log2`, by the logarithm: MLX's rule has its factor in float32."""
    return mx.log(x) / math.log(2)


def log10(x: Any, /) -> Any:
    """`array_api.log10`, by the logarithm: MLX's rule has its factor in float32."""
    return mx.log(x) / math.log(10)


def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """`array_api.vecdot`, with broadcasting."""
    return mx.sum((mx.conj(x) if mx.issubdtype(x.dtype, mx.complexfloating) else x) * y, axis=axis)


linalg = SimpleNamespace(
    **vars(mx.linalg),
    diagonal=lambda x, *, offset=0: mx.diagonal(x, offset, -2, -1),
    matmul=mx.matmul,
    matrix_norm=matrix_norm,
    matrix_transpose=mx.matrix_transpose,
    outer=mx.outer,
    tensordot=mx.tensordot,
    trace=lambda x, *, offset=0: mx.trace(x, offset, -2, -1),
    vecdot=vecdot,
    vector_norm=vector_norm,
)
linalg.svd = lambda x, *, full_matrices=True: mx.linalg.svd(x)

_IN_FLOAT32 = {"fft": "MLX's transforms are of complex64 alone", "logaddexp": "MLX evaluates it in float32"}


def __getattr__(name: str) -> Any:
    if name in ("complex64", "complex128"):
        raise ComplexNumbers(
            "MLX has no complex128, and its reverse rule of a complex power is wrong (not conjugated)."
        )
    if name in _IN_FLOAT32:
        raise AttributeError(f"{name} is left out of this namespace: {_IN_FLOAT32[name]}.")
    return getattr(mx, name)
