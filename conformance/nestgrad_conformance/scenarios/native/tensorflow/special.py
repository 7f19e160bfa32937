"""TensorFlow's mathematics: products and running sums, order, transforms, special functions.

The functions of the scenarios in `native`, of one float64 tensor x each.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from .layers import _ramp, _weighted


def cumulative(x: Any) -> Any:
    """tf.cumsum, reversed and exclusive, and tf.math.cumprod."""
    return _weighted(tf.cumsum(x**2, exclusive=True, reverse=True)) + _weighted(tf.math.cumprod(x))


def cumprod_with_a_zero(x: Any) -> Any:
    """A cumprod past an entry that is zero."""
    return _weighted(tf.math.cumprod(x))


def cumulative_logsumexp(x: Any) -> Any:
    """tf.math.cumulative_logsumexp."""
    return _weighted(tf.math.cumulative_logsumexp(x))


def reduce_prod(x: Any) -> Any:
    """tf.reduce_prod along an axis, no entry zero."""
    return _weighted(tf.reduce_prod(x, -1))


def reduce_prod_with_a_zero(x: Any) -> Any:
    """tf.reduce_prod with one factor zero."""
    return tf.reduce_prod(x) + tf.reduce_sum(x**2)


def product_after_a_square(x: Any) -> Any:
    """A square, and then a product of two tensors of the square's shape."""
    one, other = tf.identity(x[0]), tf.identity(x[1])
    return tf.reduce_sum(one * one) + tf.reduce_sum(tf.sin(one * other))


def euclidean_norm_without_weight(x: Any) -> Any:
    """tf.math.reduce_euclidean_norm of rows of which one has no weight."""
    return tf.reduce_sum(tf.constant([1.0, 0.0], tf.float64) * tf.math.reduce_euclidean_norm(x, -1))


def complex_rules(x: Any) -> Any:
    """tf.math.cumprod, xlogy, xdivy and xlog1py of complex numbers."""
    z = tf.complex(x, x**2 / 3)
    results = (tf.math.cumprod(z), tf.math.xlogy(z, z + 2), tf.math.xdivy(z, z + 2), tf.math.xlog1py(z, z + 2))
    return tf.add_n([_weighted(tf.math.real(result)) for result in results])


def complex_segments(x: Any) -> Any:
    """tf.math.segment_prod of complex numbers."""
    return tf.reduce_sum(tf.math.real(tf.math.segment_prod(tf.complex(x, x**2 / 3), tf.constant([0, 0]))) ** 2)


def complex_roots(x: Any) -> Any:
    """tf.sqrt, rsqrt and reciprocal of complex numbers."""
    z = tf.complex(x, x**2)
    return tf.add_n([_weighted(tf.math.real(f(z))) for f in (tf.sqrt, tf.math.rsqrt, tf.math.reciprocal)])


def hsv_to_rgb(x: Any) -> Any:
    """tf.image.hsv_to_rgb away from the edges of the colour circle's sectors."""
    return _weighted(tf.image.hsv_to_rgb(x)) + tf.reduce_sum(x**2)


def range_of_floats(x: Any) -> Any:
    """tf.range from a point that varies."""
    return tf.reduce_sum(tf.range(x[0], x[0] + 2.5) ** 3) + tf.reduce_sum(x**2)


def reduce_logsumexp(x: Any) -> Any:
    """tf.reduce_logsumexp."""
    return _weighted(tf.reduce_logsumexp(x, -1))


def reduce_max(x: Any) -> Any:
    """tf.reduce_max and reduce_min: no two entries are equal."""
    return _weighted(tf.reduce_max(x, -1) ** 2) * tf.reduce_min(x)


def norms(x: Any) -> Any:
    """tf.norm, of several orders, and tf.math.reduce_euclidean_norm."""
    orders = (1, 2, 3, "euclidean")
    return tf.add_n([_weighted(tf.norm(x, order, -1)) for order in orders]) * tf.math.reduce_euclidean_norm(x)


def clip_by_norm(x: Any) -> Any:
    """tf.clip_by_norm and clip_by_global_norm, both clipping."""
    (clipped,), norm = tf.clip_by_global_norm([x], 0.5)
    return _weighted(tf.clip_by_norm(x, 0.7)) + _weighted(clipped) * norm


def power_at_zero(x: Any) -> Any:
    """X**3 and x**2 where an entry is zero."""
    return tf.reduce_sum(x**3) + tf.reduce_sum(tf.pow(x, 2.0) * tf.math.square(x))


def guarded(x: Any) -> Any:
    """tf.where guards a square root from outside and from inside: the guarded branch is not taken."""
    safe = tf.where(x > 0, x, 1.0)
    return tf.reduce_sum(tf.where(x > 0, tf.sqrt(safe), x**2)) + tf.reduce_sum(tf.math.divide_no_nan(x**3, x**2 + 1))


def quotients(x: Any) -> Any:
    """tf.math.xlogy, xlog1py, xdivy, atan2, floormod and squared_difference."""
    y = tf.reverse(x, [0])
    parts = (
        tf.math.xlogy(x, y),
        tf.math.xlog1py(x, y),
        tf.math.xdivy(x, y),
        tf.math.atan2(x, y),
        tf.math.floormod(4 + x / 10, 1.7 + y / 10),
        tf.math.squared_difference(x**2, y),
    )
    return tf.add_n([_weighted(part) for part in parts])


