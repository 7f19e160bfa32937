"""Derivatives of functionals of a gradient: ∇(g∘∇f)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from ._argnums import numbers, shaping
from ._basis import gradient_over_a_basis, second_over_a_basis
from ._choose import candidates, hvp_nesting
from ._compose import along, at, compose_gradient_vjp, held, partial_gradient
from ._definition import Comparison, Definition, Differentiated, Solve
from ._layout import Layout
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._operator import Operator, Options
from ._outer_function import G_ARGS, BesideG, OuterFunction, Places, Side, Weight
from .typing import Function, Leaves


def nested_gradient(
    g: Function,
    f: Function,
    argnums: int | Sequence[int] = 0,
    *,
    inner_argnums: int | Sequence[int] = 0,
    g_argnums: int | Sequence[int] = (),
    nesting: str | Nesting = "auto",
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """The gradient of h(x, …) = g(∇f(x, …)), never forming the Hessian of f.

    With y = ∇f and w = ∇g(y), both mixed derivatives commute, so ∇h is one more pass over ∇f:

    - FR: the derivative along w, in the inner arguments, of the gradient in the outer arguments;
    - RF: the gradient in the outer arguments of the derivative of f along w in the inner ones;
    - RR: the gradient in the outer arguments of ⟨∇f, w⟩ with w held. f is evaluated once;
    - `"auto"`, where none of these is right: the derivatives of f along w and along each of up to 64 unit vectors.

    Args:
        g: takes the inner gradient (a tuple of gradients if `inner_argnums` is a sequence), the arguments of f that
            `g_argnums` names, and those of the call's `g_args`; returns a real floating scalar.
        f: returns a real floating scalar of shape `()`.
        argnums: the arguments of f in which h is differentiated; the result is shaped like them.
        inner_argnums: the arguments of f in which f is differentiated inside h.
        g_argnums: which arguments of f are passed to g, behind the gradient. h is differentiated through them as well.
        nesting: `"FR"`, `"RF"`, `"RR"`, or `"auto"`; see `hvp`.
        **options: `backend`, `compile`, `has_aux` (of f); see `Options`.

    So a gradient penalty, a force-matching or a physics-informed loss trains its parameters θ with
    `nested_gradient(g, f, argnums=1)(x, θ)`: ∇_θ g(∇ₓf(x, θ)). What g needs besides, such as the targets of a batch, is
    passed in the call: `nested_gradient(g, f, argnums=1)(x, θ, g_args=(targets,))` for g(∇f, targets).

    Law: ⟨∇h(x), δ⟩ = d/dα g(∇f(x + αδ)) at α = 0. Evaluations of f do not depend on the size of x.

    Raises:
        InvalidNestingError: the nesting is not one of those above.
        Otherwise as `gradient`, for f and for g.

    Example:
        >>> import numpy as np
        >>> f, g = lambda x: (x**3).sum(), lambda y: (y**2).sum()
        >>> nested_gradient(g, f, backend="autograd")(np.array([1.0, 2.0]))  # 36x³
        array([ 36., 288.])
        >>> force_error = lambda force, target: ((force - target) ** 2).sum()
        >>> energy = lambda x, k: k * (x**2).sum()  # h(k) = Σ (2kx - target)²
        >>> x, target = np.array([1.0, 2.0]), np.array([2.0, 3.0])
        >>> nested_gradient(force_error, energy, argnums=1, backend="autograd")(x, 1.0, g_args=(target,))
        array(8.)
    """
    outer = OuterFunction(g, inner_argnums, g_argnums)
    return Operator(f, _NestedGradient(outer, argnums, inner_argnums, nesting), **options)


class _NestedGradient(Definition):
    """∇(g∘∇f). Law: ⟨∇h(x), δ⟩ = d/dα g(∇f(x + αδ)) at α = 0."""

    name, is_verified, takes_auto, function, keywords = "nested_gradient", True, True, BesideG, (G_ARGS,)

    def __init__(
        self,
        g: OuterFunction,
        argnums: int | Sequence[int],
        inner_argnums: int | Sequence[int],
        nesting: str | Nesting,
    ) -> None:
        self._g, self._outer, self._inner = g, argnums, inner_argnums
        self._count = len(numbers(argnums))
        self.argnums = (*numbers(argnums), *numbers(inner_argnums))
        self.functions = (g.function,)
        self._asked = nesting if nesting == "auto" else hvp_nesting(nesting)  # misspelt, it is an error now

    def by(self, nesting: Nesting) -> Definition | None:
        if Mode.REVERSE not in nesting:
            return None
        return _NestedGradient(self._g, self._outer, self._inner, nesting)

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return candidates(offers, self._asked)

    def comparison(self, at: Differentiated) -> Comparison | None:
        offers, f, x, layout, result = at.offers, at.f, at.x, at.layout, at.result
        outer, inner = self._sides(layout)
        weight = Weight(offers, self._g.of(f, x, outer, inner))
        weights = dict(zip(inner.leaves, weight(*partial_gradient(offers.backend, f, inner.leaves)(*x)), strict=True))
        direction = tuple(weights.get(place) for place in range(len(x)))
        found = weight.without(tuple(offers.flatten(result)[0]))
        return Comparison(partial_gradient(offers.backend, f, outer.leaves), direction, found)

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        outer, inner = self._sides(layout)
        derive = _ROUTES[nesting.code](offers, outer.leaves, inner.leaves, has_aux)
        shaped = shaping(self._outer, outer.layout)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            weight = Weight(offers, self._g.of(f, x, outer, inner))
            result, *aux = derive(f, x, weight)
            return shaped(weight.added(result)), *aux

        return solve

    def undifferentiated(self, offers: Offers, f: Function, x: Leaves, layout: Layout, has_aux: bool) -> Any:
        outer, inner = self._sides(layout)
        call, f = self._g.of(f, x, outer, inner), _without_aux(f, has_aux)
        value = f(*x)
        try:
            y = partial_gradient(offers.backend, f, inner.leaves)(*x)
        except Exception:  # then g was not reached: what failed is the engine
            return value
        call.of_leaves(*y, *call.moving)
        return value

    def _sides(self, layout: Layout) -> tuple[Side, Side]:
        """The outer and the inner arguments; they may be the same ones."""
        return Side(layout, layout.slots[: self._count]), Side(layout, layout.slots[self._count :])


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
