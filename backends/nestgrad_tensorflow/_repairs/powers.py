"""Powers with the exponents 0, 1 and 2, at a zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nestgrad_tensorflow._operation import Call

_MULTIPLIED = (tf.ones_like, tf.identity, tf.square)
"""x**0, x**1 and x**2."""


def powers(call: Call) -> list[Any]:
    """Powers, those with the exponents 0, 1 and 2 by multiplication."""
    x, exponents = call.inputs[0], call.second
    if np.ndim(exponents) == 0:
        return [_MULTIPLIED[int(exponents)](x)]
    small = np.isin(exponents, range(len(_MULTIPLIED)))
    # the others are not powers of zero here, where they are not asked for
    result = tf.pow(tf.where(small, tf.ones_like(x), x), np.where(small, len(_MULTIPLIED), exponents))
    for power, multiplied in enumerate(_MULTIPLIED):
        result = tf.where(exponents == power, multiplied(x), result)
    return [result]
