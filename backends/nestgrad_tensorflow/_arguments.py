"""Questions about the inputs of a call, or of an operation inside a function, that several sights ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

from nestgrad_tensorflow._inner_functions import Node
from nestgrad_tensorflow._levels import here, may_vary
from nestgrad_tensorflow._operation import Call

_SMALL = 1e-2


def has_zero(call: Call) -> bool:
    """Whether the first input may hold a zero."""
    if not (call.inputs[0].dtype.is_floating or call.inputs[0].dtype.is_complex):
        return False
    return call.first is None or np.count_nonzero(call.first) < call.first.size


def holds(values: Any, number: int) -> bool:
    """Whether a number is one of the values of a tensor."""
    return bool(values.item() == number if values.ndim == 0 else number in values)


def has_small(call: Call) -> bool:
    """Whether an entry of the first input is zero, or so small that quotients by it lose digits."""
    if not (call.inputs[0].dtype.is_floating or call.inputs[0].dtype.is_complex):
        return False
    sizes = None if call.first is None else np.abs(call.first)
    return sizes is None or bool(np.any(sizes <= _SMALL * np.max(sizes, initial=0)))


def is_complex(call: Call) -> bool:
    """Whether it computes on complex numbers."""
    return bool(call.inputs[0].dtype.is_complex)


def is_complex_inside(node: Node) -> bool:
    """The same of an operation inside a function."""
    return bool(tf.as_dtype(node.definition.attr["T"].type).is_complex)


def in_xla() -> bool:
    """Whether XLA compiles what is being called."""
    return here.graph is not None and bool(GraphOrParentsInXlaContext(here.graph))


def varies(*places: int) -> Callable[[Call], bool]:
    """Whether a call is differentiated with respect to the inputs at these places."""
    return lambda call: any(may_vary(call.inputs[place]) for place in places)


def varies_inside(*places: int) -> Callable[[Node], bool]:
    """Whether one of these inputs of an operation inside a function is no constant of that function."""
    return lambda node: any(node.definition.input[place].partition(":")[0] not in node.constants for place in places)


def any_varies(call: Call) -> bool:
    """Whether a call is differentiated with respect to an input of floating numbers."""
    return any(tensor.dtype.is_floating and may_vary(tensor) for tensor in call.inputs)


def any_varies_inside(node: Node) -> bool:
    """Whether it computes on floating numbers, of which one is no constant of the function that it is in."""
    types = (tf.as_dtype(value.type) for value in node.definition.attr.values() if value.WhichOneof("value") == "type")
    return any(one.is_floating for one in types) and varies_inside(*range(len(node.definition.input)))(node)


def is_floating(node: Node) -> bool:
    """Whether an operation inside a function is one on floating numbers."""
    dtype = tf.as_dtype(node.definition.attr["T"].type) if "T" in node.definition.attr else tf.float32
    return bool(dtype.is_floating or dtype.is_complex)


def never(node: Node) -> bool:
    """Not inside a function, where it is not looked for or told by another operation."""
    return False
