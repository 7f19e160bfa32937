"""NumPy under the names of the Array API standard, where dualpy has a rule under another name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from dualpy.core import DualArray


def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """`array_api.asarray`; a dual number passes through."""
    return obj if isinstance(obj, DualArray) else np.asarray(obj, dtype=dtype, copy=copy)


def matrix_transpose(x: Any) -> Any:
    """`array_api.matrix_transpose`."""
    return np.swapaxes(x, -1, -2)


def cumulative_sum(x: Any, *, axis: int | None = None) -> Any:
    """`array_api.cumulative_sum`."""
    return np.cumsum(x, axis=0 if axis is None else axis)


def cumulative_prod(x: Any, *, axis: int | None = None) -> Any:
    """`array_api.cumulative_prod`."""
    return np.cumprod(x, axis=0 if axis is None else axis)


def prod(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """`array_api.prod`; without an axis, dualpy's rule cannot be differentiated again."""
    if axis is None and not keepdims:
        return np.prod(np.ravel(x), axis=0)
    return np.prod(x, axis=axis, keepdims=keepdims)


def _vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    if np.isinf(ord):
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 2:
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


linalg = SimpleNamespace(**{**vars(np.linalg), "matrix_transpose": matrix_transpose, "vector_norm": _vector_norm})


def __getattr__(name: str) -> Any:
    return getattr(np, name)
