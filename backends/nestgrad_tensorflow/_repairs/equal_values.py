"""Eigenvalues and singular values that are equal, or nearly.

Their vectors have no derivative there. TensorFlow's rules take 0 for 1/(λⱼ - λᵢ), and a plausible number comes out
where a function of the vectors is differentiated, or one of the values twice. Here it is nan, and so is what it is
multiplied by, unless that is 0.

The second derivative of the values alone has the term (gⱼ - gᵢ)/(λⱼ - λᵢ), g their cotangent, of which the limit is not
known: 0 is right where g does not vary with them. Then their second cotangents are equal, in whatever basis of those
that are equal; in one that is drawn at random they are not where g varies, and the result is nan.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
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
    is_close = np.diff(values, axis=-1) <= _Order.of(call).tolerance * np.max(np.abs(values), axis=-1, keepdims=True)
    return bool(np.any(is_close) or np.any(np.abs(divisors) <= _SAFE))


def asks_for_vectors(call: Call) -> bool:
    """Whether it gives vectors as well."""
    return call.flag("compute_uv" if "compute_uv" in call.attrs else "compute_v")


@dataclass(frozen=True)
class _Order:
    """For derivatives of which order a rule is made, and where.

    Attributes:
        number: the order.
        tolerance: the gap, beside the largest value, at which they have no more digits than the tolerance has.
        is_limit_zero: whether quotients of 0 by gaps that are close to it are 0, and not nan.
    """

    number: int
    tolerance: float
    is_limit_zero: bool = False

    @classmethod
    def of(cls, call: Call) -> _Order:
        """Of a call; one of order n divides by the n-th power of a gap, of the values alone by one power less."""
        number = len(here.nesting)
        powers = max(1, number - (not asks_for_vectors(call)))
        return cls(number, float(np.finfo(call.outputs[0].dtype.as_numpy_dtype).eps) ** (1 / (1 + powers)))

    def groups(self, values: Any) -> Any:
        """Which of the values, in their order, belong together, by the number of their group."""
        largest = tf.reduce_max(tf.abs(values), axis=-1, keepdims=True)
        begins = tf.abs(values[..., 1:] - values[..., :-1]) > self.tolerance * largest
        return tf.concat([tf.zeros_like(values[..., :1], tf.int32), tf.cumsum(tf.cast(begins, tf.int32), -1)], -1)

    def is_small(self, values: Any) -> Any:
        """Which of the values are close to 0."""
        return values <= self.tolerance * tf.reduce_max(values, axis=-1, keepdims=True)

    def over(self, divisors: Any, is_close: Any, has_cotangent: Any, numerators: Any) -> Any:
        """Numerators over divisors; where those are close to 0, 0 or nan."""
        zeros, ones = tf.zeros_like(divisors), tf.ones_like(divisors)
        factors = tf.where(is_close, zeros, 1 / tf.where(is_close, ones, divisors))
        if not self.is_limit_zero:
            varying = 1 + tf.where(is_close, divisors, zeros)
            nan = tf.math.multiply_no_nan(tf.constant(np.nan, divisors.dtype), varying)
            factors = tf.where(is_close & has_cotangent, nan, factors)
        factors += tf.zeros_like(tf.math.real(numerators))
        if not numerators.dtype.is_complex:
            return tf.math.multiply_no_nan(factors, numerators)
        parts = tf.math.real(numerators), tf.math.imag(numerators)
        return tf.complex(*(tf.math.multiply_no_nan(factors, part) for part in parts))

    @property
    def of_values(self) -> _Order:
        """That of the vectors that the rule of the values uses."""
        return dataclasses.replace(self, is_limit_zero=self.number == 2)


def eigh(call: Call) -> list[Any]:
    """The eigenvalues and, where they are asked for, the eigenvectors."""
    order = _Order.of(call)
    if asks_for_vectors(call):
        return list(_eigh(call.inputs[0], order))
    return [_eigenvalues(call.inputs[0], order), *call.outputs[1:]]


def svd(call: Call) -> list[Any]:
    """The singular values and, where they are asked for, the singular vectors."""
    order = _Order.of(call)
    if asks_for_vectors(call):
        return list(_svd(call.inputs[0], order))
    return [_singular_values(call.inputs[0], order), *call.outputs[1:]]


# What a rule uses has to have a rule itself, so each decomposes once more.


def _eigenvalues(matrix: Any, order: _Order) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.eigvalsh(matrix)
        return found, lambda of_values: _pulled_eigenvalues(matrix, order, of_values)

    return decomposed(matrix)


def _eigh(matrix: Any, order: _Order) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.eigh(matrix)
        return tuple(found), lambda *cotangents: pulled(matrix, *cotangents)

    def pulled(matrix: Any, of_values: Any, of_vectors: Any) -> Any:
        values, vectors = _eigh(matrix, order)
        values = tf.math.real(values)  # of complex matrices TensorFlow gives them as complex numbers
        gaps = values[..., None, :] - values[..., :, None]
        is_close, has = _pairs(order.groups(values)), _has_entries(of_vectors)[..., None, :]
        turned = order.over(gaps, is_close, _others(has, gaps), tf.matmul(vectors, of_vectors, adjoint_a=True))
        return _between(vectors, turned) + _pulled_eigenvalues(matrix, order, of_values)

    return decomposed(matrix)


def _pulled_eigenvalues(matrix: Any, order: _Order, of_values: Any) -> Any:
    values, vectors = _eigh(matrix, order.of_values)
    groups = order.groups(tf.math.real(values))
    if order.number < 2:
        return _between(vectors, tf.linalg.diag(tf.cast(of_values, matrix.dtype)))
    vectors = tf.matmul(vectors, tf.cast(_drawn(groups, of_values, 0), matrix.dtype))
    found = _between(vectors, tf.linalg.diag(tf.cast(of_values, matrix.dtype)))
    return found * _nan_where(_differ(of_values, groups), matrix.dtype)


def _between(vectors: Any, inner: Any) -> Any:
    """The cotangent of a matrix of which the lower triangle is read, from what it is between its eigenvectors."""
    full = tf.matmul(vectors, tf.matmul(inner, vectors, adjoint_b=True))
    lower = tf.linalg.band_part(full + tf.linalg.adjoint(full), -1, 0)
    return tf.linalg.set_diag(lower, tf.linalg.diag_part(lower) / 2)


def _singular_values(matrix: Any, order: _Order) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.svd(matrix, compute_uv=False)
        return found, lambda of_values: _pulled_singular_values(matrix, order, of_values)

    return decomposed(matrix)


def _svd(matrix: Any, order: _Order) -> Any:
    @tf.custom_gradient
    def decomposed(matrix: Any) -> Any:
        with unseen():
            found = tf.linalg.svd(matrix)
        return tuple(found), lambda *cotangents: pulled(matrix, *cotangents)

    def pulled(matrix: Any, of_values: Any, of_left: Any, of_right: Any) -> Any:
        """See https://j-towns.github.io/papers/svd-derivative.pdf, and of complex numbers arXiv:1909.02659."""
        values, left, right = _svd(matrix, order)
        is_close, gaps = _pairs(order.groups(values)), values[..., None, :] ** 2 - values[..., :, None] ** 2
        scaled, divisors = tf.cast(values, matrix.dtype), values[..., None, :]
        is_small = order.is_small(values)[..., None, :]

        def turned(vectors: Any, cotangent: Any) -> tuple[Any, Any, Any]:
            """Inside of the space of the vectors: the quotients by gaps, the phases, and what is beside that space."""
            has, product = _has_entries(cotangent), tf.matmul(vectors, cotangent, adjoint_a=True)
            odd = product - tf.linalg.adjoint(product)
            inside = order.over(gaps, is_close, _others(has[..., None, :] | has[..., :, None], gaps), odd)
            phases = tf.linalg.diag(tf.linalg.diag_part(odd) / 2)
            beside = order.over(divisors, is_small, has[..., None, :], cotangent - tf.matmul(vectors, product))
            return inside, order.over(divisors, is_small, has[..., None, :], phases), beside

        by_left, phases, beside_left = turned(left, of_left)
        by_right, _, beside_right = turned(right, of_right)
        inner = by_left * scaled[..., None, :] + scaled[..., :, None] * by_right
        if matrix.dtype.is_complex:
            inner += phases
        found = tf.matmul(left, tf.matmul(inner, right, adjoint_b=True))
        rows, columns = matrix.shape[-2], matrix.shape[-1]
        if rows > columns:
            found += tf.matmul(beside_left, right, adjoint_b=True)
        if rows < columns:
            found += tf.matmul(left, beside_right, adjoint_b=True)
        return found + _pulled_singular_values(matrix, order, of_values)

    return decomposed(matrix)


