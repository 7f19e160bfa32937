"""A foreign function inside of jax's own loops, branches and transforms."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def scan(x: Any, f: Any) -> Any:
    """A recurrence by scan, with its steps recomputed, and a branch by cond."""
    last, _ = jax.lax.scan(jax.checkpoint(lambda state, _: (jnp.sin(f(state)) + x, None)), x, None, length=3)
    return jax.lax.cond(jnp.sum(x**2) > 0, lambda y: jnp.sum(f(y)), jnp.sum, last)
