"""`boxcox` and `boxcox1p` with derivatives in λ that hold at zero, of every order.

jax chooses the logarithm L where λ is zero, which does not depend on λ, and elsewhere (exp(λL) - 1) / λ. That is L
times a series in λL, and holds at zero. The operations of the call are followed: under vmap axes move between them.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from nestgrad.extend import RefusedOperation

NAMES = ("boxcox", "boxcox1p")
_OPERATIONS = ("mul", "expm1", "div", "broadcast_in_dim", "reshape", "transpose", "squeeze", "convert_element_type")
_EAGER = {"multiply": "mul", "true_divide": "div"}  # jits of jax
_NEAR, _TERMS = 1.0, 28  # of the series, with digits to spare for derivatives


def _name(primitive: Any, params: Any) -> str:
    name = params["name"] if primitive.name == "jit" else primitive.name
    return _EAGER.get(name, name)


def is_followed(primitive: Any, params: Any) -> bool:
    """Whether an operation may be one of such a call."""
    return _name(primitive, params) in _OPERATIONS


class Power:
    """A call, from where λ is made safe to divide by."""

    def __init__(self, exponent: Any, safe: Any) -> None:
        self._exponent, self._safe = exponent, safe
        self._product: Any = None
        self._logarithm: Any = None
        self._grown: Any = None
        self._power: Any = None

    def ends_with(self, chosen: Any) -> bool:
        """Whether this is the value away from zero, between which and the logarithm jax chooses."""
        return self._power is not None and chosen is self._power

    def result(self, primitive: Any, params: Any, args: Any) -> Any:
        """The result of the next operation of the call, or None if it is none of it."""
        name = _name(primitive, params)

        def again(*args: Any) -> Any:
            result = primitive.bind(*args, **params)
            return result[0] if primitive.multiple_results else result

        if self._product is None:
            return self._multiplied(name, again, args)
        if name == "expm1" and args[0] is self._product:
            self._grown = again(*args)
            return self._grown
        if name == "div" and self._grown is not None and self._power is None:
            self._check(args[0] is self._grown)
            self._power = self._divided(again, *args)
            return self._power
        return None

    def _multiplied(self, name: str, again: Any, args: Any) -> Any:
        """The product with the logarithm. The operation itself tells where a vmap has put the axes of the factors."""
        if name == "mul":
            self._check(args[0] is self._safe)
            self._exponent = again(self._exponent, jnp.ones_like(args[1]))
            self._logarithm = again(jnp.ones_like(args[0]), args[1])
            self._product = again(*args)
            return self._product
        if name in {"expm1", "div"} or args[0] is not self._safe:
            return None
        self._exponent, self._safe = again(self._exponent), again(self._safe)
        return self._safe

    def _divided(self, again: Any, grown: Any, safe: Any) -> Any:
        """The quotient. No `jnp.where`, for which the watch of an outer derivative would begin once more."""
        product, one = self._exponent * self._logarithm, jnp.ones_like(safe)
        zero = jnp.zeros_like(product)
        is_near = lax.abs(product) < _NEAR  # of infinite logarithms it is not
        logarithm, product = lax.select(is_near, self._logarithm, zero), lax.select(is_near, product, zero)
        series = jnp.ones_like(product)
        for n in reversed(range(2, _TERMS)):
            series = 1 + product * series / n
        is_other = is_near | (self._exponent == 0)
        other = again(lax.select(is_near, logarithm * series, self._logarithm), one)
        return lax.select(again(is_other.astype(other.dtype), one) > 0, other, again(grown, safe))

    def _check(self, is_known: bool) -> None:
        if not is_known and isinstance(self._exponent, jax.core.Tracer):
            raise RefusedOperation(
                "boxcox",
                "jax's derivative in lmbda is 0 where it is 0; write jnp.expm1(lmbda * jnp.log(x)) / lmbda away from "
                "0, and its Taylor series near it.",
            )
