"""Derivatives of functionals of a gradient: ∇(g∘∇f)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from ._argnums import numbers, shaping
from ._basis import gradient_over_a_basis, second_over_a_basis
from ._choose import candidates, hvp_nesting
from ._compose import along, at, compose_gradient_vjp, gradient, held, partial_gradient
from ._definition import Comparison, Definition, Solve
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._operator import Operator, Options
from ._user_function import UserFunction
from .typing import Function, Leaves, P

Places = tuple[int, ...]


def nested_gradient(
    g: Function,
    f: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    *,
    inner_argnums: int | Sequence[int] = 0,
    nesting: str | Nesting = "auto",
    **options: Unpack[Options],
) -> Callable[P, Any]:
    """The gradient of h(x, …) = g(∇f(x, …)), never forming the Hessian of f.

    With y = ∇f and w = ∇g(y), both mixed derivatives commute, so ∇h is one more pass over ∇f:

    - FR: the derivative along w, in the inner arguments, of the gradient in the outer arguments;
    - RF: the gradient in the outer arguments of the derivative of f along w in the inner ones;
    - RR: the gradient in the outer arguments of ⟨∇f, w⟩ with w held. f is evaluated once;
    - `"auto"`, where none of these is right: the derivatives of f along w and along each of up to 64 unit vectors.

    Args:
        g: takes the inner gradient (a tuple of gradients if `inner_argnums` is a sequence) and
            returns a real floating scalar. Anything else it needs, such as targets, it captures.
        f: returns a real floating scalar of shape `()`.
        argnums: the arguments of f in which h is differentiated; the result is shaped like them.
        inner_argnums: the arguments of f in which f is differentiated inside h.
        nesting: `"FR"`, `"RF"`, `"RR"`, or `"auto"`; see `hvp`.
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
    return Operator(f, _NestedGradient(g, argnums, inner_argnums, nesting), **options)


class _NestedGradient(Definition):
    """∇(g∘∇f). Law: ⟨∇h(x), δ⟩ = d/dα g(∇f(x + αδ)) at α = 0."""

    name, is_verified, takes_auto = "nested_gradient", True, True

    def __init__(
        self,
        g: Function,
        argnums: int | Sequence[int],
        inner_argnums: int | Sequence[int],
        nesting: str | Nesting,
    ) -> None:
        self._outer, self._inner = argnums, inner_argnums
        self._count = len(numbers(argnums))
        self.argnums = (*numbers(argnums), *numbers(inner_argnums))
        self.functions = (g,)
        self._g = g if isinstance(inner_argnums, int) else lambda *trees: g(trees)
        self._asked = nesting if nesting == "auto" else hvp_nesting(nesting)  # misspelt, it is an error now

    def by(self, nesting: Nesting) -> Definition | None:
        if Mode.REVERSE not in nesting:
            return None
        return _NestedGradient(self.functions[0], self._outer, self._inner, nesting)

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return candidates(offers, self._asked)

    def comparison(
        self,
        offers: Offers,
        nesting: Nesting,
        f: Function,
        x: Leaves,
        directions: tuple[Leaves, ...],
        layout: Layout,
        result: Any,
    ) -> Comparison | None:
        outer, inner = self._sides(layout)
        y = partial_gradient(offers.backend, f, inner.leaves)(*x)
        weights = dict(zip(inner.leaves, _gradient(offers, inner.function(self._g))(*y), strict=True))
        direction = tuple(weights.get(place) for place in range(len(x)))
        return Comparison(partial_gradient(offers.backend, f, outer.leaves), direction, result)

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        outer, inner = self._sides(layout)
        derive = _ROUTES[nesting.code](offers, outer.leaves, inner.leaves, has_aux)
        shaped = shaping(self._outer, outer.layout)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            g = inner.function(self._g, getattr(f, "verify", None))
            result, *aux = derive(f, x, _gradient(offers, g))
            return shaped(result), *aux

        return solve

    def undifferentiated(self, offers: Offers, f: Function, x: Leaves, layout: Layout, has_aux: bool) -> Any:
        f, (_, inner) = _without_aux(f, has_aux), self._sides(layout)
        value = f(*x)
        try:
            y = partial_gradient(offers.backend, f, inner.leaves)(*x)
        except Exception:  # then g was not reached: what failed is the engine
            return value
        inner.function(self._g)(*y)
        return value

    def _sides(self, layout: Layout) -> tuple[_Side, _Side]:
        """The outer and the inner arguments; they may be the same ones."""
        return _Side(layout, layout.slots[: self._count]), _Side(layout, layout.slots[self._count :])


