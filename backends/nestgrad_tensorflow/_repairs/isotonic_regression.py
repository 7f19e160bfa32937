"""The isotonic regression of anything but a matrix, whose rule TensorFlow has."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._operation import Call


def isotonic_regression(call: Call) -> list[Any]:
    """The regression of a matrix of rows."""
    x = call.inputs[0]
    dtype = tf.float64 if x.dtype == tf.float64 else tf.float32  # TensorFlow's, of what can be differentiated
    rows = tf.raw_ops.IsotonicRegression(input=tf.reshape(x, (-1, x.shape[-1])), output_dtype=dtype)
    return [tf.reshape(part, tf.shape(x)) for part in rows]