def _pulled_singular_values(matrix: Any, order: _Order, of_values: Any) -> Any:
    values, left, right = _svd(matrix, order.of_values)
    scaled = tf.cast(of_values, matrix.dtype)[..., None, :]
    if order.number < 2:
        return tf.matmul(left * scaled, right, adjoint_b=True)
    groups, is_small = order.groups(values), order.is_small(values)
    drawn = _drawn(groups, of_values, 0)  # those of 0 have bases of their own on both sides
    beside = tf.where(is_small[..., None, :], _drawn(groups, of_values, 1), drawn)
    left, right = (tf.matmul(one, tf.cast(by, matrix.dtype)) for one, by in ((left, drawn), (right, beside)))
    is_unknown = _differ(of_values, groups)
    if values.shape[-1] > 1:  # of one that is 0 the vectors are known, but for a sign
        is_unknown |= is_small[..., -2] & tf.reduce_any(is_small & (of_values != 0), -1)
    if matrix.shape[-2] != matrix.shape[-1]:
        is_unknown |= tf.reduce_any(is_small, -1)
    return tf.matmul(left * scaled, right, adjoint_b=True) * _nan_where(is_unknown, matrix.dtype)


def _has_entries(cotangent: Any) -> Any:
    """Which vectors, one in each column, have a cotangent."""
    return tf.reduce_any(cotangent != 0, axis=-2)


