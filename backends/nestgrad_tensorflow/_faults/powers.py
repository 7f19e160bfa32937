"""Powers, products, sums of exponentials, norms, and what divides by zero in them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nestgrad_tensorflow._arguments import has_small, has_zero, holds
from nestgrad_tensorflow._inner_functions import Node
from nestgrad_tensorflow._levels import here, may_vary
from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._repairs.cumulative import cumprod, cumulative_logsumexp
from nestgrad_tensorflow._repairs.powers import powers
from nestgrad_tensorflow._repairs.roots import euclidean_norm
from nestgrad_tensorflow._sight import Sight


def _is_pushed(call: Call) -> bool:
    """Whether the rule of a product is what forward mode differentiates; a tape meets the `cumprod` in it."""
    return has_small(call) and "F" in here.nesting[1:]


def _power(exponent: int) -> tuple[Sight, ...]:
    """x**exponent, at a zero."""

    def is_meant(value: Any) -> bool:
        return value is not None and holds(value, exponent)

    def is_meant_inside(node: Node) -> bool:
        constant = node.constants.get(node.definition.input[1].partition(":")[0])
        return constant is not None and is_meant(tf.make_ndarray(constant.attr["value"].tensor))

    def when(call: Call) -> bool:
        return is_meant(call.second) and has_zero(call) and not may_vary(call.inputs[1])

    return (Sight(("Pow",), repair=powers, when=when, when_inside=is_meant_inside),)


SIGHTS = {
    "cumprod": (Sight(("Cumprod",), repair=cumprod, when=has_small),),
    "reduce_prod": (Sight(("Prod",), by_two_pullbacks=True, when=_is_pushed),),
    "power_zeroth": _power(0),
    "power_first": _power(1),
    "power_second": _power(2),
    "euclidean_norm": (Sight(("EuclideanNorm",), repair=euclidean_norm),),
    "cumulative_logsumexp": (Sight(("CumulativeLogsumexp",), repair=cumulative_logsumexp),),
    "segment_prod": (Sight(("SegmentProd", "UnsortedSegmentProd"), when=has_small),),
}
