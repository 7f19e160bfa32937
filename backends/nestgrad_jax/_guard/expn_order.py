"""The order of an exponential integral, which jax takes for a constant.

The rule of `jax.scipy.special.expn` has `nondiff_argnums`: jax stops the gradient of the order before it calls the
rule, so that the derivative in it is 0, as if E_n did not depend on n. jax 0.12 cuts the order off to a whole number
instead: `expn` is a plain function there, whose rule is another one's, and none of this is met.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Trace, Tracer
from jax.scipy.special import expn

from nestgrad.extend import RefusedOperation
from nestgrad_jax._callers import own_rule
from nestgrad_jax._repairs.table import REFUSED

_CALL = inspect.unwrap(jax.custom_jvp.__call__).__code__
"""To ask a frame for its variables makes it keep them: of any other, an exception that holds the frame, for good."""


def refuse_if_order(trace: Trace, stopped: Any) -> None:
    """Of a value whose gradient is being stopped.

    Raises:
        RefusedOperation: it varies, and is the order.
    """
    values = _stopped_in_expn(stopped)
    if any(isinstance(value, Tracer) and value._trace is trace and _is_real(value) for value in values):
        raise _error()


def refuse_if_traced(f: Any, args: Any) -> None:
    """Of a call of a rule in a program, where an order that is no constant of it comes before the argument.

    Raises:
        RefusedOperation: it is a real number; an integer has no derivative.
    """
    if len(args) > 1 and own_rule(f) == "expn" and _is_real(args[0]):
        raise _error()


def _is_real(value: Any) -> bool:
    return bool(jnp.issubdtype(jnp.result_type(value), jnp.inexact))


def _stopped_in_expn(stopped: Any) -> list[Any]:
    """The value, and what it was in each vmap, whose rule takes it out of the derivative first; none if not in expn."""
    values, frame = [stopped], sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "_stop_gradient_batch_rule":
            values.extend(frame.f_locals["batched_args"])
        if frame.f_code is _CALL and frame.f_locals.get("self") is expn:
            return values
        frame = frame.f_back  # type: ignore[assignment]
    return []


def _error() -> RefusedOperation:
    return RefusedOperation("expn", REFUSED["expn"])