def _others(has: Any, like: Any) -> Any:
    """Which pairs of values have, those of a value with itself left out."""
    has = has & tf.ones_like(like, tf.bool)
    return tf.linalg.set_diag(has, tf.zeros_like(has[..., 0]))


def _pairs(groups: Any) -> Any:
    """Which pairs of values are of one group."""
    return groups[..., None, :] == groups[..., :, None]


def _drawn(groups: Any, like: Any, number: int) -> Any:
    """A rotation inside of each group that is in no relation to anything."""
    places = tf.range(1, 1 + tf.cast(tf.shape(groups)[-1], tf.float64), dtype=tf.float64)
    entries = tf.sin((1.3 + number) * places[:, None] * places + places[:, None] + places)
    apart = tf.linalg.diag(4 * places[-1] * tf.cast(groups, tf.float64))
    with unseen():
        rotation = tf.linalg.eigh(tf.where(_pairs(groups), entries, tf.zeros_like(entries)) + apart)[1]
    return tf.stop_gradient(tf.cast(rotation, tf.math.real(like).dtype))


def _differ(cotangents: Any, groups: Any) -> Any:
    """Whether cotangents inside of a group are not the same, but for rounding."""
    gaps = tf.abs(cotangents[..., None, :] - cotangents[..., :, None])
    largest = tf.reduce_max(tf.abs(cotangents), axis=-1, keepdims=True)[..., None]
    rounding = 1e3 * np.finfo(gaps.dtype.as_numpy_dtype).eps
    return tf.reduce_any(_pairs(groups) & (gaps > rounding * largest), axis=(-2, -1))


def _nan_where(is_unknown: Any, dtype: Any) -> Any:
    """Nan for matrices of which that is so, 1 for others."""
    real = tf.where(is_unknown, tf.constant(np.nan, tf.float64), tf.constant(1.0, tf.float64))
    return tf.cast(real, dtype)[..., None, None]
