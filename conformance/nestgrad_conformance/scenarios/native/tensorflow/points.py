"""Smooth functions of TensorFlow at points where a rule or a formula has its own case."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.experimental import numpy as tnp

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import _with_a_zero, _with_two_alike, rotated, row, zero_inside

from ._common import _weighted


@row(zero_inside, "segment_prod", "segment_prod_zero")
def segment_prod_with_a_zero(x: Any) -> Any:
    """tf.math.unsorted_segment_prod past an entry that is zero."""
    return _weighted(tf.math.unsorted_segment_prod(x, [0, 1, 0, 1, 0], 2)) + tf.reduce_sum(x**3)


@row(zero_inside, "cumulative_prod", "cumulative_prod_zero")
def cumprod_with_a_zero(x: Any) -> Any:
    """A cumprod past an entry that is zero."""
    return _weighted(tf.math.cumprod(x))


@row(zero_inside, "prod", "prod_zero", order=3)
def reduce_prod_with_a_zero(x: Any) -> Any:
    """tf.reduce_prod with one factor zero."""
    return tf.reduce_prod(x) + tf.reduce_sum(x**2)


@row(zero_inside, "power_zero", order=3)
def power_at_zero(x: Any) -> Any:
    """X**3 and x**2 where an entry is zero."""
    return tf.reduce_sum(x**3) + tf.reduce_sum(tf.pow(x, 2.0) * tf.math.square(x))


@row(zero_inside, "complex", "complex_abs_zero")
def power_spectrum_with_a_zero(x: Any) -> Any:
    """|z|², by tf.abs, where one of the complex numbers is zero."""
    return _weighted(tf.abs(tf.complex(x, 2 * x)) ** 2)


@row(rotated([1.0, 1.0, 2.0]), "eigvalsh", "linalg", "equal_values")
def equal_eigenvalues(x: Any) -> Any:
    """The sum of the cubes of eigenvalues of which two are equal: smooth, as it is symmetric in them."""
    return tf.reduce_sum(tf.linalg.eigvalsh(x + tf.transpose(x)) ** 3)


@row(rotated([1.0, 1.0, 2.0]), "svd", "linalg", "equal_values")
def equal_singular_values(x: Any) -> Any:
    """The same of the fourth powers of singular values."""
    return tf.reduce_sum(tf.linalg.svd(x, compute_uv=False) ** 4)


@row(rotated([1.0, 2.0, 3.0]), "svd", "linalg")
def small_singular_values(x: Any) -> Any:
    """Singular vectors, squared, of a matrix that is small."""
    _, left, right = tf.linalg.svd(1e-6 * x + 1e-7 * x @ x)
    return _weighted(left**2) + _weighted(right**2)


@row(normal(4), "where")
def guarded(x: Any) -> Any:
    """tf.where guards a square root from outside and from inside: the guarded branch is not taken."""
    safe = tf.where(x > 0, x, 1.0)
    return tf.reduce_sum(tf.where(x > 0, tf.sqrt(safe), x**2)) + tf.reduce_sum(tf.math.divide_no_nan(x**3, x**2 + 1))


@row(zero_inside, "xlogy", order=3)
def quotients_at_zero(x: Any) -> Any:
    """tf.math.xlogy, xlog1py and xdivy where an entry of the first argument is zero."""
    y = 2 + tf.sin(tf.roll(x, 1, 0))
    return tf.add_n([_weighted(f(x, y)) for f in (tf.math.xlogy, tf.math.xlog1py, tf.math.xdivy)])


_keras = tf.keras.ops


@row(_with_a_zero, "bessel")
def bessel_at_zero(x: Any) -> Any:
    """tf.math.bessel_i0 and bessel_i1 where an entry is 0."""
    return _weighted(tf.math.bessel_i0(x)) + _weighted(tf.math.bessel_i1(x))


@row(_with_a_zero, "bessel", "bessel_special", order=3)
def bessel_j_at_zero(x: Any) -> Any:
    """tf.math.special.bessel_j0 and bessel_j1 where an entry is 0."""
    return _weighted(tf.math.special.bessel_j0(x)) + _weighted(tf.math.special.bessel_j1(x))


@row(_with_a_zero, "spence")
def spence_at_one(x: Any) -> Any:
    """tf.math.special.spence where an entry is 1."""
    return _weighted(tf.math.special.spence(1 + x))


@row(_with_a_zero, "sinc")
def sinc_at_zero(x: Any) -> Any:
    """keras.ops.sinc and that of TensorFlow's NumPy where an entry is 0."""
    return _weighted(_keras.sinc(x)) + _weighted(tnp.sinc(x)) + tf.reduce_sum(x**2)


@row(_with_two_alike, "logaddexp", "ties")
def logaddexp_of_ties(x: Any) -> Any:
    """keras.ops.logaddexp and logaddexp2, and those of TensorFlow's NumPy, where arguments are equal."""
    pairs = (_keras.logaddexp, _keras.logaddexp2, tnp.logaddexp, tnp.logaddexp2)
    return tf.add_n([_weighted(pair(x, tf.roll(x, 1, 0))) for pair in pairs])


@row(_with_a_zero, "hypot")
def hypot_at_zero(x: Any) -> Any:
    """keras.ops.hypot where arguments are equal, or one is 0."""
    return _weighted(_keras.hypot(x, tf.roll(x, 1, 0)))


@row(_with_a_zero, "fmod")
def fmod_at_zero(x: Any) -> Any:
    """keras.ops.fmod where an entry is 0."""
    return _weighted(_keras.fmod(x, 7.0) ** 2) + _weighted(_keras.fmod(x, 7.0))


@row(normal(3), "silu_array")
def silu_of_an_array(x: Any) -> Any:
    """tf.nn.silu with a beta for each entry, which is learned."""
    return _weighted(tf.nn.silu(x, tf.exp(x)))


@row(uniform(0.0, 0.5, 4), "isotonic_regression")
def isotonic_regression_of_a_vector(x: Any) -> Any:
    """tf.nn.isotonic_regression of a vector, in blocks of several entries."""
    return _weighted(tf.nn.isotonic_regression(x + tf.constant([5.0, 6.0, 0.0, 1.0], tf.float64))[0] ** 2)
