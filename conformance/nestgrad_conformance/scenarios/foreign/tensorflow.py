"""A foreign function inside of TensorFlow's own loops."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def while_loop(x: Any, f: Any) -> Any:
    """A recurrence by while_loop."""
    _, last = tf.while_loop(lambda i, _: i < 3, lambda i, state: (i + 1, tf.sin(f(state)) + x), (0, x))
    return tf.reduce_sum(f(last))
