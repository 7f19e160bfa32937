"""What users of JAX put around an operator."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax

from .users import by_compiler, by_gradient, by_gradient_in_direction, by_linearize


def _gradient(f: Any, leaves: Any) -> Any:
    return jax.grad(f, argnums=tuple(range(len(leaves))))(*leaves)


jit = partial(by_compiler, compile=jax.jit)
grad = partial(by_gradient, gradient=_gradient)
grad_in_direction = partial(by_gradient_in_direction, gradient=_gradient)
linearize = partial(by_linearize, linearize=jax.linearize)
