"""Cumulative functions and differences of the Array API standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_sum`."""
    return _cumulative(anp.cumsum, 0, x, axis, dtype, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_prod`."""
    return _cumulative(anp.cumprod, 1, x, axis, dtype, include_initial)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """`array_api.diff`; autograd's rule takes what is put before and after for constant."""
    parts = [part for part in (prepend, x, append) if part is not None]
    return anp.diff(anp.concatenate(parts, axis) if len(parts) > 1 else x, n, axis)


def _cumulative(
    function: Callable[..., Any], neutral: int, x: Any, axis: int | None, dtype: Any, include_initial: bool
) -> Any:
    axis = 0 if axis is None else axis
    found = function(x if dtype is None else x.astype(dtype), axis=axis)
    if not include_initial:
        return found
    shape = list(anp.shape(found))
    shape[axis] = 1
    return anp.concatenate([np.full(shape, neutral, dtype=found.dtype), found], axis)
