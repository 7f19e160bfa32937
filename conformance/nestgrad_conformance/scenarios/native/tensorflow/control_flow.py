"""Control flow in TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3), "control_flow", "while_loop", order=3)
def while_loop(x: Any) -> Any:
    """A recurrence by tf.while_loop."""
    _, last = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.cos(y) + x), (0, x), maximum_iterations=3)
    return tf.reduce_sum(last)


@row(uniform(0.5, 1.5, 4), "control_flow", "while_loop", "unbounded_loop")
def while_loop_by_value(x: Any) -> Any:
    """tf.while_loop, which ends by a value."""
    (last,) = tf.while_loop(lambda y: tf.reduce_sum(y**2) < 20, lambda y: (y * (1.5 + tf.cos(x) ** 2),), (x,))
    return tf.reduce_sum(last)


@row(uniform(0.5, 1.5, 3), "control_flow", "cond")
def cond(x: Any) -> Any:
    """tf.cond."""
    return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.reduce_sum(tf.sin(x)), lambda: tf.reduce_sum(x**3))


@row(uniform(0.5, 1.5, 3), "control_flow", "cond")
def switch_case(x: Any) -> Any:
    """tf.switch_case."""
    branches = [lambda: tf.reduce_sum(x**3), lambda: tf.reduce_sum(tf.sin(x) * x)]
    return tf.switch_case(tf.cast(tf.reduce_sum(x) > 0, tf.int32), branches)


@row(normal(3, 2), "control_flow", "while_loop")
def scan(x: Any) -> Any:
    """tf.scan."""
    return _weighted(tf.scan(lambda state, entry: tf.sin(state) + state * entry, x, tf.ones_like(x[0])))


@row(normal(3, 2), "control_flow", "while_loop")
def foldl(x: Any) -> Any:
    """tf.foldl."""
    return _weighted(tf.foldl(lambda state, row: tf.sin(state) * row + state, x))


@row(normal(3, 2), "control_flow", "while_loop")
def map_fn(x: Any) -> Any:
    """tf.map_fn."""
    return tf.reduce_sum(tf.map_fn(lambda row: tf.reduce_sum(tf.sin(row)) * row[0], x) ** 2)


@row(normal(3, 2), "vectorized_map")
def vectorized_map(x: Any) -> Any:
    """tf.vectorized_map."""
    return tf.reduce_sum(tf.vectorized_map(lambda row: tf.reduce_sum(tf.sin(row)) * row[0], x) ** 2)


@tf.function
def _autographed(x: Any) -> Any:
    y = x
    while tf.reduce_sum(y**2) < 20:
        y = y * (1.5 + tf.cos(x) ** 2)
    return tf.reduce_sum(y)


@row(uniform(0.5, 1.5, 4), "inner_function", "control_flow", "while_loop", "unbounded_loop")
def autograph(x: Any) -> Any:
    """An inner tf.function whose Python loop autograph turns into one of TensorFlow's."""
    return _autographed(x) + tf.reduce_sum(x**2)


@row(normal(4), "tensor_array")
def tensor_array(x: Any) -> Any:
    """A tf.TensorArray written entry by entry."""
    array = tf.TensorArray(tf.float64, size=4, element_shape=())
    for i in range(4):
        array = array.write(i, tf.sin(x[i]) * x[i - 1])
    return _weighted(array.stack())
