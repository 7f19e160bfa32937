"""NumPy under the names of the Array API standard, where dualpy has a rule under another name."""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from dualpy.core import DualArray


def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None) -> Any:
    """`array_api.asarray`; a dual number passes through."""
    return obj if isinstance(obj, DualArray) else np.asarray(obj, dtype=dtype, copy=copy)


def copysign(x: Any, y: Any) -> Any:
    """`array_api.copysign`: dualpy's rule forgets the sign of x."""
    while isinstance(y, DualArray):
        y = y.primal
    return np.abs(x) * np.copysign(1.0, y)


def matrix_transpose(x: Any) -> Any:
    """`array_api.matrix_transpose`."""
    return np.swapaxes(x, -1, -2)


def cumulative_sum(x: Any, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_sum`."""
    return _with_initial(np.cumsum(x, axis=axis or 0), 0.0, axis or 0, include_initial)


def cumulative_prod(x: Any, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_prod`."""
    return _with_initial(np.cumprod(x, axis=axis or 0), 1.0, axis or 0, include_initial)


def _with_initial(y: Any, initial: float, axis: int, include_initial: bool) -> Any:
    if not include_initial:
        return y
    first = y[(slice(None),) * (axis % y.ndim) + (slice(0, 1),)]  # of dual numbers if y is, as concatenate wants it
    return np.concatenate([0.0 * first + initial, y], axis=axis)


def prod(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """`array_api.prod`."""
    return _by_one_axis(np.prod, x, axis, keepdims)


def max(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001 - the standard's name
    """`array_api.max`."""
    return _by_one_axis(np.max, x, axis, keepdims)


def min(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """`array_api.min`."""
    return _by_one_axis(np.min, x, axis, keepdims)


def _by_one_axis(reduce: Callable[..., Any], x: Any, axis: Any, keepdims: bool) -> Any:
    """Several axes one after the other, the last one first: dualpy's rules know one.

    Those without an axis cannot be differentiated again.
    """
    if axis is None and not keepdims:
        return reduce(np.ravel(x), axis=0)
    if not isinstance(axis, tuple):
        return reduce(x, axis=axis, keepdims=keepdims)
    for i in sorted((i % x.ndim for i in axis), reverse=True):
        x = reduce(x, axis=i, keepdims=keepdims)
    return x


def var(x: Any, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """`array_api.var`, by its definition: dualpy's rule knows neither correction nor several axes."""
    centred = x - np.mean(x, axis=axis, keepdims=True)
    total = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    return total / (x.size / np.size(np.zeros(x.shape).sum(axis=axis)) - correction)


def std(x: Any, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """`array_api.std`, by the variance."""
    return np.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def _refused(operation: str) -> Callable[..., Any]:
    """NumPy's function, and for dual numbers the message by which dualpy refuses: its rule is wrong, or partial."""
    function = operator.attrgetter(operation)(np)

    def call(*args: Any, **keywords: Any) -> Any:
        if any(isinstance(x, DualArray) for x in args):
            raise TypeError(f"array function {operation.rpartition('.')[2]} not implemented")
        return function(*args, **keywords)

    return call


def sort(x: Any, *, axis: int = -1, descending: bool = False) -> Any:
    """`array_api.sort`."""
    return -np.sort(-x, axis=axis) if descending else np.sort(x, axis=axis)


def diff(x: Any, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """`array_api.diff`; dualpy's rule does not know what is put before and after."""
    return np.diff(np.concatenate([y for y in (prepend, x, append) if y is not None], axis=axis), n=n, axis=axis)


clip = _refused("clip")  # an array's bounds are taken for constants, bounds by keyword are not seen
meshgrid = _refused("meshgrid")  # constants


def _cholesky(x: Any, *, upper: bool = False) -> Any:
    """`array_api.linalg.cholesky`; dualpy's rule is for one matrix, and its lower factor."""
    factor = np.linalg.cholesky(x) if x.ndim == 2 else np.stack([_cholesky(x[i]) for i in range(len(x))])
    return matrix_transpose(factor) if upper else factor


def _diagonal(x: Any, *, offset: int = 0) -> Any:
    """`array_api.linalg.diagonal`."""
    return np.diagonal(x, offset, -2, -1)


def _trace(x: Any, *, offset: int = 0) -> Any:
    """`array_api.linalg.trace`, by the diagonal: dualpy's rule knows no offset."""
    return np.sum(_diagonal(x, offset=offset), axis=-1)


def _vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:  # noqa: A002
    if np.isinf(ord):
        return (max if ord > 0 else min)(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 2:
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


linalg = SimpleNamespace(
    **{
        **vars(np.linalg),
        "cholesky": _cholesky,
        "diagonal": _diagonal,
        "matmul": np.matmul,
        "matrix_transpose": matrix_transpose,
        "qr": _refused("linalg.qr"),
        "svd": _refused("linalg.svd"),
        "trace": _trace,
        "vector_norm": _vector_norm,
    }
)


def __getattr__(name: str) -> Any:
    return getattr(np, name)
