"""What users of TensorFlow put around an operator."""

from __future__ import annotations

from functools import partial
from typing import Any

import tensorflow as tf

from .users import by_compiler, by_gradient, by_gradient_in_direction


def _tape(f: Any, leaves: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        value = f(*leaves)
    return tape.gradient(value, leaves, unconnected_gradients=tf.UnconnectedGradients.ZERO)


function = partial(by_compiler, compile=tf.function)
tape = partial(by_gradient, gradient=_tape)
tape_in_direction = partial(by_gradient_in_direction, gradient=_tape)
