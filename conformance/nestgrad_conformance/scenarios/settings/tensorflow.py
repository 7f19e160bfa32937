"""What users of TensorFlow put around an operator."""

from __future__ import annotations

from functools import partial
from typing import Any

import tensorflow as tf

from .users import by_compiler, by_gradient, by_gradient_in_direction, by_linearize


def _tape(f: Any, leaves: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        value = f(*leaves)
    return tape.gradient(value, leaves, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _accumulated(f: Any, *leaves: Any, compile: Any = lambda f: f) -> Any:  # noqa: A002
    """Its derivative along tangents, and no value, which nobody asks for."""

    def push(*tangents: Any) -> Any:
        with tf.autodiff.ForwardAccumulator(list(leaves), list(tangents)) as accumulator:
            results = f(*leaves)
        return [accumulator.jvp(one, unconnected_gradients=tf.UnconnectedGradients.ZERO) for one in results]

    return None, compile(push)


function = partial(by_compiler, compile=tf.function)
tape = partial(by_gradient, gradient=_tape)
accumulator = partial(by_linearize, linearize=_accumulated)
accumulator_in_function = partial(by_linearize, linearize=partial(_accumulated, compile=tf.function))
tape_in_direction = partial(by_gradient_in_direction, gradient=_tape)
