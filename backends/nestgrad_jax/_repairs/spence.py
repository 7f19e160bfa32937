"""`spence` with derivatives of every order that hold everywhere: of jax's values, with another rule.

jax puts constants where its formulas are singular, at 1 and 0. What it differentiates there is the constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy import special

from .axes import order_of_axes

_NEAR, _TERMS = 0.25, 40  # of the series, with digits to spare for derivatives


@jax.custom_jvp
def spence(x: Any) -> Any:
    """The dilogarithm of 1 - x."""
    return special.spence(x)


@spence.defjvp
def _of_spence(primals: Any, tangents: Any) -> Any:
    (x,), (tangent,) = primals, tangents
    is_near = jnp.abs(x - 1) < _NEAR
    step, far = jnp.where(is_near, x - 1, 0), jnp.where(is_near, 2, x)
    series = jnp.zeros_like(x)
    for n in reversed(range(_TERMS)):
        series = 1 / (n + 1) - step * series
    return spence(x), tangent * jnp.where(is_near, -series, jnp.log(far) / (1 - far))


def spence_of(f: Callable[..., Any], x: Any, *others: Any) -> Any:
    """What jax's choice between its formulas gives for an x."""
    axes = order_of_axes(lambda probe: f(probe, *map(_zeros, others))[0], special.spence, x)
    return jnp.transpose(spence(x), axes)


def _zeros(value: Any) -> Any:
    return np.zeros(jnp.shape(value), jnp.result_type(value))
