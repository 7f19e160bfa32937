"""Losses, whose rules take labels for constants."""

from __future__ import annotations

import numpy as np

from nestgrad_tensorflow._arguments import varies_inside
from nestgrad_tensorflow._levels import may_vary
from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._repairs.cross_entropy import softmax_cross_entropy
from nestgrad_tensorflow._sight import Sight


def _needs_its_definition(call: Call) -> bool:
    """Whether the labels of a cross-entropy are differentiated, or are known to be no probabilities."""
    labels = call.second
    return may_vary(call.inputs[1]) or (labels is not None and not np.allclose(np.sum(labels, axis=-1), 1))


SIGHTS = {
    "softmax_cross_entropy": (
        Sight(
            ("SoftmaxCrossEntropyWithLogits",),
            repair=softmax_cross_entropy,
            when=_needs_its_definition,
            when_inside=varies_inside(1),
        ),
    ),
}
