"""Any nesting from jvp and vjp: the normative composition.

Letters are applied from the innermost outwards and consume directions in that order. F takes the next
direction. R takes none while the value is still a scalar function; of a gradient it takes the next
direction v first and differentiates ⟨·, v⟩, which is the pullback of v.

Functions here take a flat sequence of arrays; gradients and directions are tuples of the same length.
A function with `aux` returns `(value, aux)`, and so do its derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ._nesting import Mode, Nesting
from ._spec import Backend
from .typing import Array, Function, Leaves


def compose(backend: Backend, nesting: str | Nesting) -> Callable[..., Any]:
    """The derivative of a scalar function that `nesting` names, as `derive(f, x, *directions)`.

    `x` and each direction are tuples of arrays, and `f(*x)` is a scalar. See `Nesting` for the law.

    Example:
        >>> import nestgrad as ng, numpy as np
        >>> cube = lambda x: (x**3).sum()
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> compose(ng.get_backend("autograd"), "FR")(cube, (x,), (v,))[0]
        array([6., 0.])
    """
    nesting = Nesting(nesting)

    def derive(f: Function, x: Leaves, *directions: Leaves, has_aux: bool = False) -> Any:
        if len(directions) != nesting.directions:
            raise TypeError(f"{nesting.code!r} takes {nesting.directions} direction(s); got {len(directions)}.")
        pending = iter(directions)
        value, is_gradient = f, False
        for mode in reversed(tuple(nesting)):
            if mode is Mode.FORWARD:
                value = along(backend, value, next(pending), has_aux)
            elif is_gradient:
                value = pulled(backend, value, next(pending), has_aux)
            else:
                value, is_gradient = gradient(backend, value, has_aux), True
        return value(*x)

    return derive


def along(backend: Any, f: Function, direction: Leaves, has_aux: bool = False) -> Function:
    """The directional derivative x ↦ Df(x)[direction], by forward mode."""

    def derivative(*x: Array) -> Any:
        _, tangent, *aux = backend.jvp(f, x, direction, has_aux=has_aux)
        return (tangent, *aux) if aux else tangent

    return derivative


def pulled(backend: Any, f: Function, cotangent: Any, has_aux: bool = False) -> Function:
    """The gradient x ↦ ∇⟨f(x), cotangent⟩, by reverse mode."""

    def derivative(*x: Array) -> Any:
        _, pullback, *aux = backend.vjp(f, *x, has_aux=has_aux)
        return (pullback(cotangent), *aux) if aux else pullback(cotangent)

    return derivative


def gradient(backend: Any, f: Function, has_aux: bool = False) -> Function:
    """The gradient x ↦ ∇f(x) of a scalar function, by reverse mode."""

    def derivative(*x: Array) -> Any:
        _, gradient, *aux = value_and_gradient(backend, f, *x, has_aux=has_aux)
        return (gradient, *aux) if aux else gradient

    return derivative


def value_and_gradient(backend: Any, f: Function, *x: Array, has_aux: bool = False) -> tuple[Any, ...]:
    """`(f(x), ∇f(x))`, with f's aux behind it if it has one: one evaluation of f."""
    value, pullback, *aux = backend.vjp(f, *x, has_aux=has_aux)
    return value, pullback(backend.xp.ones_like(value)), *aux


def compose_gradient_vjp(
    backend: Any, f: Function, x: Leaves, inner: Sequence[int], outer: Sequence[int], *, has_aux: bool = False
) -> tuple[Any, ...]:
    """What `GradientVjp` gives, by two vjps: the gradient of f in the inner leaves, its pullback to the outer ones.

    Example:
        >>> import nestgrad as ng, numpy as np
        >>> f, x = lambda x, y: (x * x * y).sum(), (np.array([1.0, 2.0]), np.array([3.0, 4.0]))
        >>> gradient, pullback = compose_gradient_vjp(ng.get_backend("autograd"), f, x, (0,), (1,))
        >>> gradient[0], pullback((np.ones(2),))[0]
        (array([ 6., 16.]), array([2., 4.]))
    """
    inner_gradient = held(partial_gradient(backend, f, inner, has_aux), x, outer)
    found: tuple[Any, ...] = backend.vjp(inner_gradient, *at(x, outer), has_aux=has_aux)
    return found


def partial_gradient(backend: Any, f: Function, places: Sequence[int], has_aux: bool = False) -> Function:
    """The gradient of f in the leaves at these places, as a function of all leaves."""
    return lambda *x: gradient(backend, held(f, x, places), has_aux)(*at(x, places))


def held(f: Function, x: Leaves, places: Sequence[int]) -> Function:
    """F as a function of the leaves at these places, the others held at x."""

    def of_moving(*moving: Any) -> Any:
        leaves = list(x)
        for place, leaf in zip(places, moving, strict=True):
            leaves[place] = leaf
        return f(*leaves)

    return of_moving


def at(x: Leaves, places: Sequence[int]) -> Leaves:
    """The leaves at these places."""
    return tuple(x[place] for place in places)
