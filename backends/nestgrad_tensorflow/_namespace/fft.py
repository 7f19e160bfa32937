"""Discrete Fourier transforms along any axis; tf.signal's know the last ones alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from .dtypes import isdtype, placed
from .manipulation import roll


def fft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.fft`."""
    n = x.shape[axis] if n is None else n
    return _along(lambda y: tf.signal.fft(_fitted(_complex(y), n)), x, axis) * _scale(norm, n, forward=True)


def ifft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.ifft`."""
    n = x.shape[axis] if n is None else n
    return _along(lambda y: tf.signal.ifft(_fitted(_complex(y), n)), x, axis) * _scale(norm, n, forward=False)


def rfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.rfft`."""
    n = x.shape[axis] if n is None else n
    return _along(lambda y: tf.signal.rfft(_fitted(y, n)), x, axis) * _scale(norm, n, forward=True)


def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.irfft`."""
    n = 2 * (x.shape[axis] - 1) if n is None else n
    half = n // 2 + 1
    return _along(lambda y: tf.signal.irfft(_fitted(_complex(y), half), [n]), x, axis) * _scale(norm, n, forward=False)


def hfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.hfft`."""
    return irfft(tf.math.conj(_complex(x)), n=n, axis=axis, norm=_SWAPPED[norm])


def ihfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """`array_api.fft.ihfft`."""
    return tf.math.conj(rfft(x, n=n, axis=axis, norm=_SWAPPED[norm]))


def fftn(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    """`array_api.fft.fftn`."""
    return _repeated(fft, x, *_sizes(x, s, axes), norm)


def ifftn(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    """`array_api.fft.ifftn`."""
    return _repeated(ifft, x, *_sizes(x, s, axes), norm)


def rfftn(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    """`array_api.fft.rfftn`."""
    sizes, axes = _sizes(x, s, axes)
    return _repeated(fft, rfft(x, n=sizes[-1], axis=axes[-1], norm=norm), sizes[:-1], axes[:-1], norm)


def irfftn(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    """`array_api.fft.irfftn`."""
    sizes, axes = _sizes(x, s, axes)
    last = 2 * (x.shape[axes[-1]] - 1) if s is None else sizes[-1]
    return irfft(_repeated(ifft, x, sizes[:-1], axes[:-1], norm), n=last, axis=axes[-1], norm=norm)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.fft.fftfreq`."""
    with placed(device):
        places = tf.range(n) - n // 2
        return tf.cast(roll(places, -(n // 2)), dtype or tf.float64) / (n * d)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """`array_api.fft.rfftfreq`."""
    with placed(device):
        return tf.cast(tf.range(n // 2 + 1), dtype or tf.float64) / (n * d)


def fftshift(x: Any, /, *, axes: Any = None) -> Any:
    """`array_api.fft.fftshift`."""
    return tf.signal.fftshift(x, axes)


def ifftshift(x: Any, /, *, axes: Any = None) -> Any:
    """`array_api.fft.ifftshift`."""
    return tf.signal.ifftshift(x, axes)


_SWAPPED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _complex(x: Any) -> Any:
    return x if isdtype(x, "complex floating") else tf.complex(x, tf.zeros_like(x))


def _along(f: Any, x: Any, axis: int) -> Any:
    """F along one axis, which it finds last."""
    order = [i for i in range(x.shape.rank) if i != axis % x.shape.rank] + [axis % x.shape.rank]
    back = sorted(range(len(order)), key=order.__getitem__)
    return tf.transpose(f(tf.transpose(x, order)), back)


def _fitted(x: Any, n: int) -> Any:
    """The last axis cut, or padded with zeros, to n entries."""
    x = x[..., :n]
    return tf.pad(x, [(0, 0)] * (x.shape.rank - 1) + [(0, n - x.shape[-1])])


def _scale(norm: str, n: int, *, forward: bool) -> Any:
    """What TensorFlow's transform, which divides on the way back, has to be multiplied by."""
    wanted = {"backward": 1.0 if forward else 1 / n, "ortho": 1 / math.sqrt(n), "forward": 1 / n if forward else 1.0}
    return wanted[norm] * (1 if forward else n)


def _sizes(x: Any, s: Sequence[int] | None, axes: Sequence[int] | None) -> tuple[list[int], list[int]]:
    if axes is None:
        axes = range(x.shape.rank) if s is None else range(-len(s), 0)
    return [x.shape[axis] for axis in axes] if s is None else list(s), list(axes)


def _repeated(f: Any, x: Any, sizes: Sequence[int], axes: Sequence[int], norm: str) -> Any:
    for n, axis in zip(sizes, axes, strict=True):
        x = f(x, n=n, axis=axis, norm=norm)
    return x