def quotients_at_zero(x: Any) -> Any:
    """tf.math.xlogy, xlog1py and xdivy where an entry of the first argument is zero."""
    y = 2 + tf.sin(tf.roll(x, 1, 0))
    return tf.add_n([_weighted(f(x, y)) for f in (tf.math.xlogy, tf.math.xlog1py, tf.math.xdivy)])


def einsum(x: Any) -> Any:
    """tf.einsum, x three times."""
    return tf.einsum("ij,kj,kl->", x, x**2, x)


def tensordot(x: Any) -> Any:
    """tf.tensordot, tf.linalg.matvec and tf.linalg.cross."""
    return tf.tensordot(x, x**2, 2) * tf.reduce_sum(tf.linalg.matvec(x, x[0])) + _weighted(tf.linalg.cross(x, x**2))


def sort(x: Any) -> Any:
    """tf.sort: no two entries are equal."""
    return _weighted(tf.sort(x, direction="DESCENDING"))


def top_k(x: Any) -> Any:
    """tf.math.top_k: no two entries are equal."""
    return _weighted(tf.math.top_k(x, 3).values)


def rfft(x: Any) -> Any:
    """A power spectrum by tf.signal.rfft: complex inside."""
    return _weighted(tf.abs(tf.signal.rfft(x)) ** 2)


def fft2d(x: Any) -> Any:
    """tf.signal.fft2d, filtered and transformed back."""
    spectrum = tf.signal.fft2d(tf.complex(x, 0 * x))
    return _weighted(tf.math.real(tf.signal.ifft2d(spectrum * spectrum)))


def stft(x: Any) -> Any:
    """tf.signal.stft, frames of a signal."""
    frames = tf.signal.stft(x, 4, 2, window_fn=None)
    return _weighted(tf.math.real(frames * tf.math.conj(frames)))


def dct(x: Any) -> Any:
    """tf.signal.dct."""
    return _weighted(tf.signal.dct(x**2))


def gamma_functions(x: Any) -> Any:
    """tf.math.lgamma, digamma and polygamma."""
    return _weighted(tf.math.lgamma(x)) + _weighted(tf.math.digamma(x)) + _weighted(tf.math.polygamma(_two(x), x))


def igamma(x: Any) -> Any:
    """tf.math.igamma and igammac, in their second argument."""
    return _weighted(tf.math.igamma(1.5 + _ramp(*x.shape) / 2, x)) + _weighted(tf.math.igammac(_two(x), x))


def igamma_in_both(x: Any) -> Any:
    """tf.math.igamma, in both arguments."""
    return _weighted(tf.math.igamma(x, tf.reverse(x, [0])))


def betainc(x: Any) -> Any:
    """tf.math.betainc, in its last argument."""
    return _weighted(tf.math.betainc(_two(x), 1.5 + _ramp(*x.shape) / 2, tf.sigmoid(x)))


def lbeta(x: Any) -> Any:
    """tf.math.lbeta."""
    return tf.math.lbeta(x) ** 2


def zeta(x: Any) -> Any:
    """tf.math.zeta, in its second argument."""
    return _weighted(tf.math.zeta(_two(x) + 1, x))


def error_functions(x: Any) -> Any:
    """tf.math.erf, erfc, erfinv, erfcinv and ndtri."""
    p = tf.sigmoid(x)
    names = ("erf", "erfc", "erfinv", "erfcinv", "ndtri")
    return tf.add_n([_weighted(getattr(tf.math, name)(p)) for name in names])


def bessel(x: Any) -> Any:
    """Bessel functions of tf.math."""
    names = ("bessel_i0", "bessel_i1", "bessel_i0e", "bessel_i1e")
    return tf.add_n([_weighted(getattr(tf.math, name)(x)) for name in names])


def bessel_special(x: Any) -> Any:
    """Bessel functions of tf.math.special."""
    names = ("bessel_j0", "bessel_j1", "bessel_k0", "bessel_k1", "bessel_k0e", "bessel_k1e", "bessel_y0", "bessel_y1")
    return tf.add_n([_weighted(getattr(tf.math.special, name)(x)) for name in names])


def special(x: Any) -> Any:
    """tf.math.special: dawsn, expint, spence and Fresnel's integrals."""
    names = ("dawsn", "expint", "spence", "fresnel_sin", "fresnel_cos")
    return tf.add_n([_weighted(getattr(tf.math.special, name)(x)) for name in names])


def elementary(x: Any) -> Any:
    """Elementary functions between 0 and 1."""
    names = (
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "asinh",
        "atanh",
        "expm1",
        "log1p",
        "rsqrt",
        "reciprocal",
        "sigmoid",
    )
    return tf.add_n([_weighted(getattr(tf.math, name)(x)) for name in names]) + _weighted(tf.math.acosh(1 + x))


def complex_inside(x: Any) -> Any:
    """Complex numbers inside: polar form, product, power."""
    z = tf.complex(x, x**2)
    return _weighted(tf.abs(z) * tf.math.angle(z)) + _weighted(tf.math.real(tf.exp(z) * tf.math.conj(z) ** 2))


def _two(x: Any) -> Any:
    return tf.fill(x.shape, tf.constant(2.0, tf.float64))
