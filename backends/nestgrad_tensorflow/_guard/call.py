"""One operation that TensorFlow has just run or added to a graph, and questions about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

from nestgrad_tensorflow._levels import here, may_vary

from .inner_functions import Node

_DEPTH = 12
_SMALL = 1e-2


@dataclass(frozen=True)
class Call:
    """What TensorFlow's op callback tells.

    Attributes:
        inputs: its input tensors.
        attrs: names and values of its attributes, in turn.
    """

    inputs: tuple[Any, ...]
    attrs: tuple[Any, ...]

    def flag(self, name: str) -> bool:
        """An attribute that is true or false."""
        value = self.attrs[self.attrs.index(name) + 1]
        return bool(value.b if isinstance(value, tf.compat.v1.AttrValue) else value)


def value_of(tensor: Any) -> Any:
    """The values of a tensor, None if a graph will know them later."""
    return tensor.numpy() if hasattr(tensor, "numpy") else tf.get_static_value(tensor)


def has_zero(call: Call) -> bool:
    """Whether the first input may hold a zero."""
    if not (call.inputs[0].dtype.is_floating or call.inputs[0].dtype.is_complex):
        return False
    values = value_of(call.inputs[0])
    return values is None or bool(np.any(values == 0))


def has_small(call: Call) -> bool:
    """Whether an entry of the first input is zero, or so small that quotients by it lose digits."""
    if not (call.inputs[0].dtype.is_floating or call.inputs[0].dtype.is_complex):
        return False
    values = value_of(call.inputs[0])
    return values is None or bool(np.any(np.abs(values) <= _SMALL * np.max(np.abs(values), initial=0)))


def is_complex(call: Call) -> bool:
    """Whether it computes on complex numbers."""
    return bool(call.inputs[0].dtype.is_complex)


def is_complex_inside(node: Node) -> bool:
    """The same of an operation inside a function."""
    return bool(tf.as_dtype(node.definition.attr["T"].type).is_complex)


def _in_xla() -> bool:
    return here.graph is not None and bool(GraphOrParentsInXlaContext(here.graph))


def is_complex_in_xla(call: Call) -> bool:
    """Whether XLA computes it on complex numbers."""
    return is_complex(call) and _in_xla()


def is_double_in_xla(call: Call) -> bool:
    """Whether XLA computes it in 64 bits, or what has two of them."""
    return call.inputs[0].dtype in (tf.float64, tf.complex128) and _in_xla()


def differentiated(*places: int) -> Callable[[Call], bool]:
    """Whether a call is differentiated with respect to the inputs at these places."""
    return lambda call: any(may_vary(call.inputs[place]) for place in places)


def any_differentiated(call: Call) -> bool:
    """Whether a call is differentiated with respect to an input of floating numbers."""
    return any(tensor.dtype.is_floating and may_vary(tensor) for tensor in call.inputs)


def any_varies_inside(node: Node) -> bool:
    """Whether it computes on floating numbers, of which one is no constant of the function that it is in."""
    types = (tf.as_dtype(value.type) for value in node.definition.attr.values() if value.WhichOneof("value") == "type")
    return any(one.is_floating for one in types) and varies_inside(*range(len(node.definition.input)))(node)


def varies_inside(*places: int) -> Callable[[Node], bool]:
    """Whether one of these inputs of an operation inside a function is no constant of that function."""
    return lambda node: any(node.definition.input[place].partition(":")[0] not in node.constants for place in places)


def is_of_moments(call: Call) -> bool:
    """Whether it is called by tf.nn.moments."""
    return caller("nn_impl.py", "moments") is not None


def is_without_rule(call: Call) -> bool:
    """Whether a call of `tf.numpy_function` is taken for a constant; in a graph, where it cannot be told, it is.

    In the function of a `tf.custom_gradient` it is not. In its rule it is, once that is differentiated.
    """
    if here.graph is not None:
        return True
    frame = caller("custom_gradient.py", "_eager_mode_decorator", "actual_grad_fn", depth=100)
    place = frame and frame.f_code.co_name
    if place == "_eager_mode_decorator" or (place and len(here.word) == 1):
        return False
    return any_differentiated(call)


def caller(file: str | tuple[str, ...], *names: str, depth: int = _DEPTH) -> FrameType | None:
    """The frame of the innermost of these functions, in a file that ends so, that the present line is called by."""
    frame: FrameType | None = sys._getframe(2)
    for _ in range(depth):
        if frame is None:
            break
        if frame.f_code.co_name in names and frame.f_code.co_filename.endswith(file):
            return frame
        frame = frame.f_back
    return None


def is_floating(node: Node) -> bool:
    """Whether an operation inside a function is one on floating numbers."""
    dtype = tf.as_dtype(node.definition.attr["T"].type) if "T" in node.definition.attr else tf.float32
    return bool(dtype.is_floating or dtype.is_complex)
