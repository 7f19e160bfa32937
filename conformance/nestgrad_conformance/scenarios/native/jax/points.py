"""Smooth functions of jax at points where a rule or a formula has its own case."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy import special

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import both_signs, row, zero_inside, zero_row

from ._common import _ramp, _weighted


@row(zero_inside, "special")
def entropies_at_zero(x: Any) -> Any:
    """The functions xlogy and xlog1py where the first argument is zero: the terms are linear there."""
    return jnp.sum(special.xlogy(x, 1.5) ** 2 + special.xlog1py(x, 0.5) * x + x**3)


@row(normal(4), "special")
def sinc(x: Any) -> Any:
    """jnp.sinc, at zero too."""
    return _weighted(jnp.sinc(x - x[0]))


@row(zero_inside, "special", order=3)
def sinc_beside_zero(x: Any) -> Any:
    """jnp.sinc, where one argument is 1e-8."""
    return _weighted(jnp.sinc(x + 1e-8))


@row(zero_inside, "special", "bessel", order=3)
def bessel_at_zero(x: Any) -> Any:
    """jax.scipy.special.i0, i1, i0e times exp|x|, and jnp.i0, at zero too."""
    scaled = special.i0e(x) * jnp.exp(jnp.abs(x))
    return _weighted(special.i0(x)) + _weighted(special.i1(x)) + _weighted(jnp.i0(x) * scaled)


@row(zero_inside, "ldexp")
def ldexp_at_zero(x: Any) -> Any:
    """jnp.ldexp, at zero too."""
    return _weighted(jnp.ldexp(x, jnp.arange(-1, 4)))


@row(zero_inside, "special", "betaln")
def beta_of_equals(x: Any) -> Any:
    """jax.scipy.special.betaln, of equal arguments where x is zero."""
    return _weighted(special.betaln(2 + jnp.tanh(x), 2 - jnp.tanh(x)))


@row(zero_inside, "logsumexp_weights")
def logsumexp_zero_weight(x: Any) -> Any:
    """jax.scipy.special.logsumexp with weights, of which one is zero: where it varies, and in a mask."""
    weights = jnp.concatenate([jnp.array([20.0]), x])
    mask = jnp.array([0.0, 1.0, 2.0, 0.0, 1.0])
    return special.logsumexp(_ramp(6) * weights / 100, b=weights) + special.logsumexp(x**2, b=mask)


@row(zero_inside, "special", "spence")
def spence_at_one(x: Any) -> Any:
    """The dilogarithm, at 1 too."""
    return _weighted(special.spence(1 + jnp.tanh(x) / 2))


@row(zero_inside, "hypot", "mended_inside")
def slope_of_hypot(x: Any) -> Any:
    """jax.grad inside, of jnp.hypot, of equal arguments where x is zero."""
    return _weighted(jax.grad(lambda x: jnp.sum(jnp.hypot(2 + jnp.tanh(x), 2 - jnp.tanh(x))))(x))


@row(normal(4))
def logaddexp_of_equals(x: Any) -> Any:
    """jnp.logaddexp of equal arguments: x + log 2, and smooth."""
    return _weighted(jnp.logaddexp(x, x)) + _weighted(jnp.logaddexp(x, x + 1e-9))


@row(zero_inside, "power_zero")
def power_at_zero(x: Any) -> Any:
    """Powers at zero: the square's second derivative is 2, the cube's 0."""
    return jnp.sum(x**2 + jnp.power(x, 3.0) * x) + jnp.sum(jnp.power(x, 2.0) * x) + jnp.sum(lax.integer_pow(x, 3))


@row(zero_inside, "prod", "cumulative_prod")
def product_with_a_zero(x: Any) -> Any:
    """jnp.prod and jnp.cumprod past an entry that is zero."""
    return jnp.prod(x) + _weighted(jnp.cumprod(x)) + jnp.sum(x**3)


@row(zero_row, "norm_zero")
def norm_at_zero(x: Any) -> Any:
    """The square of jnp.linalg.norm at zero: the truth is 2x."""
    return jnp.linalg.norm(x[0]) ** 2 + jnp.sum(x**3)


@row(normal(4), "where")
def guarded_root(x: Any) -> Any:
    """A square root guarded by jnp.where on both sides, as the documentation advises."""
    allowed = x > 0
    return jnp.sum(jnp.where(allowed, jnp.sqrt(jnp.where(allowed, x, 1.0)), x**2))


@row(both_signs, "where", "where_guard", revision=2)
def half_guarded_root(x: Any) -> Any:
    """A square root guarded by jnp.where on the outside alone: the truth is finite."""
    return jnp.sum(jnp.where(x > 0, jnp.sqrt(x), x**2))


@row(normal(4), "max")
def maximum_of_ties(x: Any) -> Any:
    """jnp.max of equal entries: a probe of ties that are broken evenly gives x itself."""
    return jnp.max(jnp.stack([x, x]), axis=0) @ x + jnp.sum(x**3)
