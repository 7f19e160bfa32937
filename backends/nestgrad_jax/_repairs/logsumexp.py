"""`logsumexp` with weights, differentiable in a weight that is zero.

jax puts minus infinity in the place of an entry whose weight is 0, so that a mask can hide what is not finite. The
derivative in the weight, which is exp of the entry, goes with it (jax#22398). Here the product of a weight and its
exponential is one function, with the same value.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from nestgrad.extend import RefusedOperation


@jax.custom_jvp
def _weighted(exponent: Any, weight: Any) -> Any:
    """The product of the weight with exp(exponent); 0 where the weight is, whatever the exponent."""
    is_zero = weight == 0
    return jnp.where(is_zero, 0, weight * jnp.exp(jnp.where(is_zero, 0, exponent)))


def _rule(primals: Any, tangents: Any) -> Any:
    """A weight that does not vary, such as a mask, has a symbolic zero, by which no infinity is multiplied."""
    (exponent, weight), (exponents, weights) = primals, tangents
    value = _weighted(exponent, weight)
    tangent = jnp.zeros_like(value)
    if not isinstance(exponents, SymbolicZero):
        tangent += value * exponents
    if not isinstance(weights, SymbolicZero):
        tangent += jnp.exp(exponent) * weights
    return value, tangent


_weighted.defjvp(_rule, symbolic_zeros=True)


class Weights:
    """Follows jax through one logsumexp: from the choice of entries over their largest to the product with weights.

    Each operation is known by the result of the one before, so that what a vmap moves in between is not mistaken.
    """

    def __init__(self, entries: Any, chosen: Any) -> None:
        self._entries, self._last = entries, chosen
        self._largest: Any = None
        self._pending: str | None = None

    @classmethod
    def begun(cls, where: Any, is_kept: Any, entries: Any, other: Any) -> tuple[Weights | None, Any]:
        """From jax's program of a `where` and its arguments, and its result; two None, if it puts no minus infinity.

        The program is run operation by operation, so that the watch of an outer derivative does not begin once more.
        Without a mask it gives the entries, wherever a vmap has put their axes.
        """
        if isinstance(other, jax.core.Tracer) or not np.array_equal(other, -np.inf):
            return None, None
        (chosen,), (kept,) = where(is_kept, entries, other), where(jnp.ones_like(is_kept), entries, other)
        return cls(kept, chosen), chosen

    def follow(self, operation: str, args: Any) -> None:
        """Before an operation that is handed on: whether its result is the next that is looked for."""
        is_next = args and args[0] is self._last
        self._pending = operation if is_next and operation in ("sub", "exp") else None
        if self._pending == "sub":
            self._largest = args[1]

    def followed(self, result: Any) -> None:
        """After it."""
        if self._pending is not None:
            self._last, self._pending = result, None

    def product(self, args: Any) -> Any:
        """The product with weights that vary, in the place of jax's; None, if they do not.

        Raises:
            RefusedOperation: a vmap has moved the axes of what is multiplied.
        """
        if not isinstance(args[1], jax.core.Tracer):
            return None
        if args[0] is not self._last or self._largest is None:
            raise RefusedOperation("logsumexp", "under this vmap a weight that is zero would be taken for a constant.")
        return _weighted(self._entries - self._largest, args[1])
