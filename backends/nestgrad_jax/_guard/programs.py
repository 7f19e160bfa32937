"""Looking at a traced program before it runs.

Under the user's own jit or scan, a nesting that a `jax.custom_vjp` function blocks is staged without
complaint and fails later, when the program is lowered, far from the call at fault (jax#16049). So
inside another trace a route is traced by itself first, and refused if its program holds the primitive
that cannot be lowered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import jax
from jax.core import eval_context
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, get_opaque_trace_state, jaxpr_as_fun, jaxprs_in_params
from jax.extend.source_info_util import summarize
from jax.interpreters.partial_eval import dce_jaxpr

from nestgrad.extend import Mode, Nesting, RefusedOperation, recognised
from nestgrad_jax._messages import CUSTOM_VJP, MESSAGES

_looking: ContextVar[bool] = ContextVar("nestgrad_jax_looking", default=False)


def run_inspected(nesting: Nesting, route: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """`route(*inputs)`; inside another trace, through a program that was looked at.

    Raises:
        RefusedOperation: the program holds the linear part of a custom_vjp, which could not be lowered later; it names
            the line of the user's code.
    """
    if _looking.get() or not _inside_a_trace():
        return route(*inputs)  # part of a program that is being looked at, or runs at once and raises here
    token = _looking.set(True)
    try:
        try:
            program, shape = jax.make_jaxpr(route, return_shape=True)(*inputs)
        except Exception as error:
            if isinstance(error, RefusedOperation) or recognised(MESSAGES, error, nesting):
                raise
            # f may need values, as where it branches, which the outer trace may have; else this raises again
            return route(*inputs)
    finally:
        _looking.reset(token)
    # jax does not lower dead code, so it is not looked at
    alive, _ = dce_jaxpr(program.jaxpr, [True] * len(program.jaxpr.outvars), instantiate=True)
    for equation in equations(alive):
        if equation.primitive.name == "custom_lin":
            where = summarize(equation.source_info)
            raise RefusedOperation("custom_vjp", f"{CUSTOM_VJP} ({where}).", Mode.REVERSE)
    outputs = jaxpr_as_fun(ClosedJaxpr(alive, program.consts))(*inputs)
    return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(shape), outputs)


def is_looking() -> bool:
    """Whether a route is being traced, inside another trace, for a look at its program."""
    return _looking.get()


def _inside_a_trace() -> bool:
    with eval_context():
        outside = get_opaque_trace_state()
    return bool(get_opaque_trace_state() != outside)


def equations(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    for equation in jaxpr.eqns:
        yield equation
        for inner in jaxprs_in_params(equation.params):
            yield from equations(inner.jaxpr if isinstance(inner, ClosedJaxpr) else inner)
