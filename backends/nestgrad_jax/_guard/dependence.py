"""What the outputs of a program depend on, and how much of that a derivative by jax sees.

A value may depend on an input where its derivative is zero: behind `stop_gradient`, and where a loop finds it by
comparisons, as bisection does. Such a value is marked, and what is computed from it by smooth operations has its mark.
A step alone, such as the sign of an input, has the derivative that jax gives it, and no mark.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from nestgrad_jax._callers import counts_of_scan

Marks = frozenset[Hashable]

_NONE: Marks = frozenset()
_STEPS = ("sign", "floor", "ceil", "round")
_CALLS = {"jit": "jaxpr", "remat2": "jaxpr", "checkpoint": "jaxpr", "closed_call": "call_jaxpr"}
"""Operations that are calls of a program with the same arguments, and the parameter that holds it."""


class Carried(NamedTuple):
    """The value of a loop's carry before a step."""

    loop: int
    place: int


class Compared(NamedTuple):
    """A comparison of a carry with what depends on inputs decided something."""

    carried: Carried


class Found(NamedTuple):
    """What a loop has found: comparisons of the value itself with inputs decided it."""

    loop: int
    place: int


class Stopped(NamedTuple):
    """A value that moves smoothly with inputs, where the gradient was stopped."""

    place: int


class Dependence(NamedTuple):
    """What a value depends on.

    Attributes:
        values: all inputs, in whatever way; and the carries of loops around it.
        seen: the inputs in which jax's derivative may be other than zero.
        hidden: the values behind which the derivative is lost, on which it depends smoothly.
    """

    values: Marks = _NONE
    seen: Marks = _NONE
    hidden: Marks = _NONE


CONSTANT = Dependence()
Meet = Callable[[JaxprEqn, list[Dependence]], None]


def dependences(
    program: Jaxpr | ClosedJaxpr, inputs: Sequence[Dependence], meet: Meet | None = None
) -> list[Dependence]:
    """Of each output of a program, by those of its inputs; `meet` gets each operation."""
    jaxpr: Jaxpr = getattr(program, "jaxpr", program)
    known = dict(zip(jaxpr.invars, inputs, strict=True))

    def of(variable: Any) -> Dependence:
        return CONSTANT if isinstance(variable, Literal) else known.get(variable, CONSTANT)

    for equation in jaxpr.eqns:
        found = _of_equation(equation, [of(variable) for variable in equation.invars], meet)
        known.update(zip(equation.outvars, found, strict=True))
    return [of(variable) for variable in jaxpr.outvars]


def _of_equation(equation: JaxprEqn, inputs: list[Dependence], meet: Meet | None) -> list[Dependence]:
    name, params = equation.primitive.name, equation.params
    if meet is not None:
        meet(equation, inputs)
    if name in _CALLS and _CALLS[name] in params:
        return dependences(params[_CALLS[name]], inputs, meet)
    if name in _LOOPS:
        return _LOOPS[name](equation, inputs, meet)
    if name == "cond":
        return _of_cond(equation, inputs, meet)
    if _is_zero(equation):
        return [CONSTANT]
    return [_smooth(equation, output, inputs) for output in equation.outvars]


def _of_cond(equation: JaxprEqn, inputs: list[Dependence], meet: Meet | None) -> list[Dependence]:
    chosen, *operands = inputs
    branches = [dependences(branch, operands, meet) for branch in equation.params["branches"]]
    decided = Dependence(chosen.values | _compared(chosen))
    return [_joined([decided, *outputs]) for outputs in zip(*branches, strict=True)]


def _is_zero(equation: JaxprEqn) -> bool:
    """Whether it is a product with zero, which is how one makes zeros of some shape."""
    literals = [variable.val for variable in equation.invars if isinstance(variable, Literal)]
    return equation.primitive.name == "mul" and any(jnp.ndim(value) == 0 and value == 0 for value in literals)


