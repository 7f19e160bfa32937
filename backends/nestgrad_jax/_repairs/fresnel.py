"""Functions of one number with derivatives of every order that hold everywhere: of jax's values, with other rules.

jax puts constants where its formulas are singular. For `spence` that is at 1 and 0; for the derivatives of `fresnel`
where πx²/2 is a multiple of a right angle, as at odd integers. What it differentiates there is the constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import special

from .axes import axes_of_last, order_of_axes
from nestgrad_jax._errors import SilentlyWrongError

_NEAR, _TERMS = 0.25, 40  # of the series, with digits to spare for derivatives


@jax.custom_jvp
def fresnel(x: Any) -> Any:
    """The integrals S and C of sin πt²/2 and cos πt²/2 from 0 to x."""
    return special.fresnel(x)


@fresnel.defjvp
def _of_fresnel(primals: Any, tangents: Any) -> Any:
    (x,), (tangent,) = primals, tangents
    angle = math.pi / 2 * x * x
    exact = jax.jvp(special.fresnel, (x,), (jnp.ones_like(x),))[1]  # jax loses no digits of the angle
    rates = map(_with_slope, exact, (jnp.sin(angle), jnp.cos(angle)))
    return fresnel(x), tuple(rate * tangent for rate in rates)


def _with_slope(value: Any, curve: Any) -> Any:
    """A value with the derivatives of another computation of it."""
    return lax.stop_gradient(value) + (curve - lax.stop_gradient(curve))


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


def fresnel_of(f: Callable[..., Any], *args: Any) -> list[Any]:
    """What jax's fresnel gives for its last argument; the others are its coefficients, if it is of a program.

    Raises:
        SilentlyWrongError: the axes of the result are not known.
    """
    axes = axes_of_last(lambda *args: f(*args)[0], lambda probe: special.fresnel(probe)[0], *args)
    if axes is None:
        raise SilentlyWrongError("fresnel", "jax's second derivative is wrong at odd integers; here write x.ravel().")
    return [jnp.transpose(part, axes) for part in fresnel(args[-1])]


def spence_of(f: Callable[..., Any], x: Any, *others: Any) -> Any:
    """What jax's choice between its formulas gives for an x."""
    axes = order_of_axes(lambda probe: f(probe, *map(_zeros, others))[0], special.spence, x)
    return jnp.transpose(spence(x), axes)


def _zeros(value: Any) -> Any:
    return np.zeros(jnp.shape(value), jnp.result_type(value))
