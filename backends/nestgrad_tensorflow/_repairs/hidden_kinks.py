"""Functions of Keras and of TensorFlow's NumPy that are smooth, though the operations they are made of have kinks.

The kinks cancel if every operation takes the same side of them. TensorFlow's do not: |x| has the derivative 0 at 0, and
`maximum` and `minimum` both follow their first argument where the two are equal. Here |x| is x and its sign 1 at 0, and
`minimum` follows the second argument. `sinc` chooses a constant at 0, which has no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_tensorflow._arguments import has_zero
from nestgrad_tensorflow._operation import Call, caller

from .singular_points import SINC

_FILES = ("keras/src/backend/tensorflow/numpy.py", "numpy_ops/np_math_ops.py")
_DEPTH = 24  # frames between the operation and such a function, at most: in a graph there are more


def _is_called_by(*names: str) -> bool:
    return caller(_FILES, *names, depth=_DEPTH) is not None


def has_hidden_kink(*names: str) -> Callable[[Call], bool]:
    """Whether one of these functions calls the operation, at a kink or perhaps at one."""
    return lambda call: _is_called_by(*names) and has_zero(call)


def has_hidden_tie(*names: str) -> Callable[[Call], bool]:
    """The same of an operation with a kink where its arguments are equal."""

    def when(call: Call) -> bool:
        if not _is_called_by(*names):
            return False
        return call.first is None or call.second is None or bool(np.any(call.first == call.second))

    return when


def _argument_of_sinc(call: Call) -> Any:
    """What `sinc` was given, if it is that which makes this choice."""
    frame = caller(_FILES, "sinc", depth=_DEPTH)
    return None if frame is None else tf.cast(frame.f_locals["x"], call.inputs[2].dtype)


def is_sinc(call: Call) -> bool:
    """Whether a choice is that of `sinc`, near 0 or perhaps there."""
    x = _argument_of_sinc(call)
    return x is not None and SINC.has_near(x)


def sinc(call: Call) -> list[Any]:
    """sin(πx)/πx, by its series around 0."""
    return SINC.repair(Call((_argument_of_sinc(call),), ()))


def absolute(call: Call) -> list[Any]:
    """|x|, with the derivative 1 at 0."""
    x = call.inputs[0]
    return [tf.where(x >= 0, x, -x)]


def sign(call: Call) -> list[Any]:
    """The sign of x, which is 1 at 0."""
    x = call.inputs[0]
    return [tf.where(x >= 0, tf.ones_like(x), -tf.ones_like(x))]


def minimum(call: Call) -> list[Any]:
    """The smaller one, and the second of two that are equal."""
    one, other = call.inputs
    return [tf.where(one < other, one, other)]