class _Side:
    """Some of the differentiated arguments. 0 and -1 may be the same one, so its leaves are taken once."""

    def __init__(self, layout: Layout, slots: tuple[int, ...]) -> None:
        once = tuple(dict.fromkeys(slots))
        self.leaves: Places = layout.leaves_of(once)
        structures = tuple(layout.structures[slot] for slot in once)
        self.layout = Layout(tuple(range(len(once))), tuple(map(once.index, slots)), structures, layout.offers)

    def function(self, g: Function, verify: bool | str | None = None) -> UserFunction:
        """G, which takes one tree for each of the argnums, as a function of leaves."""
        slots = self.layout.slots
        each = g if slots == self.layout.places else lambda *trees: g(*(trees[slot] for slot in slots))
        return UserFunction(each, self.layout, verify=verify, name="g")


def _gradient(offers: Offers, g: Function) -> Function:
    native = offers.value_and_gradient
    return gradient(offers.backend, g) if native is None else lambda *y: native(g, *y)[1]


def _forward_over_reverse(offers: Offers, outer: Places, inner: Places, has_aux: bool) -> Function:
    def derive(f: Function, x: Leaves, weight: Function) -> tuple[Any, ...]:
        y, *aux = _with_aux(partial_gradient(offers.backend, f, inner, has_aux)(*x), has_aux)
        outer_gradient = partial_gradient(offers.backend, _without_aux(f, has_aux), outer)
        return along(offers.backend, held(outer_gradient, x, inner), weight(*y))(*at(x, inner)), *aux

    return derive


def _reverse_over_forward(offers: Offers, outer: Places, inner: Places, has_aux: bool) -> Function:
    def derive(f: Function, x: Leaves, weight: Function) -> tuple[Any, ...]:
        y, *aux = _with_aux(partial_gradient(offers.backend, f, inner, has_aux)(*x), has_aux)
        w, f = weight(*y), _without_aux(f, has_aux)
        descent = lambda *x: along(offers.backend, held(f, x, inner), w)(*at(x, inner))  # noqa: E731
        return partial_gradient(offers.backend, descent, outer)(*x), *aux

    return derive


def _reverse_over_reverse(offers: Offers, outer: Places, inner: Places, has_aux: bool) -> Function:
    gradient_vjp = offers.gradient_vjp or functools.partial(compose_gradient_vjp, offers.backend)

    def derive(f: Function, x: Leaves, weight: Function) -> tuple[Any, ...]:
        y, pullback, *aux = gradient_vjp(f, x, inner, outer, has_aux=has_aux)
        return pullback(weight(*y)), *aux

    return derive


def _over_a_basis(offers: Offers, outer: Places, inner: Places, has_aux: bool) -> Function:
    def derive(f: Function, x: Leaves, weight: Function) -> tuple[Any, ...]:
        value_of = _without_aux(f, has_aux)
        w = weight(*gradient_over_a_basis(offers, value_of, x, inner))
        _, found = second_over_a_basis(offers, value_of, x, w, outer, inner)
        return (found, f(*x)[1]) if has_aux else (found,)

    return derive


_ROUTES = {
    "FR": _forward_over_reverse,
    "RF": _reverse_over_forward,
    "RR": _reverse_over_reverse,
    "FF": _over_a_basis,
}
"""`derive(f, x, weight)`: ∇h in the outer leaves, and f's aux; `weight` is ∇g. Outer and inner are places of leaves."""


def _with_aux(output: Any, has_aux: bool) -> tuple[Any, ...]:
    return tuple(output) if has_aux else (output,)


def _without_aux(f: Function, has_aux: bool) -> Function:
    return (lambda *x: f(*x)[0]) if has_aux else f
