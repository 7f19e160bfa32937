"""Arrays rearranged."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from .elementwise import promoted

_np = tf.experimental.numpy

permute_dims = _np.transpose
matrix_transpose = tf.linalg.matrix_transpose


def broadcast_to(x: Any, /, shape: Any) -> Any:
    """`array_api.broadcast_to`."""
    return tf.broadcast_to(x, shape)


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """`array_api.broadcast_arrays`."""
    shape = functools.reduce(tf.broadcast_dynamic_shape, map(tf.shape, arrays))
    return [tf.broadcast_to(x, shape) for x in arrays]


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> Any:
    """`array_api.concat`."""
    arrays = promoted(*arrays)
    return tf.concat([tf.reshape(x, [-1]) for x in arrays] if axis is None else arrays, axis or 0)


def expand_dims(x: Any, /, axis: int = 0) -> Any:
    """`array_api.expand_dims`."""
    return tf.expand_dims(x, axis)


def flip(x: Any, /, *, axis: int | Sequence[int] | None = None) -> Any:
    """`array_api.flip`."""
    axes = range(x.shape.rank) if axis is None else (axis,) if isinstance(axis, int) else axis
    return tf.reverse(x, list(axes))


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """`array_api.repeat`."""
    return tf.repeat(x, repeats, axis)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """`array_api.reshape`."""
    return tf.reshape(x, shape)


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """`array_api.roll`."""
    if axis is None:
        return tf.reshape(tf.roll(tf.reshape(x, [-1]), shift, 0), tf.shape(x))
    return tf.roll(x, shift, axis)


def squeeze(x: Any, /, axis: Any) -> Any:
    """`array_api.squeeze`."""
    return tf.squeeze(x, axis)


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> Any:
    """`array_api.stack`."""
    return tf.stack(promoted(*arrays), axis)


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """`array_api.take`; negative indices count from the end, as in NumPy."""
    axis = 0 if axis is None else axis
    return tf.gather(x, _from_the_start(indices, x, axis), axis=axis)


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """`array_api.take_along_axis`."""
    return _np.take_along_axis(x, indices, axis)


def tile(x: Any, repetitions: Sequence[int], /) -> Any:
    """`array_api.tile`."""
    return _np.tile(x, repetitions)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """`array_api.unstack`."""
    return tuple(tf.unstack(x, axis=axis))


def _from_the_start(indices: Any, x: Any, axis: int) -> Any:
    indices = tf.convert_to_tensor(indices)
    return tf.where(indices < 0, indices + tf.shape(x, out_type=indices.dtype)[axis], indices)
