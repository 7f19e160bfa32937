"""autograd's NumPy under the names of the Array API standard.

autograd has its rules under NumPy's old names: `arccos` has one, its alias `acos` has none. Here a
standard name leads to a function with a rule; any other name is looked up in `autograd.numpy`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import autograd.numpy as anp
import numpy as np

acos, acosh, asin, asinh = anp.arccos, anp.arccosh, anp.arcsin, anp.arcsinh
atan, atan2, atanh = anp.arctan, anp.arctan2, anp.arctanh
pow = anp.power  # noqa: A001
concat = anp.concatenate
permute_dims = anp.transpose
cumulative_prod = anp.cumprod
isdtype = np.isdtype


def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """`array_api.asarray`; a traced array passes through."""
    if hasattr(obj, "_value"):
        return obj if dtype is None else astype(obj, dtype)
    return np.asarray(obj, dtype=dtype, copy=copy)


def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """`array_api.astype`."""
    return x.astype(dtype)


def matrix_transpose(x: Any) -> Any:
    """`array_api.matrix_transpose`."""
    return anp.swapaxes(x, -1, -2)


def cumulative_sum(x: Any, *, axis: int | None = None) -> Any:
    """`array_api.cumulative_sum`."""
    return anp.cumsum(x, axis=0 if axis is None else axis)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """`array_api.broadcast_to`; autograd's rule wants the leading axes in place."""
    return anp.broadcast_to(anp.reshape(x, (1,) * (len(shape) - anp.ndim(x)) + anp.shape(x)), shape)


def take(x: Any, indices: Any, *, axis: int | None = None) -> Any:
    """`array_api.take`."""
    return x[(slice(None),) * ((axis or 0) % anp.ndim(x)) + (indices,)]


def _vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    if ord == 2:
        return anp.sqrt(anp.sum(x * x, axis=axis, keepdims=keepdims))
    return anp.sum(anp.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


linalg = SimpleNamespace(**{**vars(anp.linalg), "vector_norm": _vector_norm, "matrix_transpose": matrix_transpose})


def __getattr__(name: str) -> Any:
    return getattr(anp, name)
