"""Transforms of jax that f takes itself."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3), "nested")
def grad_inside(x: Any) -> Any:
    """jax.grad inside."""
    return jnp.sum(jax.grad(lambda y: jnp.sum(y**3 * jnp.sin(x)))(x) * x)


@row(normal(3, 3))
def vmapped(x: Any) -> Any:
    """jax.vmap inside."""
    return jnp.sum(jax.vmap(lambda row: jnp.sin(row).sum() * row[0])(x) ** 2)


@row(normal(3))
def jitted(x: Any) -> Any:
    """jax.jit inside, called twice."""
    inner = jax.jit(lambda y: jnp.sin(y) * y)
    return jnp.sum(inner(inner(x)))


@row(normal(3), "nested")
def jvp_inside(x: Any) -> Any:
    """jax.jvp, jax.linearize and jax.vjp inside."""
    _, tangent = jax.jvp(jnp.sin, (x,), (x**2,))
    _, push = jax.linearize(jnp.cos, x)
    _, pull = jax.vjp(jnp.tanh, x)
    return jnp.sum(tangent + push(x) + pull(x**2)[0])


@row(normal(3), "nested")
def hessian_inside(x: Any) -> Any:
    """jax.hessian inside."""
    return _weighted(jax.hessian(lambda y: jnp.sum(jnp.sin(y)) * jnp.sum(y**2))(x))


@row(normal(3))
def optimisation_barrier(x: Any) -> Any:
    """lax.optimization_barrier."""
    return jnp.sum(lax.optimization_barrier(jnp.sin(x)) ** 2)


@row(normal(3))
def reduce_precision(x: Any) -> Any:
    """lax.reduce_precision to the bits that float64 has."""
    return jnp.sum(lax.reduce_precision(jnp.sin(x), 11, 52) ** 2)


@row(normal(3), "composite")
def composite(x: Any) -> Any:
    """lax.composite."""
    return jnp.sum(lax.composite(lambda y: jnp.sin(y) * y, name="nestgrad.test")(x) ** 2)
