"""What functions of several themes use: weights, and layers filled with constants."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp


def _ramp(*shape: int) -> Any:
    """Constants that are all different."""
    return jnp.sin(jnp.arange(1.0, 1.0 + math.prod(shape))).reshape(shape)


def _weighted(y: Any) -> Any:
    """A scalar with nonlinear dependence on every entry."""
    return jnp.sum(_ramp(*y.shape) * y * (1 + y))
