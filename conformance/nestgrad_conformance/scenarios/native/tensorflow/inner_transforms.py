"""Transforms of TensorFlow that f takes itself."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp


@row(normal(3), "nested")
def tape_inside(x: Any) -> Any:
    """A tf.GradientTape inside."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x**3)
    return tf.reduce_sum(tape.gradient(y, x) * tf.sin(x))


@row(normal(3), "nested", "nested_forward")
def accumulator_inside(x: Any) -> Any:
    """A tf.autodiff.ForwardAccumulator inside."""
    y = tf.identity(x)
    with tf.autodiff.ForwardAccumulator(y, _ramp(*x.shape)) as accumulator:
        z = tf.reduce_sum(y**3)
    return accumulator.jvp(z) * tf.reduce_sum(x)
