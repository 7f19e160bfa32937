"""Sums, products, means and their like; a keyword axis, and dtypes by the standard's rule."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from .dtypes import isdtype
from .elementwise import promoted, tensor

_np = tf.experimental.numpy


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """`array_api.sum`."""
    return tf.reduce_sum(_accumulator(x, dtype), axis, keepdims)


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """`array_api.prod`."""
    return tf.reduce_prod(_accumulator(x, dtype), axis, keepdims)


def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """`array_api.mean`."""
    return tf.reduce_mean(x, axis, keepdims)


def max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """`array_api.max`."""
    return tf.reduce_max(x, axis, keepdims)


def min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """`array_api.min`."""
    return tf.reduce_min(x, axis, keepdims)


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """`array_api.var`."""
    squares = tf.square(x - tf.reduce_mean(x, axis, keepdims=True))
    count = tf.cast(tf.size(x) / tf.maximum(tf.size(tf.reduce_sum(x, axis)), 1), x.dtype)
    return tf.reduce_sum(squares, axis, keepdims) / tf.maximum(count - tensor(correction, x.dtype), 0)


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """`array_api.std`."""
    return tf.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """`array_api.all`."""
    return tf.reduce_all(tf.cast(x, tf.bool), axis, keepdims)


def any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    """`array_api.any`."""
    return tf.reduce_any(tf.cast(x, tf.bool), axis, keepdims)


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_sum`."""
    return _cumulative(tf.cumsum, x, axis, dtype, [0] if include_initial else None)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """`array_api.cumulative_prod`."""
    return _cumulative(tf.math.cumprod, x, axis, dtype, [1] if include_initial else None)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """`array_api.diff`."""
    parts = promoted(*(part for part in (prepend, x, append) if part is not None))
    return _np.diff(tf.concat(parts, axis), n, axis)


def _accumulator(x: Any, dtype: Any) -> Any:
    """X in the dtype that its sum has: small integers grow to 64 bits."""
    if dtype is None:
        small = isdtype(x, ("bool", "signed integer", "unsigned integer"))
        dtype = (tf.uint64 if isdtype(x, "unsigned integer") else tf.int64) if small else x.dtype
    return tf.cast(x, dtype)


def _cumulative(f: Any, x: Any, axis: int | None, dtype: Any, initial: Any) -> Any:
    x, axis = _accumulator(x, dtype), 0 if axis is None else axis % x.shape.rank
    if initial is None:
        return f(x, axis)
    first = tf.fill([1 if i == axis else size for i, size in enumerate(x.shape)], tf.cast(initial[0], x.dtype))
    return tf.concat([first, f(x, axis)], axis)
