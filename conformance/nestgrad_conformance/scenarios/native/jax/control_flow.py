"""What users of jax call: control flow and custom rules. The functions of the scenarios in `native`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def scan(x: Any) -> Any:
    """A recurrence by lax.scan."""
    last, history = jax.lax.scan(lambda state, _: (jnp.sin(state) + x * state, jnp.sum(state**2)), x, None, length=4)
    return jnp.sum(last) + jnp.sum(history)


def cond(x: Any) -> Any:
    """A branch by lax.cond."""
    return jax.lax.cond(jnp.sum(x) > 0, lambda y: jnp.sum(jnp.sin(y)), lambda y: jnp.sum(y**3), x)


def fori_loop(x: Any) -> Any:
    """A loop of known length by lax.fori_loop."""
    return jnp.sum(jax.lax.fori_loop(0, 3, lambda i, y: y * jnp.cos(y) + x, x))


def while_loop(x: Any) -> Any:
    """A loop of unknown length by lax.while_loop."""
    _, last = jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * jnp.cos(s[1]) + x), (0, x))
    return jnp.sum(last)


@jax.custom_jvp
def _softplus(x: Any) -> Any:
    return jnp.log1p(jnp.exp(-jnp.abs(x))) + jnp.maximum(x, 0)


@_softplus.defjvp
def _softplus_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return _softplus(x), t / (1 + jnp.exp(-x))


def custom_jvp(x: Any) -> Any:
    """A rule by jax.custom_jvp."""
    return jnp.sum(_softplus(x) ** 2)


@jax.custom_vjp
def _sine(x: Any) -> Any:
    return jnp.sin(x)


_sine.defvjp(lambda x: (_sine(x), jnp.cos(x)), lambda cosine, g: (g * cosine,))


def custom_vjp(x: Any) -> Any:
    """A rule by jax.custom_vjp whose forward part calls the function itself, as the documentation shows."""
    return jnp.sum(_sine(x) ** 2)


@jax.custom_vjp
def _cosine(x: Any) -> Any:
    return jnp.cos(x)


_cosine.defvjp(lambda x: (jnp.cos(x), jnp.sin(x)), lambda sine, g: (-g * sine,))


def custom_vjp_plain(x: Any) -> Any:
    """A rule by jax.custom_vjp whose forward part does not call the function."""
    return jnp.sum(_cosine(x) ** 2)


def pure_callback(x: Any) -> Any:
    """A callback to the host."""
    import numpy as np

    return jnp.sum(jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential"))
