"""Eigenvalues and singular values that are equal, or nearly.

Their vectors have no derivative there. TensorFlow's rules take 0 for 1/(λⱼ - λᵢ), and a plausible number comes out
where a function of the vectors is differentiated, or one of the values twice. Here it is nan, and so is what it is
multiplied by, unless that is 0: the first derivative of the values alone stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_tensorflow._levels import here
from nestgrad_tensorflow._operation import Call, value_of
from nestgrad_tensorflow._unseen import unseen

_SAFE = 1e-5
"""TensorFlow takes x/(x² + 1e-20) for 1/x, which has lost digits where x is smaller."""


def has_close(call: Call) -> bool:
    """Whether TensorFlow's rule is not right to all digits at the values that it found, if they are seen."""
    values = value_of(call.outputs[0])
    if values is None:
        return True
    values = np.sort(np.real(values), axis=-1)
    is_svd = "compute_uv" in call.attrs
    divisors = np.concatenate([np.diff(values**2, axis=-1), values], axis=-1) if is_svd else np.diff(values, axis=-1)
    is_close = np.diff(values, axis=-1) <= _tolerance(call) * np.max(np.abs(values), axis=-1, keepdims=True)
    return bool(np.any(is_close) or np.any(np.abs(divisors) <= _SAFE))


def asks_for_vectors(call: Call) -> bool:
    """Whether it gives vectors as well."""
    return call.flag("compute_uv" if "compute_uv" in call.attrs else "compute_v")


def _tolerance(call: Call) -> float:
    """The gap, beside the largest value, at which derivatives lose all digits but those of the tolerance itself.

    A derivative of order n divides by its n-th power, one of the values alone by one power less.
    """
    powers = max(1, len(here.nesting) - (not asks_for_vectors(call)))
    return float(np.finfo(call.outputs[0].dtype.as_numpy_dtype).eps) ** (1 / (1 + powers))


def eigh(call: Call) -> list[Any]:
    """The eigenvalues and, where they are asked for, the eigenvectors."""
    tolerance = _tolerance(call)
    if asks_for_vectors(call):
        return list(_eigh(call.inputs[0], tolerance))
    return [_eigenvalues(call.inputs[0], tolerance), *call.outputs[1:]]


def svd(call: Call) -> list[Any]:
    """The singular values and, where they are asked for, the singular vectors."""
    tolerance = _tolerance(call)
    if asks_for_vectors(call):
        return list(_svd(call.inputs[0], tolerance))
    return [_singular_values(call.inputs[0], tolerance), *call.outputs[1:]]


# What a rule uses has to have a rule itself, so each decomposes once more.


def _eigenvalues(matrix: Any, tolerance: float) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.eigvalsh(matrix)
        return found, lambda of_values: _symmetric(_eigh(matrix, tolerance)[1], tf.linalg.diag(of_values))

    return decomposed(matrix)


def _eigh(matrix: Any, tolerance: float) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.eigh(matrix)
        return tuple(found), lambda *cotangents: pulled(matrix, *cotangents)

    def pulled(matrix: Any, of_values: Any, of_vectors: Any) -> Any:
        values, vectors = _eigh(matrix, tolerance)
        values = tf.math.real(values)  # of complex matrices TensorFlow gives them as complex numbers
        gaps = values[..., None, :] - values[..., :, None]
        is_close = _is_close(values, tolerance) & _has_entries(of_vectors)[..., None, :]
        turned = _over(gaps, is_close, tf.matmul(vectors, of_vectors, adjoint_a=True))
        return _symmetric(vectors, tf.linalg.diag(of_values), turned)

    return decomposed(matrix)


def _symmetric(vectors: Any, diagonal: Any, turned: Any = 0) -> Any:
    """The cotangent of a matrix of which the lower triangle is read, from what it is between its eigenvectors."""
    inner = tf.cast(diagonal, vectors.dtype) + turned
    full = tf.matmul(vectors, tf.matmul(inner, vectors, adjoint_b=True))
    lower = tf.linalg.band_part(full + tf.linalg.adjoint(full), -1, 0)
    return tf.linalg.set_diag(lower, tf.linalg.diag_part(lower) / 2)


