"""Arrays from nothing, from Python and from NumPy. `device` is a TensorFlow device name, as `x.device` is.

`ones_like` and `zeros_like` are constants: TensorFlow's record their argument, whose derivative is then pulled through
all that is multiplied by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record

from .dtypes import placed
from .elementwise import promoted

_np = tf.experimental.numpy


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """`array_api.asarray`. A tensor passes through, a list of them becomes one; differentiable in both."""
    with placed(device):
        if copy or not isinstance(obj, tf.Tensor):
            obj = _np.array(obj)
        return obj if dtype is None else tf.cast(obj, dtype)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """`array_api.from_dlpack`."""
    with placed(device):
        return tf.identity(tf.experimental.dlpack.from_dlpack(x.__dlpack__()))


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: Any = None
) -> Any:
    """`array_api.arange`."""
    first, last = (0, start) if stop is None else (start, stop)
    return asarray(np.arange(first, last, step), dtype=dtype, device=device)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Any:
    """`array_api.linspace`."""
    with placed(device):
        start, stop, _ = promoted(start, stop, 0.0)
        points = tf.linspace(start, stop, num if endpoint else num + 1)[:num]
        return points if dtype is None else tf.cast(points, dtype)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.eye`."""
    with placed(device):
        row = tf.range(n_rows, dtype=tf.int64)
        column = row if n_cols is None else tf.range(n_cols, dtype=tf.int64)
        return tf.cast(column - row[:, None] == k, dtype or tf.float64)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.full`."""
    with placed(device):
        return tf.fill(_shape(shape), asarray(fill_value, dtype=dtype))


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.zeros`."""
    with placed(device):
        return tf.zeros(_shape(shape), dtype or tf.float64)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.ones`."""
    with placed(device):
        return tf.ones(_shape(shape), dtype or tf.float64)


empty = zeros


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.full_like`."""
    with placed(device):
        return tf.fill(tf.shape(x), asarray(fill_value, dtype=dtype or x.dtype))


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.zeros_like`."""
    with placed(device), record.stop_recording():
        return tf.zeros_like(x, dtype)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.ones_like`."""
    with placed(device), record.stop_recording():
        return tf.ones_like(x, dtype)


empty_like = zeros_like


def tril(x: Any, /, *, k: int = 0) -> Any:
    """`array_api.tril`."""
    return tf.where(_columns_minus_rows(x) <= k, x, tf.zeros_like(x))


def triu(x: Any, /, *, k: int = 0) -> Any:
    """`array_api.triu`."""
    return tf.where(_columns_minus_rows(x) >= k, x, tf.zeros_like(x))


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """`array_api.meshgrid`."""
    return list(tf.meshgrid(*arrays, indexing=indexing))


def _shape(shape: Any) -> Sequence[Any]:
    return shape if isinstance(shape, (tuple, list)) else (shape,)


def _columns_minus_rows(x: Any) -> Any:
    return tf.range(tf.shape(x)[-1]) - tf.range(tf.shape(x)[-2])[:, None]
