"""What functions of several themes use: weights, and layers filled with constants."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf


def _ramp(*shape: int) -> Any:
    """Constants that are all different."""
    return tf.constant(np.sin(np.arange(1.0, 1.0 + np.prod(shape))).reshape(shape))


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    return tf.reduce_sum(_ramp(*y.shape) * y * (1 + y))
