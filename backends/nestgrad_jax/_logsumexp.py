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
from jax import lax
from jax.custom_derivatives import SymbolicZero


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
    """Follows jax through one logsumexp: from the choice of entries over their largest to the product with weights."""

    def __init__(self, entries: Any) -> None:
        self._entries = entries
        self._largest: Any = None

    @classmethod
    def begun(cls, is_kept: Any, entries: Any, other: Any) -> tuple[Weights | None, Any]:
        """From the arguments of a `where`, and its result; two None, if it does not put minus infinity.

        The result is by another operation, so that the watch of an outer derivative does not begin once more.
        """
        if isinstance(other, jax.core.Tracer) or not np.array_equal(other, -np.inf):
            return None, None
        entries = jnp.broadcast_to(entries, is_kept.shape)
        return cls(entries), lax.select(is_kept, entries, jnp.full_like(entries, other))

    def product(self, operation: str, args: Any) -> Any:
        """The product with weights that vary, in the place of jax's; None, if the operation is another."""
        if operation == "sub":
            self._largest = args[1]
        if operation != "mul" or not isinstance(args[1], jax.core.Tracer):
            return None
        return _weighted(self._entries - self._largest, args[1])
