"""Control flow in jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nestgrad_conformance.scenarios._scenario import normal, uniform
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _weighted


@row(normal(3, 2), "control_flow")
def lax_map(x: Any) -> Any:
    """lax.map."""
    return jnp.sum(lax.map(lambda row: jnp.sin(row) * row[0], x) ** 2)


@row(normal(4), "control_flow")
def associative_scan(x: Any) -> Any:
    """lax.associative_scan by products."""
    return _weighted(lax.associative_scan(jnp.multiply, x))


@row(normal(3), "control_flow")
def switch(x: Any) -> Any:
    """lax.switch on a constant."""
    return jnp.sum(lax.switch(1, (jnp.sin, lambda y: y**3, jnp.cos), x))


@row(normal(3), "control_flow", order=3, sample=True)
def scan(x: Any) -> Any:
    """A recurrence by lax.scan."""
    last, history = jax.lax.scan(lambda state, _: (jnp.sin(state) + x * state, jnp.sum(state**2)), x, None, length=4)
    return jnp.sum(last) + jnp.sum(history)


@row(uniform(0.5, 1.5, 3), "control_flow")
def cond(x: Any) -> Any:
    """A branch by lax.cond."""
    return jax.lax.cond(jnp.sum(x) > 0, lambda y: jnp.sum(jnp.sin(y)), lambda y: jnp.sum(y**3), x)


@row(normal(3), "control_flow")
def fori_loop(x: Any) -> Any:
    """A loop of known length by lax.fori_loop."""
    return jnp.sum(jax.lax.fori_loop(0, 3, lambda i, y: y * jnp.cos(y) + x, x))


@row(normal(3), "control_flow", "while_loop")
def while_loop(x: Any) -> Any:
    """A loop of unknown length by lax.while_loop."""
    _, last = jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * jnp.cos(s[1]) + x), (0, x))
    return jnp.sum(last)


@row(normal(4), "control_flow")
def scan_in_reverse(x: Any) -> Any:
    """lax.scan from the end, unrolled in part, over a tree."""
    pairs = {"a": x, "b": x**2}
    last, history = lax.scan(
        lambda c, e: (c * jnp.cos(e["a"]) + e["b"], c**2), jnp.float64(0.5), pairs, reverse=True, unroll=2
    )
    return last**2 + _weighted(history)


@row(normal(4), "control_flow")
def scan_of_cond(x: Any) -> Any:
    """lax.cond inside lax.scan: the branch depends on the state's sign."""
    step = lambda c, e: (lax.cond(c > 0, lambda y: jnp.sin(y) * e, lambda y: y**2 + e, c), c)  # noqa: E731
    last, history = lax.scan(step, jnp.float64(1.0), x)
    return last**2 + _weighted(history)


@row(normal(3), "control_flow")
def switch_by_value(x: Any) -> Any:
    """lax.switch on an index computed from x, constant around the inputs."""
    index = jnp.clip(jnp.sum(x > -99).astype(int), 0, 2)
    return jnp.sum(lax.switch(index, (jnp.sin, jnp.cos, lambda y: y**3), x))


@row(normal(4), "control_flow")
def vmapped_cond(x: Any) -> Any:
    """jax.vmap of lax.cond, which becomes a select."""
    return jnp.sum(jax.vmap(lambda y: lax.cond(y > 0, jnp.sin, lambda z: z**3, y))(x) ** 2)


@row(normal(5, 2), "control_flow")
def map_in_batches(x: Any) -> Any:
    """lax.map with a batch size that leaves a remainder."""
    return jnp.sum(lax.map(lambda row: jnp.sin(row) * row[0], x, batch_size=2) ** 2)


@row(normal(4, 4), "control_flow")
def associative_scan_of_matrices(x: Any) -> Any:
    """lax.associative_scan by products of matrices."""
    return _weighted(lax.associative_scan(jnp.matmul, x.reshape(4, 2, 2)))


@row(normal(4), "control_flow")
def fori_loop_by_index(x: Any) -> Any:
    """lax.fori_loop that reads and writes by its index."""
    body = lambda i, y: y.at[i].set(jnp.sin(y[i - 1]) * x[i])  # noqa: E731
    return _weighted(lax.fori_loop(1, 4, body, x**2))
