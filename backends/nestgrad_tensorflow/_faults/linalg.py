"""Linear algebra: a matrix that is read from one triangle, and what XLA computes to fewer digits.

What is wrong of complex matrices alone is in `complex_numbers`.
"""

from __future__ import annotations

import tensorflow as tf

from nestgrad_tensorflow._arguments import in_xla, never, varies
from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._repairs.one_triangle import cholesky
from nestgrad_tensorflow._sight import Sight


def _is_double_in_xla(call: Call) -> bool:
    """Whether XLA computes it in 64 bits, or what has two of them."""
    return call.inputs[0].dtype in (tf.float64, tf.complex128) and in_xla()


SIGHTS = {
    "one_triangle": (Sight(("Cholesky",), repair=cholesky, when=varies(0), when_inside=never),),
    "xla_decompositions": tuple(
        Sight((op,), name, when=_is_double_in_xla, when_inside=never)
        for name, op in (("svd", "Svd"), ("eigh", "SelfAdjointEigV2"))
    ),
}
