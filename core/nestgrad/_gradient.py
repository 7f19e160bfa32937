"""The gradient, alone and with the value."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from ._argnums import numbers, shaping
from ._choose import require
from ._compose import value_and_gradient as composed
from ._definition import Comparison, Definition, Differentiated, Solve
from ._generic import generic
from ._jacobian import Jacobian
from ._layout import Layout
from ._nesting import Nesting
from ._offers import Offers
from ._operator import Operator, Options
from .typing import Function, Leaves, P, Tree

_REVERSE = Nesting("R")


def gradient(
    f: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    **options: Unpack[Options],
) -> Callable[P, Any]:
    """∇f by reverse mode: `gradient(f)(x, *args, **kwargs)` is shaped like x.

    Args:
        f: returns a real floating scalar of shape `()`.
        argnums: which argument to differentiate; a sequence gives a tuple of gradients.
        **options: `backend`, `compile`, `has_aux`; see `Options`.

    Law: ⟨∇f(x), v⟩ = d/dα f(x + αv) at α = 0. One evaluation of f, whatever the size of x.

    Raises:
        NotDifferentiableError: x is not made of real floating arrays; the path is named.
        NonScalarOutputError: f does not return a scalar of shape `()`.
        UnsupportedNestingError: no reverse mode, or none for an operation of f.
        EngineError: the engine failed for a reason its backend does not recognise.

    Example:
        >>> import numpy as np
        >>> gradient(lambda x: (x**2).sum(), backend="autograd")(np.array([1.0, 2.0]))
        array([2., 4.])
    """
    return Operator(f, _Gradient("gradient", argnums), **options)


def value_and_gradient(
    f: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    **options: Unpack[Options],
) -> Callable[P, Any]:
    """(f(x), ∇f(x)) by reverse mode, with one evaluation of f.

    Arguments, law and errors are those of `gradient`. With `has_aux` the result is
    `((value, aux), gradient)`, as in `jax.value_and_grad`.

    Example:
        >>> import numpy as np
        >>> value, gradient = value_and_gradient(lambda x: (x**2).sum(), backend="autograd")(np.array([1.0, 2.0]))
        >>> float(value), gradient
        (5.0, array([2., 4.]))
    """
    return Operator(f, _ValueAndGradient("value_and_gradient", argnums), **options)


class _Gradient(Definition):
    """∇f. Law: ⟨∇f(x), v⟩ = d/dα f(x + αv) at α = 0."""

    is_verified = True

    def __init__(self, name: str, argnums: int | Sequence[int]) -> None:
        self.name, self._as_given, self.argnums = name, argnums, numbers(argnums)

    def by(self, nesting: Nesting) -> Definition | None:
        return Jacobian(self._as_given, nesting)

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return (require(offers, _REVERSE),)

    def comparison(self, at: Differentiated) -> Comparison | None:
        offers, f, x, result = at.offers, at.f, at.x, at.result
        along = generic(offers, x)
        return Comparison(f, along, result, found_along=along)

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        both, shaped = _together(offers, has_aux), shaping(self._as_given, layout)
        if layout.bare and not isinstance(self._as_given, Sequence) and not has_aux:
            return lambda f, x, directions: both(f, *x)[1]

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            _, gradient, *aux = both(f, *x)
            return shaped(gradient), *aux

        return solve


class _ValueAndGradient(_Gradient):
    """(f, ∇f). Law: that of the gradient; f is evaluated once."""

    is_verified = False

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        both, shaped = _together(offers, has_aux), shaping(self._as_given, layout)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            value, gradient, *aux = both(f, *x)
            return shaped(gradient), value, *aux

        return solve

    def result(self, derivative: Tree, *others: Any) -> Any:
        return (others if len(others) > 1 else others[0]), derivative


def _together(offers: Offers, has_aux: bool) -> Function:
    """`(f(x), ∇f(x))` by the backend's own method if it has one, with f's aux behind it if it has one."""
    native = None if has_aux else offers.value_and_gradient
    return native or functools.partial(composed, offers.backend, has_aux=has_aux)
