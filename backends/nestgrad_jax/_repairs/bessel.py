"""The modified Bessel functions I₀ and I₁ with derivatives that hold at zero, of every order.

jax has them through |x|, whose derivative it takes for 1 at zero, and puts a constant in the place of I₁(x)/x there.
I_k(x)/x^k is entire and even, and its derivative is x times the next one (DLMF 10.29.4). Away from zero jax is right.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

_NEAR, _TERMS = 10.0, 40  # of the series, which gives all digits up to there


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _quotient(k: int, x: Any) -> Any:
    """I_k(x) / x^k, by its series."""
    square, term = x * x / 4, jnp.full_like(x, 1 / (math.factorial(k) * 2**k))
    total = term
    for m in range(1, _TERMS):
        term = term * square / (m * (m + k))
        total = total + term
    return total


@_quotient.defjvp
def _rule(k: int, primals: Any, tangents: Any) -> Any:
    (x,), (tangent,) = primals, tangents
    return _quotient(k, x), tangent * x * _quotient(k + 1, x)


def _by_parts(near: Callable[[Any], Any], far: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """One function around zero, another elsewhere."""

    def f(x: Any) -> Any:
        is_near = lax.abs(x) < _NEAR
        return jnp.where(is_near, near(jnp.where(is_near, x, 0)), far(jnp.where(is_near, _NEAR, x)))

    return f


i0 = _by_parts(lambda x: _quotient(0, x), lambda x: lax.exp(lax.abs(x)) * lax.bessel_i0e(x))
i0e = _by_parts(lambda x: lax.exp(-lax.abs(x)) * _quotient(0, x), lax.bessel_i0e)
i1e = _by_parts(lambda x: lax.exp(-lax.abs(x)) * x * _quotient(1, x), lax.bessel_i1e)
