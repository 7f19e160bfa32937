"""`erfcx`, whose derivative jax 0.12.0.1 differentiates for a number alone.

The rule of its rule chooses between an array and a number, which jax refuses. Taken number by number it is right.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy import special

from .axes import axes_of_last

_erfcx = jnp.vectorize(special.erfcx)


@functools.cache
def fails_for_arrays() -> bool:
    """Whether this jax is one that raises. Nothing is computed."""
    try:
        jax.eval_shape(jax.hessian(lambda x: special.erfcx(x).sum()), jax.ShapeDtypeStruct((1,), jnp.float32))
    except TypeError:
        return True
    return False


def erfcx_of(f: Callable[..., Any], *args: Any) -> list[Any] | None:
    """What f, which is jax's erfcx under transformations, gives for its last argument; None if that cannot be told."""
    axes = axes_of_last(lambda *args: f(*args)[0], special.erfcx, *args)
    return None if axes is None else [jnp.transpose(_erfcx(args[-1]), axes)]
