"""Derivatives of functionals of a gradient: ∇(g∘∇f)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from ._choose import chosen_for_hvp, hvp_nesting
from ._compose import along, gradient
from ._first_order import numbers, selected
from ._inputs import check_scalar
from ._nesting import Nesting
from ._operator import Operator, Options
from ._problem import Problem, Rule
from ._spec import Backend
from .typing import Function, Leaves

Places = tuple[int, ...]


def nested_gradient(
    g: Function,
    f: Function,
    argnums: int | Sequence[int] = 0,
    *,
    inner_argnums: int | Sequence[int] = 0,
    nesting: str | Nesting = "auto",
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """The gradient of h(x, …) = g(∇f(x, …)), never forming the Hessian of f.

    With y = ∇f and w = ∇g(y), both mixed derivatives commute, so ∇h is one more pass over ∇f:

    - FR: the derivative along w, in the inner arguments, of the gradient in the outer arguments;
    - RF: the gradient in the outer arguments of the derivative of f along w in the inner ones;
    - RR: the gradient in the outer arguments of ⟨∇f, w⟩ with w held. f is evaluated once.

    Args:
        g: takes the inner gradient (a tuple of gradients if `inner_argnums` is a sequence) and
            returns a real floating scalar. Anything else it needs, such as targets, it captures.
        f: returns a real floating scalar of shape `()`.
        argnums: the arguments of f in which h is differentiated; the result is shaped like them.
        inner_argnums: the arguments of f in which f is differentiated inside h.
        nesting: `"FR"`, `"RF"`, `"RR"`, or `"auto"`: the backend's first choice.
        **options: `backend`, `compile`, `has_aux` (of f); see `Options`.

    So a gradient penalty, a force-matching or a physics-informed loss trains its parameters θ with
    `nested_gradient(g, f, argnums=1)(x, θ)`: ∇_θ g(∇ₓf(x, θ)).

    Law: ⟨∇h(x), δ⟩ = d/dα g(∇f(x + αδ)) at α = 0. Evaluations of f do not depend on the size of x.

    Raises:
        InvalidNestingError: the nesting is not one of those above.
        Otherwise as `gradient`, for f and for g.

    Example:
        >>> import numpy as np
        >>> f, g = lambda x: (x**3).sum(), lambda y: (y**2).sum()
        >>> nested_gradient(g, f, backend="autograd")(np.array([1.0, 2.0]))  # 36x³
        array([ 36., 288.])
    """
    outer, inner = numbers(argnums), numbers(inner_argnums)
    if nesting != "auto":
        hvp_nesting(nesting)

    def sides(problem: Problem) -> tuple[_Side, _Side]:
        """The outer and the inner arguments; they may be the same ones."""
        slots = problem.layout.slots
        return _Side(problem, slots[: len(outer)]), _Side(problem, slots[len(outer) :])

    def g_of_leaves(problem: Problem, y: Leaves) -> Any:
        value = g(selected(inner_argnums, sides(problem)[1].trees(y)))
        check_scalar(problem.backend, value, "g")
        return value

    def solve(problem: Problem, nesting: Nesting) -> tuple[Any, ...]:
        weight = gradient(problem.backend, lambda *y: g_of_leaves(problem, y))
        outer_side, inner_side = sides(problem)
        result, *aux = _solve(problem, weight, outer_side.leaves, inner_side.leaves, nesting)
        return selected(argnums, outer_side.trees(result)), *aux

    def evaluate(problem: Problem) -> Any:
        f = _without_aux(problem.f, problem.has_aux)
        value = f(*problem.x)
        try:
            y = _partial_gradient(problem.backend, f, sides(problem)[1].leaves)(*problem.x)
        except Exception:  # then g was not reached: what failed is the engine
            return value
        g_of_leaves(problem, y)
        return value

    rule = Rule(
        "nested_gradient",
        0,
        (*outer, *inner),
        lambda backend: chosen_for_hvp(backend, nesting),
        solve,
        evaluate=evaluate,
    )
    return Operator(f, rule, **options)


class _Side:
    """Some of the differentiated arguments. 0 and -1 may be the same one, so its leaves are taken once."""

    def __init__(self, problem: Problem, slots: tuple[int, ...]) -> None:
        self._problem, self._slots, self._once = problem, slots, tuple(dict.fromkeys(slots))
        self.leaves: Places = problem.layout.leaves_of(self._once)

    def trees(self, leaves: Leaves) -> tuple[Any, ...]:
        """Leaves of these arguments, in a row, as one tree for each of the argnums."""
        trees = self._problem.layout.trees(self._problem.backend, leaves, self._once)
        return tuple(trees[self._once.index(slot)] for slot in self._slots)


def _solve(problem: Problem, weight: Function, outer: Places, inner: Places, nesting: Nesting) -> tuple[Any, ...]:
    """∇h in the outer leaves, and f's aux; `weight` is ∇g, `outer` and `inner` are places among the leaves."""
    backend, f, x = problem.backend, problem.f, problem.x
    if nesting == Nesting("RR"):
        inner_gradient = _partial_gradient(backend, f, inner, problem.has_aux)
        y, pullback, *aux = backend.vjp(_held(inner_gradient, x, outer), *_at(x, outer), has_aux=problem.has_aux)
        return pullback(weight(*y)), *aux
    y, *aux = _with_aux(_partial_gradient(backend, f, inner, problem.has_aux)(*x), problem.has_aux)
    w, f = weight(*y), _without_aux(f, problem.has_aux)
    if nesting == Nesting("FR"):
        outer_gradient = _partial_gradient(backend, f, outer)
        return along(backend, _held(outer_gradient, x, inner), w)(*_at(x, inner)), *aux
    descent = lambda *x: along(backend, _held(f, x, inner), w)(*_at(x, inner))  # noqa: E731
    return _partial_gradient(backend, descent, outer)(*x), *aux


def _partial_gradient(backend: Backend, f: Function, places: Places, has_aux: bool = False) -> Function:
    """The gradient of f in the leaves at these places, as a function of all leaves."""
    return lambda *x: gradient(backend, _held(f, x, places), has_aux)(*_at(x, places))


def _held(f: Function, x: Leaves, places: Places) -> Function:
    """F as a function of the leaves at these places, the others held at x."""

    def held(*moving: Any) -> Any:
        leaves = list(x)
        for place, leaf in zip(places, moving, strict=True):
            leaves[place] = leaf
        return f(*leaves)

    return held


def _at(x: Leaves, places: Places) -> Leaves:
    return tuple(x[place] for place in places)


def _with_aux(output: Any, has_aux: bool) -> tuple[Any, ...]:
    return tuple(output) if has_aux else (output,)


def _without_aux(f: Function, has_aux: bool) -> Function:
    return (lambda *x: f(*x)[0]) if has_aux else f
