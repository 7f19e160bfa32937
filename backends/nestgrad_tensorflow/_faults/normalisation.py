"""Normalisations, whose variance takes the mean for a constant."""

from __future__ import annotations

from nestgrad_tensorflow._inner_functions import Node
from nestgrad_tensorflow._operation import Call, caller
from nestgrad_tensorflow._sight import Sight


def _is_of_moments(call: Call) -> bool:
    """Whether `tf.nn.moments` calls it."""
    return caller("nn_impl.py", "moments") is not None


def _is_of_moments_inside(node: Node) -> bool:
    return "moments/" in node.definition.name


SIGHTS = {
    "moments": (
        Sight(
            ("StopGradient",),
            repair=lambda call: [call.inputs[0]],
            when=_is_of_moments,
            when_inside=_is_of_moments_inside,
        ),
    ),
}
