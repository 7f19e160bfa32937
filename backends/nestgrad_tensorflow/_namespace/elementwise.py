"""Functions of single entries, where TensorFlow's own have another name, domain or rule."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from .dtypes import isdtype, result_type

_np = tf.experimental.numpy

acos, acosh, asin, asinh = _np.arccos, _np.arccosh, _np.arcsin, _np.arcsinh
atan, atan2, atanh = _np.arctan, _np.arctan2, _np.arctanh
bitwise_invert = _np.bitwise_not
pow = _np.power  # noqa: A001
conj = tf.math.conj


def tensor(x: Any, dtype: Any) -> Any:
    """An array or a Python number as a tensor of this dtype; `tf.cast` alone makes a number float32 first."""
    return tf.cast(x, dtype) if hasattr(x, "dtype") else tf.constant(x, dtype)


def promoted(*arrays: Any) -> tuple[Any, ...]:
    """Arrays and Python numbers as tensors of their common dtype."""
    dtype = result_type(*arrays)
    return tuple(tensor(x, dtype) for x in arrays)


def abs(x: Any, /) -> Any:  # noqa: A001
    """`array_api.abs`."""
    return x if isdtype(x, "unsigned integer") else tf.abs(x)


def hypot(x1: Any, x2: Any, /) -> Any:
    """`array_api.hypot`; smooth away from the origin, and may overflow where the result does not."""
    x1, x2 = promoted(x1, x2)
    return tf.sqrt(x1 * x1 + x2 * x2)


def sign(x: Any, /) -> Any:
    """`array_api.sign`."""
    return tf.cast(x > 0, x.dtype) if isdtype(x, "unsigned integer") else tf.sign(x)


def bitwise_left_shift(x1: Any, x2: Any, /) -> Any:
    """`array_api.bitwise_left_shift`."""
    return tf.bitwise.left_shift(*promoted(x1, x2))


def bitwise_right_shift(x1: Any, x2: Any, /) -> Any:
    """`array_api.bitwise_right_shift`."""
    return tf.bitwise.right_shift(*promoted(x1, x2))


def ceil(x: Any, /) -> Any:
    """`array_api.ceil`."""
    return x if isdtype(x, "integral") else tf.math.ceil(x)


def floor(x: Any, /) -> Any:
    """`array_api.floor`."""
    return x if isdtype(x, "integral") else tf.math.floor(x)


def trunc(x: Any, /) -> Any:
    """`array_api.trunc`."""
    return x if isdtype(x, "integral") else tf.where(x < 0, tf.math.ceil(x), tf.math.floor(x))


def round(x: Any, /) -> Any:  # noqa: A001
    """`array_api.round`; halves go to the even neighbour."""
    if isdtype(x, "complex floating"):
        return tf.complex(tf.round(tf.math.real(x)), tf.round(tf.math.imag(x)))
    return x if isdtype(x, "integral") else tf.round(x)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    """`array_api.clip`; either bound may be missing."""
    if min is not None:
        x = tf.maximum(x, tensor(min, x.dtype))
    return x if max is None else tf.minimum(x, tensor(max, x.dtype))


def isfinite(x: Any, /) -> Any:
    """`array_api.isfinite`; a complex number is, if both its parts are."""
    return tf.reduce_all(tf.math.is_finite(_parts(x)), 0)


def isinf(x: Any, /) -> Any:
    """`array_api.isinf`; a complex number is, if one of its parts is."""
    return tf.reduce_any(tf.math.is_inf(_parts(x)), 0)


def isnan(x: Any, /) -> Any:
    """`array_api.isnan`; a complex number is, if one of its parts is."""
    return tf.reduce_any(tf.math.is_nan(_parts(x)), 0)


def _parts(x: Any) -> Any:
    """Real and imaginary part, stacked; a real number has one part, and what is no float is cast to one."""
    if isdtype(x, "complex floating"):
        return tf.stack([tf.math.real(x), tf.math.imag(x)])
    return tf.cast(x, x.dtype if isdtype(x, "real floating") else tf.float64)[None]


def copysign(x1: Any, x2: Any, /) -> Any:
    """`array_api.copysign`."""
    x1, x2 = promoted(x1, x2)
    # connected to x2, in which its derivative is 0: what is not connected may be one that TensorFlow has not seen
    nothing = tf.where(tf.ones_like(x2, dtype=tf.bool), tf.zeros_like(x2), x2)
    return tf.where(_np.signbit(x1) == _np.signbit(x2), x1, -x1) + nothing


def logaddexp(x1: Any, x2: Any, /) -> Any:
    """`array_api.logaddexp`, smooth where x1 = x2 too, which max(x1, x2) + log1p(exp(−|x1 − x2|)) is not."""
    x1, x2 = promoted(x1, x2)
    finite = tf.math.is_finite(x1) & tf.math.is_finite(x2)
    smooth = x2 + tf.math.softplus(tf.where(finite, x1 - x2, tf.zeros_like(x1)))
    return tf.where(finite, smooth, tf.maximum(x1, x2))
