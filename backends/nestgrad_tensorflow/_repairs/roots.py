"""The Euclidean norm, and the rules of roots and reciprocals of complex numbers."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._operation import Call


def euclidean_norm(call: Call) -> list[Any]:
    """The norm by its definition."""
    x, axis = call.inputs
    return [tf.sqrt(tf.reduce_sum(x * tf.math.conj(x), axis, keepdims=call.flag("keep_dims")))]


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
