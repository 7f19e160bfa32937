"""sin(πx) / (πx) with derivatives that keep their digits beside zero.

jax has the derivatives at zero by a rule, and beside it by the quotient, whose own derivatives are differences of large
numbers: of order k they lose the digits of (πx)^-(k+1). The series is a polynomial, and so are its derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax

from .axes import axes_of_last

_NEAR, _TERMS = 0.5, 15  # of the series, which gives all digits up to there, and those of six derivatives


def sinc_of(f: Callable[..., Any], x: Any) -> Any:
    """What f, the program of jax's sinc, gives for x."""
    x = jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, jnp.inexact):  # which has no derivative
        return f(x)[0]
    return jnp.transpose(sinc(x), axes_of_last(lambda x: f(x)[0], jnp.sinc, x))


def sinc(x: Any) -> Any:
    """What jnp.sinc gives for a real or complex x."""
    is_near = lax.abs(x) < _NEAR
    angle = math.pi * jnp.where(is_near, _NEAR, x)
    return jnp.where(is_near, _series(jnp.where(is_near, x, 0)), lax.sin(angle) / angle)


def _series(x: Any) -> Any:
    square, total = (math.pi * x) ** 2, jnp.zeros_like(x)
    for k in reversed(range(_TERMS)):
        total = total * square + (-1) ** k / math.factorial(2 * k + 1)
    return total