def _smooth(equation: JaxprEqn, output: Any, inputs: list[Dependence]) -> Dependence:
    """Of the output of a single operation, which is smooth in real arguments unless it is one of a few."""
    name, whole = equation.primitive.name, _joined(inputs)
    if not _is_real(output):
        return Dependence(whole.values)
    discrete = [d for d, v in zip(inputs, equation.invars, strict=True) if name in _STEPS or not _is_real(v)]
    values = whole.values.union(*map(_compared, discrete))
    if name in _STEPS:
        return Dependence(values)
    if name == "stop_gradient":
        stopped = {Stopped(id(equation))} if whole.seen else _NONE
        return Dependence(values, _NONE, whole.hidden | stopped)
    return Dependence(values, whole.seen, whole.hidden)


def _compared(discrete: Dependence) -> Marks:
    """What was compared with inputs, where something discrete decides."""
    carries = {mark for mark in discrete.values if isinstance(mark, Carried)}
    has_inputs = any(not isinstance(mark, (Carried, Compared)) for mark in discrete.values)
    return frozenset(map(Compared, carries)) if has_inputs else _NONE


def _of_while(equation: JaxprEqn, inputs: list[Dependence], meet: Meet | None) -> list[Dependence]:
    params = equation.params
    first, end = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    asked, constants, initial = inputs[:first], inputs[first:end], inputs[end:]

    def step(carries: list[Dependence]) -> list[Dependence]:
        (goes_on,) = dependences(params["cond_jaxpr"], [*asked, *carries])
        counted = Dependence(goes_on.values)
        return [_joined([one, counted]) for one in dependences(params["body_jaxpr"], [*constants, *carries], meet)]

    return _searched(equation, step, initial)


def _of_scan(equation: JaxprEqn, inputs: list[Dependence], meet: Meet | None) -> list[Dependence]:
    constant_count, carry_count = counts_of_scan(equation.params)
    end = constant_count + carry_count
    constants, initial, slices = inputs[:constant_count], inputs[constant_count:end], inputs[end:]

    def step(carries: list[Dependence]) -> list[Dependence]:
        return dependences(equation.params["jaxpr"], [*constants, *carries, *slices], meet)

    return _searched(equation, step, initial)


_LOOPS = {"while": _of_while, "scan": _of_scan}


def _searched(
    equation: JaxprEqn, step: Callable[[list[Dependence]], list[Dependence]], initial: list[Dependence]
) -> list[Dependence]:
    """What a loop gives: the step is repeated until nothing is added, since dependences only grow."""
    loop, count = id(equation), len(initial)
    carries = [Dependence(one.values | {Carried(loop, i)}, *one[1:]) for i, one in enumerate(initial)]
    while True:
        outputs = step(carries)
        grown = [_joined(pair) for pair in zip(carries, outputs[:count], strict=True)]
        if grown == carries:
            break
        carries = grown
    carries = [_found(one, Carried(loop, i)) for i, one in enumerate(carries)]
    return [_outside(one, loop) for one in (*carries, *outputs[count:])]


def _found(carry: Dependence, itself: Carried) -> Dependence:
    if Compared(itself) not in carry.values or carry.seen:
        return carry
    return carry._replace(hidden=carry.hidden | {Found(*itself)})


def _outside(one: Dependence, loop: int) -> Dependence:
    """Without the marks of a loop that is over."""
    ended = {mark for mark in one.values if isinstance(mark, (Carried, Compared)) and _loop_of(mark) == loop}
    return one._replace(values=one.values - ended)


def _loop_of(mark: Carried | Compared) -> int:
    return mark.carried.loop if isinstance(mark, Compared) else mark.loop


def _joined(all_of: Sequence[Dependence]) -> Dependence:
    return Dependence(*(frozenset().union(*marks) for marks in zip(*all_of, strict=True))) if all_of else CONSTANT


def _is_real(variable: Any) -> bool:
    dtype = getattr(variable.aval, "dtype", None)  # a token has none
    return dtype is not None and bool(jnp.issubdtype(dtype, jnp.inexact))
