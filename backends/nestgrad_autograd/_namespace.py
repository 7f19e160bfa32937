"""autograd's NumPy under the names of the Array API standard.

autograd has its rules under NumPy's old names: `arccos` has one, its alias `acos` has none. Here a
standard name leads to a function with a rule; any other name is looked up in `autograd.numpy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.tracer import isbox

acos, acosh, asin, asinh = anp.arccos, anp.arccosh, anp.arcsin, anp.arcsinh
atan, atan2, atanh = anp.arctan, anp.arctan2, anp.arctanh
pow = anp.power  # noqa: A001
permute_dims = anp.transpose
cumulative_prod = anp.cumprod
isdtype = np.isdtype


def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """`array_api.asarray`; a traced array passes through, a list of them becomes one."""
    if isbox(obj):
        return obj if dtype is None else astype(obj, dtype)
    if _holds_boxes(obj):
        return anp.array(obj, dtype=dtype)
    return np.asarray(obj, dtype=dtype, copy=copy)


def _holds_boxes(obj: Any) -> bool:
    return isbox(obj) or (isinstance(obj, (list, tuple)) and any(map(_holds_boxes, obj)))


def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """`array_api.astype`."""
    return x.astype(dtype)


def matrix_transpose(x: Any) -> Any:
    """`array_api.matrix_transpose`."""
    return anp.swapaxes(x, -1, -2)


def cumulative_sum(x: Any, *, axis: int | None = None) -> Any:
    """`array_api.cumulative_sum`."""
    return anp.cumsum(x, axis=0 if axis is None else axis)


def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """`array_api.broadcast_to`; autograd's rule wants a tuple, and the leading axes in place."""
    return anp.broadcast_to(anp.reshape(x, (1,) * (len(shape) - anp.ndim(x)) + anp.shape(x)), tuple(shape))


def clip(x: Any, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    """`array_api.clip`; autograd's rule knows the bounds by position."""
    return anp.clip(x, min, max)


def concat(arrays: Sequence[Any], *, axis: int | None = 0) -> Any:
    """`array_api.concat`; autograd's reverse rule needs an axis."""
    return anp.concatenate([anp.ravel(x) for x in arrays], 0) if axis is None else anp.concatenate(arrays, axis)


def flip(x: Any, *, axis: int | Sequence[int] | None = None) -> Any:
    """`array_api.flip`."""
    flipped = set(np.arange(anp.ndim(x))[... if axis is None else np.asarray(axis)].flat)
    return x[tuple(slice(None, None, -1 if i in flipped else None) for i in range(anp.ndim(x)))]


def full_like(x: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    """`array_api.full_like`; autograd traces the value by position."""
    return anp.full_like(x, fill_value, dtype=dtype)


def take(x: Any, indices: Any, *, axis: int | None = None) -> Any:
    """`array_api.take`."""
    return x[(slice(None),) * ((axis or 0) % anp.ndim(x)) + (indices,)]


def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """`array_api.unstack`."""
    return tuple(anp.moveaxis(x, axis, 0))


def vecdot(x1: Any, x2: Any, *, axis: int = -1) -> Any:
    """`array_api.vecdot`."""
    return anp.sum(anp.conj(x1) * x2, axis=axis)


def _diagonal(x: Any, *, offset: int = 0) -> Any:
    """The last two axes' diagonal; autograd's reverse rule has those of squares, without an offset."""
    return x[(..., *np.nonzero(np.eye(*anp.shape(x)[-2:], k=offset)))]


def _trace(x: Any, *, offset: int = 0) -> Any:
    return anp.sum(_diagonal(x, offset=offset), axis=-1)


def _vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    if ord == 2:
        squares = anp.real(x * anp.conj(x)) if anp.iscomplexobj(x) else x * x
        return anp.sqrt(anp.sum(squares, axis=axis, keepdims=keepdims))
    if abs(ord) == np.inf:
        return (anp.max if ord > 0 else anp.min)(anp.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return anp.sum(anp.not_equal(x, 0) * 1.0, axis=axis, keepdims=keepdims)
    return anp.sum(anp.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


linalg = SimpleNamespace(
    **{
        **vars(anp.linalg),
        "diagonal": _diagonal,
        "matmul": anp.matmul,
        "matrix_transpose": matrix_transpose,
        "outer": anp.outer,
        "tensordot": anp.tensordot,
        "trace": _trace,
        "vecdot": vecdot,
        "vector_norm": _vector_norm,
    }
)


def __getattr__(name: str) -> Any:
    return getattr(anp, name)
