"""Factors that jax reads from one triangle of a matrix, and differentiates as if it read the other one too.

`jnp.linalg.cholesky` and `eigh` make the matrix symmetric first, and are right. `jax.scipy.linalg.cholesky`, what is
built on it, and `symmetrize_input=False` do not (jax#12795). Here the matrix is the triangle and its mirror image.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

READS_ONE = ("cholesky", "eigh")
"""The primitives."""


def mirrored(args: Any, params: Any) -> Any:
    """The arguments of such a primitive, of a matrix that varies what is read of it."""
    matrix, *others = args
    if not isinstance(matrix, jax.core.Tracer):
        return args
    triangle = jnp.tril(matrix, -1) if params.get("lower", True) else jnp.triu(matrix, 1)
    diagonal = jnp.where(jnp.eye(matrix.shape[-1], dtype=bool), matrix, jnp.zeros((), matrix.dtype))
    return [triangle + jnp.conj(jnp.swapaxes(triangle, -1, -2)) + diagonal, *others]


def is_harmless(program: Any, equation: Any) -> bool:
    """Whether a program makes the matrix symmetric first, or this is a jit of the primitive's name, which does so."""
    return equation.primitive.name not in READS_ONE or _is_symmetrized(program, equation)


def _is_symmetrized(program: Any, equation: Any) -> bool:
    """Whether a program makes the matrix of such a primitive symmetric, as (a + aᴴ) / 2, before it is factored."""
    made = {variable: one for one in program.eqns for variable in one.outvars}
    half = made.get(equation.invars[0])
    total = made.get(half.invars[0]) if half is not None and half.primitive.name == "div" else None
    if total is None or total.primitive.name not in {"add", "add_any"}:
        return False
    left, right = total.invars
    other = made.get(right)
    while other is not None and other.primitive.name in {"conj", "transpose"}:
        right = other.invars[0]
        other = made.get(right)
    return right is left
