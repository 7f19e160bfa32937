"""Sorting, searching and sets."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: Any
    inverse_indices: Any


def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """`array_api.argmax`."""
    return _position(tf.argmax, x, axis, keepdims)


def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """`array_api.argmin`."""
    return _position(tf.argmin, x, axis, keepdims)


def _position(f: Any, x: Any, axis: int | None, keepdims: bool) -> Any:
    if axis is None:
        found = f(tf.reshape(x, [-1]), 0)
        return tf.reshape(found, [1] * x.shape.rank) if keepdims else found
    found = f(x, axis)
    return tf.expand_dims(found, axis) if keepdims else found


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """`array_api.count_nonzero`."""
    return tf.reduce_sum(tf.cast(tf.cast(x, tf.bool), tf.int64), axis, keepdims)


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """`array_api.nonzero`."""
    return tuple(tf.unstack(tf.where(tf.cast(x, tf.bool)), x.shape.rank, axis=1))


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """`array_api.searchsorted`."""
    x1 = x1 if sorter is None else tf.gather(x1, sorter)
    found = tf.searchsorted(x1, tf.reshape(x2, [-1]), side, out_type=tf.int64)
    return tf.reshape(found, tf.shape(x2))


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """`array_api.sort`; differentiable."""
    return tf.sort(x, axis, "DESCENDING" if descending else "ASCENDING")


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """`array_api.argsort`."""
    return tf.cast(tf.argsort(x, axis, "DESCENDING" if descending else "ASCENDING", stable), tf.int64)


def unique_all(x: Any, /) -> UniqueAll:
    """`array_api.unique_all`; values in the order of their first appearance."""
    values, inverse, counts = _unique(x)
    places = tf.range(tf.size(inverse, tf.int64))
    first = tf.math.unsorted_segment_min(places, tf.reshape(inverse, [-1]), tf.size(values))
    return UniqueAll(values, first, inverse, counts)


def unique_counts(x: Any, /) -> UniqueCounts:
    """`array_api.unique_counts`."""
    values, _, counts = _unique(x)
    return UniqueCounts(values, counts)


def unique_inverse(x: Any, /) -> UniqueInverse:
    """`array_api.unique_inverse`."""
    values, inverse, _ = _unique(x)
    return UniqueInverse(values, inverse)


def unique_values(x: Any, /) -> Any:
    """`array_api.unique_values`."""
    return _unique(x)[0]


def _unique(x: Any) -> tuple[Any, Any, Any]:
    values, inverse, counts = tf.unique_with_counts(tf.reshape(x, [-1]), out_idx=tf.int64)
    return values, tf.reshape(inverse, tf.shape(x)), counts
