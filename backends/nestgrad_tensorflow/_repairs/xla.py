"""A derivative that TensorFlow lacks where it compiles for XLA.

There the rule of a slice puts the cotangent into zeros by XlaDynamicUpdateSlice, which itself has no rule. One is
registered here under a name of nestgrad's own, and holds for the operations that are made inside `overriding`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import tensorflow as tf

from nestgrad.extend import emulated

_NAME = "NestgradXlaDynamicUpdateSlice"


def _update_slice_gradient(operation: Any, cotangent: Any) -> list[Any]:
    emulated("slice", "TensorFlow has no rule for the one that XLA uses to differentiate it.")
    _, update, start = operation.inputs
    size = tf.shape(update, start.dtype)
    inside = tf.slice(cotangent, start, size)
    end = tf.shape(cotangent, start.dtype) - start - size
    outside = cotangent - tf.pad(inside, tf.stack([start, end], axis=1))
    return [outside, inside, None]


tf.RegisterGradient(_NAME)(_update_slice_gradient)


def overriding() -> AbstractContextManager[None]:
    """A context in which operations that are added to the present graph have that derivative."""
    context: AbstractContextManager[None] = tf.compat.v1.get_default_graph().gradient_override_map(
        {"XlaDynamicUpdateSlice": _NAME}
    )
    return context
