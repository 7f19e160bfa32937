"""Looking at a traced program before it runs.

Under the user's own jit or scan, a nesting that a `jax.custom_vjp` function blocks is staged without
complaint and fails later, when the program is lowered, far from the call at fault (jax#16049). So
inside another trace a route is traced by itself first, and refused if its program holds the primitive
that cannot be lowered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax.core import eval_context
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, get_opaque_trace_state, jaxpr_as_fun, jaxprs_in_params
from jax.extend.source_info_util import summarize


class StagedCustomRule(Exception):
    """The traced program holds a custom_vjp's linear part, which has no lowering."""


def run_inspected(route: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """`route(*inputs)`; inside another trace, through a program that was looked at.

    Raises:
        StagedCustomRule: the program could not be lowered later; names the line of the user's code.
    """
    if not _inside_a_trace():
        return route(*inputs)  # runs at once, so what is wrong is raised here
    try:
        program, shape = jax.make_jaxpr(route, return_shape=True)(*inputs)
    except Exception:
        # f may need values, as where it branches, which the outer trace may have; else this raises again
        return route(*inputs)
    for equation in _equations(program.jaxpr):
        if equation.primitive.name == "custom_lin":
            raise StagedCustomRule(summarize(equation.source_info))
    outputs = jaxpr_as_fun(program)(*jax.tree_util.tree_leaves(inputs))
    return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(shape), outputs)


def _inside_a_trace() -> bool:
    with eval_context():
        outside = get_opaque_trace_state()
    return bool(get_opaque_trace_state() != outside)


def _equations(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    for equation in jaxpr.eqns:
        yield equation
        for inner in jaxprs_in_params(equation.params):
            yield from _equations(inner.jaxpr if isinstance(inner, ClosedJaxpr) else inner)
