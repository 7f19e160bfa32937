"""Rules whose own derivative is wrong, as their programs tell: where there are no values, nothing else does.

Inside the user's own jit, vmap or scan no derivative is compared with differences. What a rule gives is a program
there, and two things in it are wrong whatever the values are, once it is differentiated again:

- the function's value is one that moves with x, since the rule gives it a derivative, but its program has it behind
  `stop_gradient` or finds it by comparisons in a loop, and the linear part is computed from that same value;
- the linear part depends on x behind `stop_gradient` alone.

A rule that calls its own function is neither, nor is one that goes through iterations which jax differentiates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import jax
from jax.core import Trace, Tracer, eval_context
from jax.extend.core import ClosedJaxpr, JaxprEqn, take_current_trace

from nestgrad.extend import RefusedOperation

from .dependence import CONSTANT, Dependence, Marks, Stopped, dependences
from .own_rules import name_of_rule

_REASON = (
    "its rule, which is none of jax's, takes for a constant what its linear part depends on. Let the rule call the "
    "function itself where it needs its value. Outside of your own tracing the rule would be verified; verify=False "
    "takes it as it is."
)

_levels: ContextVar[tuple[Trace, ...]] = ContextVar("nestgrad_jax_levels", default=())
"""The traces of the derivatives that are being taken, the outermost first."""
_compiled: ContextVar[bool] = ContextVar("nestgrad_jax_compiled", default=False)


def marked_as_compiled(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function f, to be compiled for a call: if that has values, it is compared with differences outside."""

    def traced(*args: Any, **kwargs: Any) -> Any:
        token = _compiled.set(_compiled.get() or _is_called_with_values())
        try:
            return f(*args, **kwargs)
        finally:
            _compiled.reset(token)

    return traced


def _is_called_with_values() -> bool:
    with eval_context(), take_current_trace() as evaluating:
        pass
    with take_current_trace() as trace:
        return getattr(trace, "parent_trace", None) is evaluating


@contextmanager
def level(trace: Trace) -> Iterator[tuple[Trace, ...]]:
    """A context for what a derivative differentiates, which gives the derivatives around it."""
    around = _levels.get()
    token = _levels.set((*around, trace))
    try:
        yield around
    finally:
        _levels.reset(token)


def refuse_frozen(f: Callable[..., Any], args: tuple[Any, ...], around: tuple[Trace, ...]) -> None:
    """Of a function that holds rules of somebody's own, where it is differentiated and the derivative again.

    Args:
        f: a function of `args`, evaluated once more.
        args: what it is differentiated in.
        around: the traces of the derivatives around it.

    Raises:
        RefusedOperation: one of the rules is wrong as its program tells.
    """
    if not around or _compiled.get():
        return
    leaves, structure = jax.tree.flatten(args)
    varies = [_varies_in(leaf, around) for leaf in leaves]
    if not any(varies):
        return

    def flat(*leaves: Any) -> list[Any]:
        result = f(*jax.tree.unflatten(structure, leaves))
        return [leaf for leaf in jax.tree.leaves(result) if isinstance(leaf, jax.Array)]

    try:
        program = jax.make_jaxpr(flat)(*map(_shape, leaves))
    except Exception:  # f needs more than shapes, and the call itself says so
        return
    try:
        dependences(program, _inputs(varies), _refuse)
    except RefusedOperation:
        raise
    except Exception:  # a version of jax whose programs are other ones: what they don't tell is nobody's error
        return


def _varies_in(leaf: Any, around: tuple[Trace, ...]) -> bool:
    """Whether an input of an inner derivative is one of those around it, or is computed from such a one."""
    primal = getattr(leaf, "primal", None)
    return isinstance(primal, Tracer) and any(primal._trace is trace for trace in around)


def _shape(leaf: Any) -> Any:
    aval = jax.typeof(leaf)
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype, weak_type=aval.weak_type)


def _inputs(varies: list[bool]) -> list[Dependence]:
    return [Dependence(frozenset([i]), frozenset([i])) if one else CONSTANT for i, one in enumerate(varies)]


def _refuse(equation: JaxprEqn, inputs: list[Dependence]) -> None:
    name = name_of_rule(equation.primitive, equation.params)
    if name is not None and _is_frozen(equation, [bool(one.seen) for one in inputs]):
        raise RefusedOperation(name, _REASON)


def _is_frozen(equation: JaxprEqn, varies: list[bool]) -> bool:
    """Whether a call of a function with a rule is wrong when its derivative in some of the inputs is differentiated."""
    if not any(varies):
        return False
    program, count = _derivative(equation, varies)
    extra = len(program.in_avals) - len(varies)
    outputs = dependences(program, [*_inputs(varies), *[CONSTANT] * extra])
    values, linear = outputs[:count], outputs[count:]
    moving = _union(one.hidden for one in values if one.values and not one.seen)
    if not moving.isdisjoint(_union(one.hidden for one in linear)):
        return True
    return any(not one.seen and any(isinstance(mark, Stopped) for mark in one.hidden) for one in linear)


def _union(marks: Iterator[Marks]) -> Marks:
    return frozenset().union(*marks)


def _derivative(equation: JaxprEqn, varies: list[bool]) -> tuple[ClosedJaxpr, int]:
    """The program of the call's values and of what its rule makes of tangents or cotangents, and how many values."""
    f = _alone(equation)
    shapes = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in equation.invars]
    outputs = [v.aval for v in equation.outvars]

    def along(inputs: tuple[Any, ...], change: Callable[..., Any]) -> Any:
        moving = [x for x, one in zip(inputs, varies, strict=True) if one]

        def of_moving(*moving: Any) -> Any:
            rest = iter(moving)
            return f(*[next(rest) if one else x for x, one in zip(inputs, varies, strict=True)])

        return change(of_moving, moving)

    if equation.primitive.name == "custom_jvp_call":
        changes = [shape for shape, one in zip(shapes, varies, strict=True) if one]

        def derivative(*given: Any) -> Any:
            return along(given[: len(varies)], lambda f, x: jax.jvp(f, tuple(x), given[len(varies) :]))
    else:
        changes = [jax.ShapeDtypeStruct(a.shape, a.to_tangent_aval().dtype) for a in outputs]

        def derivative(*given: Any) -> Any:
            def pulled(f: Callable[..., Any], x: Any) -> Any:
                values, pullback = jax.vjp(f, *x)
                return values, pullback(list(given[len(varies) :]))

            return along(given[: len(varies)], pulled)

    return jax.make_jaxpr(derivative)(*shapes, *changes), len(outputs)


def _alone(equation: JaxprEqn) -> Callable[..., Any]:
    """A call in a program as a function of its arguments."""
    primitive, params = equation.primitive, equation.params
    return lambda *args: primitive.bind(*args, **primitive.get_bind_params(params))
