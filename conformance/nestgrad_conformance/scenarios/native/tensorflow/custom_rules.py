"""Custom rules, checkpoints and callbacks of TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp


@tf.custom_gradient
def _log1pexp(x: Any) -> Any:
    e = tf.exp(x)
    return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))


@row(normal(3), "custom_rule", "custom_gradient", order=3)
def custom_gradient(x: Any) -> Any:
    """A rule by tf.custom_gradient, as the documentation shows it."""
    return tf.reduce_sum(_log1pexp(x) ** 2)


@tf.custom_gradient
def _cosine(x: Any) -> Any:
    return tf.cos(x), lambda upstream: -upstream * tf.sin(x)


@tf.custom_gradient
def _sine(x: Any) -> Any:
    return tf.sin(x), lambda upstream: upstream * _cosine(x)


@row(normal(3), "custom_rule", "custom_gradient", order=3)
def custom_gradient_nested(x: Any) -> Any:
    """A rule by tf.custom_gradient that uses another, for the second order."""
    return tf.reduce_sum(_sine(x) ** 2)


@tf.custom_gradient
def _sine_once(x: Any) -> Any:
    def rule(upstream: Any) -> Any:
        return upstream * tf.raw_ops.PreventGradient(input=tf.cos(x), message="This rule has no derivative.")

    return tf.sin(x), rule


@row(normal(3), "custom_rule", "custom_gradient", "prevent_gradient")
def custom_gradient_once(x: Any) -> Any:
    """A rule by tf.custom_gradient that may be used once, and says so."""
    return tf.reduce_sum(_sine_once(x) ** 2)


@tf.custom_gradient
def _stopped_tanh(x: Any) -> Any:
    return tf.tanh(tf.stop_gradient(x)), lambda upstream: upstream * (1 - tf.tanh(x) ** 2)


@row(normal(3), "custom_rule", "stopped_body")
def custom_gradient_of_what_is_stopped(x: Any) -> Any:
    """A rule by tf.custom_gradient for what has no derivative of its own, as the result of a solver has none."""
    return tf.reduce_sum(_stopped_tanh(tf.sin(x)) ** 2)


@row(normal(3), "custom_rule", "mapped_rule")
def custom_gradient_in_a_map(x: Any) -> Any:
    """The same in tf.vectorized_map."""
    return tf.reduce_sum(tf.ensure_shape(tf.vectorized_map(_stopped_tanh, tf.sin(x)), x.shape) ** 2)


@row(normal(4), "checkpoint", order=3)
def recompute_grad(x: Any) -> Any:
    """tf.recompute_grad, a checkpoint."""
    return tf.reduce_sum(tf.recompute_grad(lambda y: tf.sin(y) * y)(x) ** 2)


@row(normal(4))
def stop_gradient(x: Any) -> Any:
    """A part under tf.stop_gradient: here of constants, so that the values tell the derivative."""
    scale = tf.stop_gradient(tf.exp(_ramp(*x.shape)))
    return tf.reduce_sum(tf.sin(scale * x) * scale)


@row(normal(3), "py_function")
def py_function(x: Any) -> Any:
    """tf.py_function: TensorFlow called from Python called from TensorFlow."""
    return tf.reduce_sum(tf.ensure_shape(tf.py_function(lambda y: tf.sin(y) * y, [x], tf.float64), x.shape) ** 2)


@row(normal(3), "numpy_function")
def numpy_function(x: Any) -> Any:
    """tf.numpy_function: NumPy has no derivative."""
    return tf.reduce_sum(tf.ensure_shape(tf.numpy_function(np.sin, [x], tf.float64), x.shape) ** 2)


@row(normal(3), "numpy_values")
def numpy_values(x: Any) -> Any:
    """NumPy by the values of x, and in a graph, where there are none, by tf.numpy_function."""
    if tf.executing_eagerly():
        return tf.constant(np.sum(np.sin(x.numpy())))
    return tf.reduce_sum(tf.ensure_shape(tf.numpy_function(np.sin, [x], tf.float64), x.shape))


@tf.custom_gradient
def _numpy_exponential(x: Any) -> Any:
    y = tf.ensure_shape(tf.numpy_function(np.exp, [x], tf.float64), x.shape)
    return y, lambda upstream: upstream * y


@row(normal(3), "custom_rule", "numpy_rule")
def numpy_function_in_its_rule(x: Any) -> Any:
    """tf.numpy_function with a rule by tf.custom_gradient that uses what it computed: good for one derivative."""
    return tf.reduce_sum(_numpy_exponential(x) ** 2)


@tf.custom_gradient
def _numpy_sine(x: Any) -> Any:
    def rule(upstream: Any) -> Any:
        return upstream * tf.ensure_shape(tf.numpy_function(np.cos, [x], tf.float64), x.shape)

    return tf.ensure_shape(tf.numpy_function(np.sin, [x], tf.float64), x.shape), rule


@row(normal(3), "custom_rule", "numpy_rule")
def numpy_function_with_a_rule(x: Any) -> Any:
    """tf.numpy_function with a rule by tf.custom_gradient, itself of NumPy: good for one derivative."""
    return tf.reduce_sum(_numpy_sine(x) ** 2)
