"""`fresnel` with derivatives of every order that hold everywhere: of jax's values, with another rule.

jax puts constants into its derivatives where πx²/2 is a multiple of a right angle, as at odd integers. What it
differentiates there is the constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy import special

from nestgrad.extend import RefusedOperation

from .axes import axes_of_last


@jax.custom_jvp
def fresnel(x: Any) -> Any:
    """The integrals S and C of sin πt²/2 and cos πt²/2 from 0 to x."""
    return special.fresnel(x)


@fresnel.defjvp
def _of_fresnel(primals: Any, tangents: Any) -> Any:
    (x,), (tangent,) = primals, tangents
    angle = math.pi / 2 * x * x
    exact = jax.jvp(special.fresnel, (x,), (jnp.ones_like(x),))[1]  # jax loses no digits of the angle
    rates = map(_with_derivatives_of, exact, (jnp.sin(angle), jnp.cos(angle)))
    return fresnel(x), tuple(rate * tangent for rate in rates)


def _with_derivatives_of(value: Any, curve: Any) -> Any:
    """A value with the derivatives of another computation of it."""
    return lax.stop_gradient(value) + (curve - lax.stop_gradient(curve))


def fresnel_of(f: Callable[..., Any], *args: Any) -> list[Any]:
    """What jax's fresnel gives for its last argument; the others are its coefficients, if it is of a program.

    Raises:
        RefusedOperation: the axes of the result are not known.
    """
    axes = axes_of_last(lambda *args: f(*args)[0], lambda probe: special.fresnel(probe)[0], *args)
    if axes is None:
        raise RefusedOperation("fresnel", "jax's second derivative is wrong at odd integers; here write x.ravel().")
    return [jnp.transpose(part, axes) for part in fresnel(args[-1])]
