"""`tf.nn.silu` with a beta that is an array: TensorFlow's rule adds up its derivatives to one number.

The rule is written in Python, so no operation tells of it: it is known by who calls the sigmoid. Inside a function
TensorFlow itself finds that the shapes do not match.
"""

from __future__ import annotations

import tensorflow as tf

from nestgrad_tensorflow._guard.call import Call, caller
from nestgrad_tensorflow._levels import may_vary


def is_summed(call: Call) -> bool:
    """Whether a sigmoid is that of such a call, differentiated in what the rule gets wrong."""
    frame = caller("nn_impl.py", "swish_impl")
    if frame is None or frame.f_locals["beta"].shape.rank == 0:
        return False
    x, beta = frame.f_locals["features"], frame.f_locals["beta"]
    is_broadcast = tf.broadcast_static_shape(x.shape, beta.shape) != x.shape
    return bool(may_vary(beta) or (is_broadcast and may_vary(x)))
