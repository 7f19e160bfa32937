"""Which of jax's primitives a function runs, and the programs that it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from ._guard.programs import equations


def operations(f: Callable[..., Any], *inputs: Any) -> frozenset[str]:
    """See `nestgrad.extend.Abilities.operations`; a function that needs values cannot be traced."""
    program = jax.make_jaxpr(f)(*inputs)
    return frozenset(equation.primitive.name for equation in equations(program.jaxpr))
