"""Activations and the like of `tf.nn`.

The rule of `silu` is written in Python, so no operation tells of it: it is known by who calls the sigmoid. Inside a
function TensorFlow itself finds that the shapes do not match.
"""

from __future__ import annotations

import tensorflow as tf

from nestgrad_tensorflow._arguments import never
from nestgrad_tensorflow._levels import may_vary
from nestgrad_tensorflow._operation import Call, caller
from nestgrad_tensorflow._repairs.isotonic_regression import isotonic_regression
from nestgrad_tensorflow._sight import Sight


def _is_summed(call: Call) -> bool:
    """Whether a sigmoid is that of a `silu`, differentiated in what its rule gets wrong."""
    frame = caller("nn_impl.py", "swish_impl")
    if frame is None or frame.f_locals["beta"].shape.rank == 0:
        return False
    x, beta = frame.f_locals["features"], frame.f_locals["beta"]
    is_broadcast = tf.broadcast_static_shape(x.shape, beta.shape) != x.shape
    return bool(may_vary(beta) or (is_broadcast and may_vary(x)))


def _is_no_matrix(call: Call) -> bool:
    """Whether it is differentiated in an input with another number of axes than two."""
    return bool(call.inputs[0].shape.rank != 2 and may_vary(call.inputs[0]))


SIGHTS = {
    "silu": (Sight(("Sigmoid",), when=_is_summed, when_inside=never),),
    "isotonic_regression": (Sight(("IsotonicRegression",), repair=isotonic_regression, when=_is_no_matrix),),
}
