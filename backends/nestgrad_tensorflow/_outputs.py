"""What goes into a level and what comes out of it: tensors of the level's own, and derivatives that are tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from nestgrad.extend import Leaves

from ._namespace import creation


def own(primal: Any) -> Any:
    """A primal under an identity of its own: what the engine watches it by, and the primal may be an outer variable.

    A tf.Variable is watched as it is, since a loss that reads it would not see a copy.
    """
    return primal if isinstance(primal, tf.Variable) else tf.raw_ops.Identity(input=primal)


def outputs_of(f: Callable[..., Any], inputs: Leaves, has_aux: bool) -> tuple[Any, Leaves]:
    """The value of f as tensors, in a graph as those of the present one, and its aux as a tuple of one or none."""
    output = f(*inputs)
    value, *aux = output if has_aux else (output,)
    return _tensors(value, inputs[0].dtype), tuple(aux)


def _tensors(value: Any, dtype: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_tensors(entry, dtype) for entry in value)
    if isinstance(value, tf.Tensor) and tf.executing_eagerly():  # in a graph it may be of an outer one
        return value
    return tf.constant(value, dtype) if isinstance(value, float) else tf.identity(value)


def entries(value: Any) -> Leaves:
    """The arrays of an output."""
    return value if isinstance(value, tuple) else (value,)


def one_or_list(leaves: Leaves) -> Any:
    """One array as it is, several as a list: a list costs TensorFlow as much as two operations."""
    return leaves[0] if len(leaves) == 1 else list(leaves)


def like(value: Any, arrays: Sequence[Any]) -> Any:
    """Leaves in the structure of an output."""
    return tuple(arrays) if isinstance(value, tuple) else arrays[0]


def dense(derivative: Any, primal: Any) -> Any:
    """A derivative as a tensor: None is a structural zero, and gathered rows come as IndexedSlices.

    Raises:
        RuntimeError: it has not the shape of its primal, which a wrong rule of TensorFlow's or of the user's does.
    """
    if derivative is None:
        return creation.zeros_like(primal)
    tensor = derivative if isinstance(derivative, tf.Tensor) else tf.convert_to_tensor(derivative)
    if not tensor.shape.is_compatible_with(primal.shape):
        raise RuntimeError(f"a gradient of shape {tensor.shape} came back for an input of shape {primal.shape}")
    return tensor
