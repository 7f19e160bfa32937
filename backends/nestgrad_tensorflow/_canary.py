"""A function whose rules count how often tangents are really pushed and cotangents really pulled."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record

from nestgrad.extend import Canary


def make_canary() -> Canary:
    """Σ exp(x), for eager execution, with its forward and its backward rule counted."""

    def counted(x: Any) -> Any:
        with record.stop_recording():
            value = tf.exp(x)

        def pulled(cotangent: Any) -> list[Any]:
            canary.backward += 1
            return [cotangent * counted(x)]

        def pushed(tangent: Any) -> list[Any]:
            canary.forward += 1
            return [tangent * counted(x)]

        record.record_operation("Canary", [value], [x], pulled, pushed)
        return value

    canary = Canary(lambda x: tf.reduce_sum(counted(x)))
    return canary
