"""A function whose rules count how often tangents are really pushed and cotangents really pulled."""

from __future__ import annotations

from typing import Any

import mlx.core as mx

from nestgrad.extend import Canary


def make_canary() -> Canary:
    """Σ exp(x), with the calls of its forward and of its reverse rule counted."""

    @mx.custom_function
    def counted(x: Any) -> Any:
        return mx.exp(x)

    @counted.jvp
    def push(x: Any, tangent: Any) -> Any:
        canary.forward += 1
        return tangent * counted(x)

    @counted.vjp
    def pull(x: Any, cotangent: Any, value: Any) -> Any:
        canary.backward += 1
        return cotangent * counted(x)

    canary = Canary(lambda x: mx.sum(counted(x)))
    return canary
