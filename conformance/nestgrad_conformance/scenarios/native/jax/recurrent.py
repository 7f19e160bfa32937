"""Recurrent cells and layers of jax."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nestgrad_conformance.scenarios._scenario import normal
from nestgrad_conformance.scenarios.native._entry import row

from ._common import _ramp, _weighted


@row(normal(3, 3), "recurrent")
def recurrent_cell(x: Any) -> Any:
    """A gated recurrent cell under lax.scan."""

    def step(state: Any, entry: Any) -> Any:
        gate = jax.nn.sigmoid(entry @ _ramp(3, 3) + state)
        return gate * state + (1 - gate) * jnp.tanh(entry * state), state

    last, _ = lax.scan(step, x[0], x[1:])
    return _weighted(last)
