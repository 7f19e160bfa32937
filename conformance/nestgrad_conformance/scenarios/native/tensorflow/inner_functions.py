"""Functions and operations of TensorFlow called by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row


@tf.function(autograph=False)
def _cubes(x: Any) -> Any:
    return tf.reduce_sum(x**3)


@row(normal(3), "inner_function", order=3)
def function_alone(x: Any) -> Any:
    """An inner tf.function, and nothing else."""
    return _cubes(x)


@row(normal(3), "inner_function")
def function_scaled(x: Any) -> Any:
    """An inner tf.function, scaled."""
    return 2.5 * _cubes(x)


@row(normal(3), "inner_function", order=3)
def function_added(x: Any) -> Any:
    """An inner tf.function, added to something."""
    return _cubes(x) + tf.reduce_sum(x**2)


@row(normal(3), "inner_function")
def function_squared(x: Any) -> Any:
    """An inner tf.function in a product with itself."""
    return _cubes(x) ** 2 + _cubes(tf.sin(x)) * tf.reduce_sum(x)


@tf.function(jit_compile=True, autograph=False)
def _compiled(x: Any) -> Any:
    return tf.reduce_sum(x**3)


@row(normal(3), "inner_function")
def function_compiled(x: Any) -> Any:
    """An inner tf.function that XLA compiles."""
    return _compiled(x) + tf.reduce_sum(x**2)


@tf.function(autograph=False)
def _variance(x: Any) -> Any:
    return tf.nn.moments(x, [-1])[1]


@row(normal(3, 4), "inner_function", "moments")
def moments_in_a_function(x: Any) -> Any:
    """tf.nn.moments inside a tf.function."""
    return tf.reduce_sum(_variance(x) ** 2)


_VARIABLE = tf.Variable(np.sin(np.arange(1.0, 5.0)))


@row(normal(4), "captured")
def variable(x: Any) -> Any:
    """A tf.Variable that the function captures."""
    return tf.reduce_sum(tf.sin(_VARIABLE * x) * x * _VARIABLE)


@row(normal(3), order=3)
def raw_ops(x: Any) -> Any:
    """Operations by their raw names."""
    sine = tf.raw_ops.Sin(x=x)
    return tf.raw_ops.Sum(input=tf.raw_ops.Mul(x=sine, y=tf.raw_ops.Exp(x=x)), axis=[0])
