"""`hypot` and `betaln` with a second derivative that holds where the arguments are equal.

`jnp.hypot` computes max √(1 + (min/max)²). Where |a| = |b|, jax gives half of the derivative of `max` and of `min` to
each: the first derivative is right, and the second is 0. Here both take one of the two for the larger there, and the
formula is then smooth. `betaln` is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax

EXTREMA = {"max": lax.max, "min": lax.min}


def chosen(extremum: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """The larger or the smaller of two: of equal ones a is the larger. At 0, a kink, it is as jax has it."""
    return jnp.where((a == b) & (a != 0), a if extremum is lax.max else b, extremum(a, b))
