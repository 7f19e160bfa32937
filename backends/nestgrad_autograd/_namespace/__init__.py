"""autograd's NumPy under the names of the Array API standard.

autograd has its rules under NumPy's old names: `arccos` has one, its alias `acos` has none. Here a
standard name leads to a function with a rule; any other name is looked up in `autograd.numpy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.tracer import isbox

from . import fft as fft
from . import linalg as linalg
from .cumulative import cumulative_prod as cumulative_prod
from .cumulative import cumulative_sum as cumulative_sum
from .cumulative import diff as diff
from .elementwise import clip as clip
from .elementwise import copysign as copysign
from .elementwise import hypot as hypot
from .elementwise import positive as positive
from .linalg import matrix_transpose as matrix_transpose
from .linalg import vecdot as vecdot

acos, acosh, asin, asinh = anp.arccos, anp.arccosh, anp.arcsin, anp.arcsinh
atan, atan2, atanh = anp.arctan, anp.arctan2, anp.arctanh
pow = anp.power  # noqa: A001
permute_dims = anp.transpose
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


def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """`array_api.broadcast_to`; autograd's rule wants a tuple, and the leading axes in place."""
    return anp.broadcast_to(anp.reshape(x, (1,) * (len(shape) - anp.ndim(x)) + anp.shape(x)), tuple(shape))


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


def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """`array_api.broadcast_arrays`."""
    shape = np.broadcast_shapes(*map(anp.shape, arrays))
    return tuple(broadcast_to(x, shape) for x in arrays)


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Any, ...]:
    """`array_api.meshgrid`."""
    open_grid = (anp.reshape(x, [-1 if j == i else 1 for j in range(len(arrays))]) for i, x in enumerate(arrays))
    grid = broadcast_arrays(*open_grid)
    return grid if indexing == "ij" or len(arrays) < 2 else tuple(anp.swapaxes(x, 0, 1) for x in grid)


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """`array_api.repeat`; autograd's rule takes one number of repeats."""
    if axis is None:
        x, axis = anp.ravel(x), 0
    return take(x, np.repeat(np.arange(anp.shape(x)[axis]), repeats), axis=axis)


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """`array_api.sort`; equal entries are alike, so every sort is stable."""
    ascending = anp.sort(x, axis)
    return flip(ascending, axis=axis) if descending else ascending


def take(x: Any, indices: Any, *, axis: int | None = None) -> Any:
    """`array_api.take`."""
    return x[(slice(None),) * ((axis or 0) % anp.ndim(x)) + (indices,)]


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """`array_api.take_along_axis`."""
    places = list(np.ogrid[tuple(map(slice, np.shape(indices)))])
    places[axis] = indices
    return x[tuple(places)]


def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """`array_api.unstack`."""
    return tuple(anp.moveaxis(x, axis, 0))


def __getattr__(name: str) -> Any:
    return getattr(anp, name)
