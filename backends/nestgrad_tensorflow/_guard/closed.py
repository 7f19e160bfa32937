"""Outputs of an operation that may be used, and are refused where a gradient is asked to go on through them."""

from __future__ import annotations

from typing import Any, NoReturn

import tensorflow as tf
from tensorflow.python.eager import record

from nestgrad_tensorflow._ledger import FAULTS
from nestgrad_tensorflow._levels import here
from nestgrad_tensorflow._operation import Call
from nestgrad_tensorflow._sight import Seen

_NAME = "NestgradClosed"
_FAULT, _NESTING = "_nestgrad_fault", "_nestgrad_nesting"
"""What an operation in a graph is told, that its rule may tell it."""


def close(wrong: Seen, call: Call, outputs: Any) -> None:
    """Refuse gradients through these outputs of a call."""
    tensors = tf.nest.flatten(outputs)
    if here.graph is not None:
        told = {"_gradient_op_type": _NAME, _FAULT: wrong.fault.id, _NESTING: here.nesting}
        for name, value in told.items():
            tensors[0].op._set_attr(name, tf.compat.v1.AttrValue(s=value.encode()))
        return
    refusal = wrong.refusal(here.nesting)

    def refuse(*cotangents: Any) -> NoReturn:
        raise refusal

    record.record_operation(_NAME, tensors, list(call.inputs), refuse)


@tf.RegisterGradient(_NAME)
def _refuse(operation: Any, *cotangents: Any) -> NoReturn:
    fault = FAULTS[operation.get_attr(_FAULT).decode()]
    raise fault.refusal("tensorflow", operation.get_attr(_NESTING).decode())
