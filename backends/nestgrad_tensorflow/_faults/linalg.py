"""Linear algebra: a matrix that is read from one triangle, what XLA computes to fewer digits, values that are equal.

What is wrong of complex matrices alone is in `complex_numbers`.
"""

from __future__ import annotations

import tensorflow as tf

from nestgrad_tensorflow._arguments import in_xla, is_complex, never, varies
from nestgrad_tensorflow._levels import here, may_vary
from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._repairs.equal_values import asks_for_vectors, eigh, has_close, svd
from nestgrad_tensorflow._repairs.one_triangle import cholesky
from nestgrad_tensorflow._sight import Sight


def _is_double_in_xla(call: Call) -> bool:
    """Whether XLA computes it in 64 bits, or what has two of them."""
    return call.inputs[0].dtype in (tf.float64, tf.complex128) and in_xla()


def _has_equal_values(call: Call) -> bool:
    """Whether values are equal or nearly, or may be; of a first derivative of the values alone that is no matter."""
    if here.graph is not None and here.is_taped:  # a tape would look past a repair
        return False
    return (len(here.nesting) > 1 or asks_for_vectors(call)) and may_vary(call.inputs[0]) and has_close(call)


def _is_pushed(call: Call) -> bool:
    """The same under an accumulator, to which a rule that asks which cotangents are 0 is not linear."""
    return bool(here.accumulators) and _has_equal_values(call)


def _has_phases(call: Call) -> bool:
    """Whether there are complex singular vectors, which are known but for a phase."""
    if here.graph is not None and here.is_taped:
        return False
    return is_complex(call) and asks_for_vectors(call) and may_vary(call.inputs[0])


def _has_pushed_phases(call: Call) -> bool:
    """The same under an accumulator."""
    return bool(here.accumulators) and _has_phases(call)


def _is_full(call: Call) -> bool:
    """The same of singular vectors that are more than there are values."""
    rows, columns = call.inputs[0].shape[-2:]
    is_full = asks_for_vectors(call) and call.flag("full_matrices") and rows != columns
    return is_full and here.graph is None and _has_equal_values(call)


SIGHTS = {
    "one_triangle": (Sight(("Cholesky",), repair=cholesky, when=varies(0), when_inside=never),),
    "xla_decompositions": tuple(
        Sight((op,), name, when=_is_double_in_xla, when_inside=never)
        for name, op in (("svd", "Svd"), ("eigh", "SelfAdjointEigV2"))
    ),
    "equal_values": (
        Sight(("Svd",), "svd", when=_is_full, when_inside=never),
        *(
            sight
            for name, op, repair in (("svd", "Svd", svd), ("eigh", "SelfAdjointEigV2", eigh))
            for sight in (
                Sight((op,), name, by_two_pullbacks=True, when=_is_pushed, when_inside=never),
                Sight((op,), name, repair=repair, when=_has_equal_values, when_inside=never),
            )
        ),
    ),
    "complex_svd": (
        Sight(("Svd",), by_two_pullbacks=True, when=_has_pushed_phases, when_inside=never),
        Sight(("Svd",), repair=svd, when=_has_phases, when_inside=never),
    ),
}
