"""The vectorising map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def vmap(f: Callable[..., Any], in_axes: Any) -> Callable[..., Any]:
    """F mapped over an axis of its arguments, by tf.vectorized_map."""

    def mapped(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
        moving = [i for i, axis in enumerate(axes) if axis is not None]

        def one(elements: Any) -> Any:
            inputs = list(args)
            for i, element in zip(moving, elements, strict=True):
                inputs[i] = element
            return f(*inputs)

        return tf.vectorized_map(one, [tf.experimental.numpy.moveaxis(args[i], axes[i], 0) for i in moving])

    return mapped
