"""Cumulative products and logarithms of sums: no division, and no logarithm of a derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._operation import Call


def cumprod(call: Call) -> list[Any]:
    """Cumulative products without a division."""
    return [_cumulative(call, tf.multiply, 1)]


def cumulative_logsumexp(call: Call) -> list[Any]:
    """Cumulative logarithms of sums of exponentials, whose rule takes no logarithm of a derivative."""
    add = lambda one, other: tf.reduce_logsumexp(tf.stack([one, other]), axis=0)  # noqa: E731
    return [_cumulative(call, add, call.inputs[0].dtype.min)]


def _cumulative(call: Call, combine: Callable[[Any, Any], Any], neutral: Any) -> Any:
    """The cumulative result of an associative operation, by log n of them on arrays moved against each other."""
    x, axis = call.inputs[0], int(call.second) % call.inputs[0].shape.rank
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
