"""TensorFlow as it is: plain compositions of tapes and accumulators, for measuring it without nestgrad's care."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ._arrays import Arrays
from ._outputs import dense, entries, like


class RawTensorFlow(Arrays):
    """Tapes and accumulators, nested as they come. None stands for zero."""

    def jvp(self, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> tuple[Any, ...]:
        """The derivative that an accumulator has."""
        with tf.autodiff.ForwardAccumulator(list(primals), list(tangents)) as accumulator:
            output = f(*primals)
        value, *aux = output if has_aux else (output,)
        return value, like(value, [dense(accumulator.jvp(entry), entry) for entry in entries(value)]), *aux

    def vjp(self, f: Any, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
        """The gradient that a tape has."""
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(primals)
            output = f(*primals)
        value, *aux = output if has_aux else (output,)

        def pullback(cotangent: Any) -> tuple[Any, ...]:
            gradient = tape.gradient(entries(value), primals, output_gradients=entries(cotangent))
            return tuple(map(dense, gradient, primals))

        return value, pullback, *aux
