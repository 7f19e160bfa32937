"""Right decompositions of what TensorFlow differentiates wrongly."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ._call import Call, has_zero, value_of
from ._calls import Node


def cumprod(call: Call) -> list[Any]:
    """Cumulative products by log n multiplications of shifted arrays, none of them a division."""
    x, axis = call.inputs[0], int(value_of(call.inputs[1])) % call.inputs[0].shape.rank
    reverse = call.flag("reverse")
    if reverse:
        x = tf.reverse(x, [axis])
    if call.flag("exclusive"):
        x = _shifted(x, axis, 1)
    reach = 1
    while reach < x.shape[axis]:
        x = x * _shifted(x, axis, reach)
        reach *= 2
    return [tf.reverse(x, [axis]) if reverse else x]


def _shifted(x: Any, axis: int, by: int) -> Any:
    """X moved along an axis, with ones before it."""
    begin = [0] * x.shape.rank
    size = [-1] * x.shape.rank
    size[axis] = x.shape[axis] - by
    padding = [(by if i == axis else 0, 0) for i in range(x.shape.rank)]
    return tf.pad(tf.slice(x, begin, size), padding, constant_values=1)


def is_small_power(call: Call) -> bool:
    """Whether it is x**n for a constant natural n below 3, at a zero."""
    return _is_small(value_of(call.inputs[1])) and has_zero(call)


def is_small_power_inside(node: Node) -> bool:
    """The same of an operation inside a function."""
    constant = node.constants.get(node.definition.input[1].partition(":")[0])
    return constant is not None and _is_small(tf.make_ndarray(constant.attr["value"].tensor))


def _is_small(exponent: Any) -> bool:
    return exponent is not None and np.ndim(exponent) == 0 and exponent in (0, 1, 2)


def power(call: Call) -> list[Any]:
    """x**n by multiplication."""
    x, exponent = call.inputs[0], int(value_of(call.inputs[1]))
    return [(tf.ones_like, tf.identity, tf.square)[exponent](x)]
