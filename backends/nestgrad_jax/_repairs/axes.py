"""The axes of a result. Under vmap an array may have its axes in another order than what jax computes of it.

Values that are all different tell which.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def order_of_axes(f: Callable[..., Any], result: Callable[..., Any], x: Any) -> tuple[int, ...]:
    """The axes of x in the order in which f, which is `result` of each number, has them in its result."""
    with jax.ensure_compile_time_eval():
        probe = jnp.linspace(0.1, 0.4, x.size, dtype=x.dtype).reshape(x.shape)
        there, here = np.asarray(f(probe)), np.asarray(result(probe))
    fitting = [axes for axes in itertools.permutations(range(x.ndim)) if here.transpose(axes).shape == there.shape]
    return min(fitting, key=lambda axes: float(np.abs(here.transpose(axes) - there).max(initial=0)))


def axes_of_last(f: Callable[..., Any], result: Callable[..., Any], *args: Any) -> tuple[int, ...] | None:
    """The same for the last argument of f; the others are constants, if f is of a program. None if they vary."""
    *constants, x = args
    if not any(isinstance(constant, jax.core.Tracer) for constant in constants):
        return order_of_axes(lambda probe: f(*constants, probe), result, x)
    return tuple(range(x.ndim)) if x.ndim <= 1 else None
