"""A nesting on a backend, by the backend's own method or by the composition."""

from __future__ import annotations

from typing import Any

from ._compose import compose, gradient, value_and_gradient
from ._nesting import Mode, Nesting
from ._problem import Problem
from ._spec import provides


def solve_derivative(problem: Problem, nesting: Nesting) -> tuple[Any, ...]:
    """The derivative that `nesting` names, gradients in the structure of x."""
    if _is_native(problem, nesting):
        *_, result = _native(problem, nesting)
        return (result if Mode.REVERSE not in nesting else _reopen(problem, result),)
    derive = compose(problem.backend, nesting)
    result = derive(problem.f, problem.x, *problem.directions, has_aux=problem.has_aux)
    result, *aux = result if problem.has_aux else (result,)
    return (result if Mode.REVERSE not in nesting else problem.shaped(result)[0]), *aux


def solve_gradient_and_hvp(problem: Problem, nesting: Nesting) -> tuple[Any, ...]:
    """(∇f(x), ∇²f(x)v), both in the structure of x, f evaluated once unless the nesting is RF."""
    if _is_native(problem, nesting) and nesting.inner is Mode.REVERSE:
        return (tuple(_reopen(problem, part) for part in _native(problem, nesting)),)
    backend, f, x, (v,) = problem.backend, problem.f, problem.x, problem.directions
    if nesting.inner is Mode.FORWARD:
        (_, first), *aux = value_and_gradient(backend, f, x, problem.has_aux)
        product, *_ = solve_derivative(problem, nesting)
        return (problem.shaped(first)[0], product), *aux
    gradient_of_f = gradient(backend, f, problem.has_aux)
    if nesting.outer is Mode.FORWARD:
        first, product, *aux = backend.jvp(gradient_of_f, x, v, has_aux=problem.has_aux)
    else:
        first, pullback, *aux = backend.vjp(gradient_of_f, *x, has_aux=problem.has_aux)
        product = pullback(v)
    return (problem.shaped(first)[0], problem.shaped(product)[0]), *aux


def _is_native(problem: Problem, nesting: Nesting) -> bool:
    """Whether the backend's own method can run this problem: it has no aux, and may take one array only."""
    single = len(problem.x) == 1 or not getattr(problem.backend, "flat_only", False)
    return nesting.order == 2 and not problem.has_aux and single and provides(problem.backend, str(nesting))


def _native(problem: Problem, nesting: Nesting) -> tuple[Any, ...]:
    """The backend's own second-order method: on the bare array if x is one, else on the tuple of leaves."""
    method = getattr(problem.backend, str(nesting))
    if len(problem.x) == 1:
        return tuple(method(problem.f, problem.x[0], *(v for (v,) in problem.directions)))
    return tuple(method(lambda leaves: problem.f(*leaves), problem.x, *problem.directions))


def _reopen(problem: Problem, result: Any) -> Any:
    """A native method's gradient-like result in the structure of x."""
    return problem.shaped((result,) if len(problem.x) == 1 else tuple(result))[0]
