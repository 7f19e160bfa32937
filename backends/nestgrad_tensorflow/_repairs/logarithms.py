"""Products and quotients that are 0 where x is 0: `xlogy`, `xlog1py`, `xdivy`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._operation import Call


def xlogy(call: Call) -> list[Any]:
    """The product x log y by its definition, and 0 where x is 0 and log y is not finite."""
    x, y = call.inputs
    return [x * tf.math.log(_inside(x, y, tf.math.log(y), 1))]


def xlog1py(call: Call) -> list[Any]:
    """The same of x log(1 + y)."""
    x, y = call.inputs
    return [x * tf.math.log1p(_inside(x, y, tf.math.log1p(y), 0))]


def xdivy(call: Call) -> list[Any]:
    """The same of x / y."""
    x, y = call.inputs
    return [x / _inside(x, y, 1 / y, 1)]


def _inside(x: Any, y: Any, factor: Any, value: int) -> Any:
    """Y, replaced by a value of the factor's domain where x is 0 and the factor is not finite."""
    return tf.where((x == 0) & ~tf.math.is_finite(tf.abs(factor)), tf.cast(value, y.dtype), y)
