"""Activations of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(3, 4), "softmax", order=3)
def softmax(x: Any) -> Any:
    """tf.nn.softmax and tf.nn.log_softmax."""
    return _weighted(tf.nn.softmax(x)) + _weighted(tf.nn.log_softmax(x, 0))


@row(normal(4, 3))
def activations(x: Any) -> Any:
    """Smooth activations."""
    names = ("gelu", "silu", "softplus", "sigmoid", "tanh", "elu", "selu", "leaky_relu")
    return tf.add_n([tf.reduce_sum(getattr(tf.nn, name)(x) ** 2) for name in names])


@row(normal(4), "softsign")
def softsign(x: Any) -> Any:
    """tf.nn.softsign."""
    return tf.reduce_sum(tf.nn.softsign(x) ** 2)


@row(normal(4, 3), "relu", order=3)
def relu_squared(x: Any) -> Any:
    """tf.nn.relu and relu6, away from their corners, in a network of two layers."""
    return tf.reduce_sum(tf.nn.relu(x @ _ramp(3, 4)) ** 3) + tf.reduce_sum(tf.nn.relu6(x) ** 2)
