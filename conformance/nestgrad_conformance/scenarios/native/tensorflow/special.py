"""Special and elementary functions of TensorFlow, complex numbers inside."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(2, 3), order=3)
def product_after_a_square(x: Any) -> Any:
    """A square, and then a product of two tensors of the square's shape."""
    one, other = tf.identity(x[0]), tf.identity(x[1])
    return tf.reduce_sum(one * one) + tf.reduce_sum(tf.sin(one * other))


@row(uniform(0.5, 1.5, 3), "complex", "complex_cumprod")
def complex_rules(x: Any) -> Any:
    """tf.math.cumprod, xlogy, xdivy and xlog1py of complex numbers."""
    z = tf.complex(x, x**2 / 3)
    results = (tf.math.cumprod(z), tf.math.xlogy(z, z + 2), tf.math.xdivy(z, z + 2), tf.math.xlog1py(z, z + 2))
    return tf.add_n([_weighted(tf.math.real(result)) for result in results])


@row(uniform(0.5, 1.5, 3), "complex", "complex_roots")
def complex_roots(x: Any) -> Any:
    """tf.sqrt, rsqrt and reciprocal of complex numbers."""
    z = tf.complex(x, x**2)
    return tf.add_n([_weighted(tf.math.real(f(z))) for f in (tf.sqrt, tf.math.rsqrt, tf.math.reciprocal)])


@row(normal(3, 4))
def reduce_logsumexp(x: Any) -> Any:
    """tf.reduce_logsumexp."""
    return _weighted(tf.reduce_logsumexp(x, -1))


@row(uniform(0.4, 1.6, 5), "xlogy")
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


@row(uniform(0.5, 2.5, 4), "polygamma")
def gamma_functions(x: Any) -> Any:
    """tf.math.lgamma, digamma and polygamma."""
    return _weighted(tf.math.lgamma(x)) + _weighted(tf.math.digamma(x)) + _weighted(tf.math.polygamma(_two(x), x))


@row(uniform(0.5, 2.5, 4), "igamma")
def igamma(x: Any) -> Any:
    """tf.math.igamma and igammac, in their second argument."""
    return _weighted(tf.math.igamma(1.5 + _ramp(*x.shape) / 2, x)) + _weighted(tf.math.igammac(_two(x), x))


@row(uniform(0.5, 2.5, 4), "igamma", "igamma_grad_a")
def igamma_in_both(x: Any) -> Any:
    """tf.math.igamma, in both arguments."""
    return _weighted(tf.math.igamma(x, tf.reverse(x, [0])))


@row(normal(4), "betainc")
def betainc(x: Any) -> Any:
    """tf.math.betainc, in its last argument."""
    return _weighted(tf.math.betainc(_two(x), 1.5 + _ramp(*x.shape) / 2, tf.sigmoid(x)))


@row(uniform(0.5, 2.5, 4))
def lbeta(x: Any) -> Any:
    """tf.math.lbeta."""
    return tf.math.lbeta(x) ** 2


@row(uniform(0.5, 2.5, 4), "zeta")
def zeta(x: Any) -> Any:
    """tf.math.zeta, in its second argument."""
    return _weighted(tf.math.zeta(_two(x) + 1, x))


@row(uniform(1.5, 2.5, 4), "missing_argument")
def functions_of_their_order(x: Any) -> Any:
    """tf.math.zeta in its first argument, and betainc in its second."""
    zeta, betainc = tf.math.zeta(x, _two(x)), tf.math.betainc(_two(x), x, _two(x) / 5)
    return _weighted(zeta) + _weighted(betainc) + tf.reduce_sum(x**3)


@row(normal(4), "erfinv")
def error_functions(x: Any) -> Any:
    """tf.math.erf, erfc, erfinv, erfcinv and ndtri."""
    p = tf.sigmoid(x)
    names = ("erf", "erfc", "erfinv", "erfcinv", "ndtri")
    return tf.add_n([_weighted(getattr(tf.math, name)(p)) for name in names])


@row(normal(4), "bessel")
def bessel(x: Any) -> Any:
    """Bessel functions of tf.math."""
    names = ("bessel_i0", "bessel_i1", "bessel_i0e", "bessel_i1e")
    return tf.add_n([_weighted(getattr(tf.math, name)(x)) for name in names])


@row(uniform(0.5, 2.5, 4), "bessel", "bessel_special")
def bessel_special(x: Any) -> Any:
    """Bessel functions of tf.math.special."""
    names = ("bessel_j0", "bessel_j1", "bessel_k0", "bessel_k1", "bessel_k0e", "bessel_k1e", "bessel_y0", "bessel_y1")
    return tf.add_n([_weighted(getattr(tf.math.special, name)(x)) for name in names])


@row(uniform(0.3, 0.9, 4), "special")
def special(x: Any) -> Any:
    """tf.math.special: dawsn, expint, spence and Fresnel's integrals."""
    names = ("dawsn", "expint", "spence", "fresnel_sin", "fresnel_cos")
    return tf.add_n([_weighted(getattr(tf.math.special, name)(x)) for name in names])


@row(uniform(0.2, 0.8, 4), order=3)
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


@row(normal(4), "complex")
def complex_inside(x: Any) -> Any:
    """Complex numbers inside: polar form, product, power."""
    z = tf.complex(x, x**2)
    return _weighted(tf.abs(z) * tf.math.angle(z)) + _weighted(tf.math.real(tf.exp(z) * tf.math.conj(z) ** 2))


def _two(x: Any) -> Any:
    return tf.fill(x.shape, tf.constant(2.0, tf.float64))
