"""A function whose rules count how often tangents are really pushed and cotangents really pulled.

jax's reverse mode is linearise and transpose, so counting calls of a JVP rule would tell nothing.
Here the tangent goes through a bilinear primitive `push`: forward mode evaluates it, reverse mode
stages it and evaluates its transpose, `pull`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad

from nestgrad.extend import Canary


def make_canary() -> Canary:
    """Σ exp(x), evaluated eagerly, with its forward and its backward part counted."""

    def pushed(tangent: Any, derivative: Any) -> Any:
        canary.forward += 1
        return tangent * derivative

    def pulled(cotangent: Any, derivative: Any) -> Any:
        canary.backward += 1
        return cotangent * derivative

    push, pull = _bilinear("canary_push", pushed), _bilinear("canary_pull", pulled)
    ad.defbilinear(push, lambda g, x, y: pull.bind(g, y), lambda g, x, y: pull.bind(g, x))
    ad.defbilinear(pull, lambda g, x, y: pull.bind(g, y), lambda g, x, y: pull.bind(g, x))

    @jax.custom_jvp
    def counted(x: Any) -> Any:
        return jnp.exp(x)

    @counted.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        value = counted(*primals)
        return value, push.bind(*tangents, value)

    canary = Canary(lambda x: jnp.sum(counted(x)))
    return canary


def _bilinear(name: str, evaluate: Any) -> Primitive:
    primitive = Primitive(name)
    primitive.def_impl(evaluate)
    primitive.def_abstract_eval(lambda x, y: x)
    return primitive
