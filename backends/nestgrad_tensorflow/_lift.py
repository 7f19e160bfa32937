"""Functions of other engines as one recorded operation: with both rules in eager execution, and a gradient in a graph.

A graph runs them through `tf.numpy_function`, which no forward mode goes through, and which XLA does not compile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record

from nestgrad.extend import Node, ShapeDtype


def lift(node: Node, *arrays: Any) -> tuple[Any, ...]:
    """See `nestgrad.extend.Lift.lift`. Arrays of any shapes."""
    tensors = tuple(map(tf.convert_to_tensor, arrays))
    if any(map(tf.is_symbolic_tensor, tensors)) or not tf.executing_eagerly():
        return _in_graph(node, tensors)
    outputs = [tf.constant(array) for array in node(*[tensor.numpy() for tensor in tensors])]
    rules = _Rules(node, tensors, outputs)
    record.record_operation("Foreign", outputs, list(tensors), rules.pull, rules.push)
    return tuple(outputs)


class _Rules:
    """The two rules of a node at these inputs, for tensors of any shapes."""

    def __init__(self, node: Node, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        self._node, self._x = node, inputs
        self._inputs, self._outputs = _moved(inputs), _moved(outputs)
        self._count = len(outputs)

    def pull(self, *cotangents: Any) -> list[Any]:
        """The cotangents of the inputs; None for what has none."""
        outputs = tuple(i for i in self._outputs if cotangents[i] is not None)
        if not self._inputs or not outputs:
            return [None] * len(self._x)
        given = [tf.convert_to_tensor(cotangents[i]) for i in outputs]
        found = lift(self._node.vjp(self._inputs, outputs), *self._x, *given)
        return _placed(self._inputs, found, len(self._x))

    def push(self, *tangents: Any) -> list[Any]:
        """The tangents of the outputs; None for what has none."""
        inputs = tuple(i for i in self._inputs if tangents[i] is not None)
        if not inputs or not self._outputs:
            return [None] * self._count
        found = lift(self._node.jvp(inputs, self._outputs), *self._x, *[tangents[i] for i in inputs])
        return _placed(self._outputs, found, self._count)


def _in_graph(node: Node, tensors: tuple[Any, ...]) -> tuple[Any, ...]:
    with tf.init_scope():  # f may use TensorFlow itself, which is not to be traced here
        wanted = node.shapes([ShapeDtype(_shape(one), one.dtype.as_numpy_dtype) for one in tensors])

    @tf.custom_gradient
    def foreign(*tensors: Any) -> tuple[Any, Any]:
        found = tf.numpy_function(node, tensors, [tf.as_dtype(one.dtype) for one in wanted], stateful=False)
        outputs = [tf.ensure_shape(one, shape.shape) for one, shape in zip(found, wanted, strict=True)]
        return tuple(outputs), _Rules(node, tensors, outputs).pull

    return tuple(foreign(*tensors))


def _shape(tensor: Any) -> tuple[int | None, ...]:
    if tensor.shape.rank is None:
        raise ValueError("a tensor of unknown rank cannot be given to a function of another engine")
    return tuple(tensor.shape.as_list())


def _moved(tensors: Sequence[Any]) -> tuple[int, ...]:
    return tuple(i for i, one in enumerate(tensors) if one.dtype.is_floating or one.dtype.is_complex)


def _placed(places: Sequence[int], found: Sequence[Any], count: int) -> list[Any]:
    known = dict(zip(places, found, strict=True))
    return [known.get(i) for i in range(count)]