def _singular_values(matrix: Any, tolerance: float) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.svd(matrix, compute_uv=False)
        return found, lambda of_values: pulled(matrix, of_values)

    def pulled(matrix: Any, of_values: Any) -> Any:
        _, left, right = _svd(matrix, tolerance)
        return tf.matmul(left * tf.cast(of_values, matrix.dtype)[..., None, :], right, adjoint_b=True)

    return decomposed(matrix)


def _svd(matrix: Any, tolerance: float) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.svd(matrix)
        return tuple(found), lambda *cotangents: pulled(matrix, *cotangents)

    def pulled(matrix: Any, of_values: Any, of_left: Any, of_right: Any) -> Any:
        """See https://j-towns.github.io/papers/svd-derivative.pdf, and of complex numbers arXiv:1909.02659."""
        values, left, right = _svd(matrix, tolerance)
        has_left, has_right, is_close = _has_entries(of_left), _has_entries(of_right), _is_close(values, tolerance)
        gaps, scaled = values[..., None, :] ** 2 - values[..., :, None] ** 2, tf.cast(values, matrix.dtype)
        by_left, by_right = tf.matmul(left, of_left, adjoint_a=True), tf.matmul(right, of_right, adjoint_a=True)
        inner = tf.linalg.diag(tf.cast(of_values, matrix.dtype))
        inner += _over(gaps, is_close & _either(has_left), by_left - tf.linalg.adjoint(by_left)) * scaled[..., None, :]
        inner += scaled[..., :, None] * _over(
            gaps, is_close & _either(has_right), by_right - tf.linalg.adjoint(by_right)
        )
        is_small = values <= tolerance * tf.reduce_max(values, axis=-1, keepdims=True)

        def over_values(columns: Any, has: Any) -> Any:
            return _over(values[..., None, :], (is_small & has)[..., None, :], columns, is_small[..., None, :])

        if matrix.dtype.is_complex:
            phases = tf.linalg.diag(tf.linalg.diag_part(by_left - tf.linalg.adjoint(by_left)) / 2)
            inner += over_values(phases, has_left)
        found = tf.matmul(left, tf.matmul(inner, right, adjoint_b=True))
        rows, columns = matrix.shape[-2], matrix.shape[-1]
        if rows > columns:
            beside = over_values(of_left - tf.matmul(left, by_left), has_left)
            found += tf.matmul(beside, right, adjoint_b=True)
        if rows < columns:
            beside = over_values(of_right - tf.matmul(right, by_right), has_right)
            found += tf.matmul(left, beside, adjoint_b=True)
        return found

    return decomposed(matrix)


def _has_entries(cotangent: Any) -> Any:
    """Which vectors, one in each column, have a cotangent."""
    return tf.reduce_any(cotangent != 0, axis=-2)


def _either(has: Any) -> Any:
    """Whether one of two vectors has."""
    return has[..., None, :] | has[..., :, None]


def _is_close(values: Any, tolerance: float) -> Any:
    """Which pairs are, those of a value with itself left out."""
    largest = tf.reduce_max(tf.abs(values), axis=-1, keepdims=True)[..., None]
    is_close = tf.abs(values[..., None, :] - values[..., :, None]) <= tolerance * largest
    return tf.linalg.set_diag(is_close, tf.zeros_like(values, tf.bool))


def _over(divisors: Any, is_close: Any, numerators: Any, is_zero: Any = None) -> Any:
    """Numerators over divisors, 0 where those are; nan where they are close to it and the numerator is not 0."""
    is_zero = divisors == 0 if is_zero is None else is_zero
    zeros, ones = tf.zeros_like(divisors), tf.ones_like(divisors)
    nan = tf.math.multiply_no_nan(tf.constant(np.nan, divisors.dtype), 1 + tf.where(is_close, divisors, zeros))
    apart = tf.where(is_zero, zeros, 1 / tf.where(is_zero | is_close, ones, divisors))
    factors = tf.where(is_close, nan, apart) + tf.zeros_like(tf.math.real(numerators))
    if not numerators.dtype.is_complex:
        return tf.math.multiply_no_nan(factors, numerators)
    parts = tf.math.real(numerators), tf.math.imag(numerators)
    return tf.complex(*(tf.math.multiply_no_nan(factors, part) for part in parts))
