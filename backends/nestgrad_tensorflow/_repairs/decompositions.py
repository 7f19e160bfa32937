"""Right decompositions of what TensorFlow differentiates wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_tensorflow._guard.call import Call, has_zero, value_of
from nestgrad_tensorflow._guard.inner_functions import Node
from nestgrad_tensorflow._levels import may_vary


def cumprod(call: Call) -> list[Any]:
    """Cumulative products without a division."""
    return [_cumulative(call, tf.multiply, 1)]


def isotonic_regression(call: Call) -> list[Any]:
    """The regression of a matrix of rows."""
    x = call.inputs[0]
    dtype = tf.float64 if x.dtype == tf.float64 else tf.float32  # TensorFlow's, of what can be differentiated
    rows = tf.raw_ops.IsotonicRegression(input=tf.reshape(x, (-1, x.shape[-1])), output_dtype=dtype)
    return [tf.reshape(part, tf.shape(x)) for part in rows]


def is_no_matrix(call: Call) -> bool:
    """Whether it is differentiated in an input with another number of axes than two."""
    return bool(call.inputs[0].shape.rank != 2 and may_vary(call.inputs[0]))


def cumulative_logsumexp(call: Call) -> list[Any]:
    """Cumulative logarithms of sums of exponentials, whose rule takes no logarithm of a derivative."""
    add = lambda one, other: tf.reduce_logsumexp(tf.stack([one, other]), axis=0)  # noqa: E731
    return [_cumulative(call, add, call.inputs[0].dtype.min)]


def _cumulative(call: Call, combine: Callable[[Any, Any], Any], neutral: Any) -> Any:
    """The cumulative result of an associative operation, by log n of them on arrays moved against each other."""
    x, axis = call.inputs[0], int(value_of(call.inputs[1])) % call.inputs[0].shape.rank
    if call.flag("reverse"):
        x = tf.reverse(x, [axis])
    length, reach = x.shape[axis], 1
    while reach < length:
        first, later = tf.split(x, [reach, length - reach], axis)
        earlier, _ = tf.split(x, [length - reach, reach], axis)
        x = tf.concat([first, combine(later, earlier)], axis)
        reach *= 2
    if call.flag("exclusive"):
        earlier, last = tf.split(x, [length - 1, 1], axis)
        x = tf.concat([tf.fill(tf.shape(last), tf.cast(neutral, x.dtype)), earlier], axis)
    return tf.reverse(x, [axis]) if call.flag("reverse") else x


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


_MULTIPLIED = (tf.ones_like, tf.identity, tf.square)
"""x**0, x**1 and x**2."""


def powers(call: Call) -> list[Any]:
    """Powers, those with the exponents 0, 1 and 2 by multiplication."""
    x, exponent = call.inputs
    exponents = value_of(exponent)
    if np.ndim(exponents) == 0:
        return [_MULTIPLIED[int(exponents)](x)]
    small = np.isin(exponents, range(len(_MULTIPLIED)))
    # the others are not powers of zero here, where they are not asked for
    result = tf.pow(tf.where(small, tf.ones_like(x), x), np.where(small, len(_MULTIPLIED), exponents))
    for power, multiplied in enumerate(_MULTIPLIED):
        result = tf.where(exponents == power, multiplied(x), result)
    return [result]


def power(exponent: int) -> dict[str, Any]:
    """What an entry of the table is for: x**exponent, at a zero."""

    def is_meant(value: Any) -> bool:
        return value is not None and bool(np.any(value == exponent))

    def is_meant_inside(node: Node) -> bool:
        constant = node.constants.get(node.definition.input[1].partition(":")[0])
        return constant is not None and is_meant(tf.make_ndarray(constant.attr["value"].tensor))

    return {
        "repair": powers,
        "when": lambda call: not may_vary(call.inputs[1]) and is_meant(value_of(call.inputs[1])) and has_zero(call),
        "when_inside": is_meant_inside,
    }


def xlogy(call: Call) -> list[Any]:
    """The product x log y by its definition, and 0 where x is 0 and log y is not finite."""
    x, y = call.inputs
    return [x * tf.math.log(_inside(x, y, tf.math.log(y), 1))]


def xlog1py(call: Call) -> list[Any]:
    """The same of x log(1 + y)."""
    x, y = call.inputs
    return [x * tf.math.log1p(_inside(x, y, tf.math.log1p(y), 0))]


def xdivy(call: Call) -> list[Any]:
    """The same of x / y."""
    x, y = call.inputs
    return [x / _inside(x, y, 1 / y, 1)]


def _inside(x: Any, y: Any, factor: Any, value: int) -> Any:
    """Y, replaced by a value of the factor's domain where x is 0 and the factor is not finite."""
    return tf.where((x == 0) & ~tf.math.is_finite(tf.abs(factor)), tf.cast(value, y.dtype), y)


def needs_its_definition(call: Call) -> bool:
    """Whether the labels of a cross-entropy are differentiated, or are known to be no probabilities."""
    labels = value_of(call.inputs[1])
    return may_vary(call.inputs[1]) or (labels is not None and not np.allclose(np.sum(labels, axis=-1), 1))


def softmax_cross_entropy(call: Call) -> list[Any]:
    """The loss by its definition, and its derivative in the logits."""
    logits, labels = call.inputs
    logarithms = tf.nn.log_softmax(logits)
    # what is impossible counts nothing where its label is 0
    terms = tf.where((labels == 0) & tf.math.is_inf(logarithms), tf.zeros_like(logarithms), logarithms)
    return [-tf.reduce_sum(labels * terms, axis=-1), tf.exp(logarithms) - labels]
