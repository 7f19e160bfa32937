"""Data types under the names of the Array API standard: NumPy's promotion, TensorFlow's dtype objects."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

bool = tf.bool  # noqa: A001
int8, int16, int32, int64 = tf.int8, tf.int16, tf.int32, tf.int64
uint8, uint16, uint32, uint64 = tf.uint8, tf.uint16, tf.uint32, tf.uint64
float32, float64 = tf.float32, tf.float64
complex64, complex128 = tf.complex64, tf.complex128


def _numpy_dtype(type_: Any) -> Any:
    return tf.as_dtype(getattr(type_, "dtype", type_)).as_numpy_dtype


def placed(device: str | None) -> AbstractContextManager[Any]:
    """Where to put what is made inside; without a device that is left to the caller's `tf.device`."""
    return nullcontext() if device is None else tf.device(device)


def astype(x: Any, dtype: Any, *, copy: Any = True, device: Any = None) -> Any:
    """`array_api.astype`. Tensors never change, so a copy is never needed; differentiable between floats."""
    with placed(device):
        return tf.cast(x, dtype)


def isdtype(dtype: Any, kind: Any) -> Any:
    """`array_api.isdtype`."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return np.isdtype(_numpy_dtype(dtype), tuple(k if isinstance(k, str) else _numpy_dtype(k) for k in kinds))


def can_cast(from_: Any, to: Any) -> Any:
    """`array_api.can_cast`."""
    return np.can_cast(_numpy_dtype(from_), _numpy_dtype(to))


def result_type(*arrays_and_dtypes: Any) -> Any:
    """`array_api.result_type`; a Python number takes the kind of its neighbours."""
    numbers = (int, float, complex)  # a bool is an int here, and is weaker than any
    return tf.as_dtype(np.result_type(*(x if isinstance(x, numbers) else _numpy_dtype(x) for x in arrays_and_dtypes)))


@dataclass(frozen=True)
class FloatInfo:
    """What `finfo` returns."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


@dataclass(frozen=True)
class IntInfo:
    """What `iinfo` returns."""

    bits: int
    max: int
    min: int
    dtype: Any


def finfo(type: Any, /) -> FloatInfo:  # noqa: A002
    """`array_api.finfo`; of a complex type, that of its parts."""
    info = np.finfo(_numpy_dtype(type))
    eps, largest, smallest, normal = (float(x) for x in (info.eps, info.max, info.min, info.smallest_normal))
    return FloatInfo(info.bits, eps, largest, smallest, normal, tf.as_dtype(info.dtype))


def iinfo(type: Any, /) -> IntInfo:  # noqa: A002
    """`array_api.iinfo`."""
    info = np.iinfo(_numpy_dtype(type))
    return IntInfo(info.bits, int(info.max), int(info.min), tf.as_dtype(info.dtype))


_DTYPES = (bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, complex64, complex128)


class Info:
    """What `__array_namespace_info__` returns."""

    def capabilities(self) -> dict[str, Any]:
        """Shapes may depend on values where TensorFlow is not tracing; masks index, and are not assigned to."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 254}

    def default_device(self) -> None:
        """None: TensorFlow places each operation."""

    def devices(self) -> list[str]:
        """The devices that TensorFlow sees."""
        return [device.name for device in tf.config.list_logical_devices()]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Those of NumPy."""
        return {"real floating": float64, "complex floating": complex128, "integral": int64, "indexing": int64}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """The standard's dtypes of a kind."""
        return {dtype.name: dtype for dtype in _DTYPES if kind is None or isdtype(dtype, kind)}
