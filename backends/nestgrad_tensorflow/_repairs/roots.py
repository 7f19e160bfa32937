"""The Euclidean norm, the magnitude of complex numbers, and the rules of their roots and reciprocals."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._operation import Call


def euclidean_norm(call: Call) -> list[Any]:
    """The norm by its definition."""
    x, axis = call.inputs
    return [tf.sqrt(tf.reduce_sum(x * tf.math.conj(x), axis, keepdims=call.flag("keep_dims")))]


def magnitude(call: Call) -> list[Any]:
    """|z| by its definition, whose derivatives at 0 are nan."""
    z = call.inputs[0]
    return [tf.sqrt(tf.square(tf.math.real(z)) + tf.square(tf.math.imag(z)))]


def sqrt_rule(call: Call) -> list[Any]:
    """What the rule of sqrt gives, from y = sqrt(x) and the cotangent."""
    y, cotangent = call.inputs
    return [cotangent / (2 * tf.math.conj(y))]


def rsqrt_rule(call: Call) -> list[Any]:
    """The same for y = 1/sqrt(x)."""
    y, cotangent = call.inputs
    return [-cotangent * tf.math.conj(y * y * y) / 2]


def reciprocal_rule(call: Call) -> list[Any]:
    """The same for y = 1/x."""
    y, cotangent = call.inputs
    return [-cotangent * tf.math.conj(y * y)]
