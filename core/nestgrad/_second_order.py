"""Derivatives by the name of a nesting: those of second order, and of any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from ._choose import require
from ._compose import compose, gradient
from ._definition import Comparison, Definition, Solve
from ._layout import Layout
from ._native import in_tree, native
from ._nesting import Mode, Nesting
from ._offers import Offers
from ._operator import Operator, Options
from .typing import Function, Leaves


def derivative(
    f: Function,
    nesting: str | Nesting,
    **options: Unpack[Options],
) -> Callable[..., Any]:
    """The derivative that a nesting names: `derivative(f, "FFR")(x, v1, v2, *args, **kwargs)`.

    Args:
        f: returns a real floating scalar of shape `()`.
        nesting: by its short or long name, such as `"FR"` or `"forward_over_reverse"`, of any order.
        **options: `backend`, `compile`, `has_aux`; see `Options`.

    Each direction has the structure, shapes and dtypes of x.

    Law: a nesting of order k with an R takes k - 1 directions and gives Dᵏf(x)[v1, …, ·], shaped like x;
    all such nestings of one order agree. One of F alone takes k directions and gives a scalar.

    Raises:
        InvalidNestingError: the nesting is empty or misspelt.
        NotDifferentiableError, StructureMismatchError: bad x or directions, with the path.
        NonScalarOutputError: f does not return a scalar of shape `()`.
        UnsupportedNestingError: the backend refuses this nesting of f; says why and what to use.
        EngineError: the engine failed for a reason its backend does not recognise.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 1.0])
        >>> derivative(lambda x: (x**3).sum(), "RRR", backend="autograd")(x, v, v)
        array([6., 6.])
    """
    return Operator(f, Derivative("derivative", Nesting(nesting)), **options)


def forward_over_reverse(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """∇²f(x)v by forward mode over the gradient: `forward_over_reverse(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: d/dα ∇f(x + αv) at α = 0. See Pearlmutter, Fast exact multiplication by the Hessian (1994).

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> forward_over_reverse(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return Operator(f, Derivative("forward_over_reverse", Nesting("FR")), **options)


def reverse_over_forward(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """∇²f(x)v as the gradient of a directional derivative: `reverse_over_forward(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: ∇ₓ [d/dα f(x + αv) at α = 0].

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> reverse_over_forward(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return Operator(f, Derivative("reverse_over_forward", Nesting("RF")), **options)


def reverse_over_reverse(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """∇²f(x)v as the gradient of ⟨∇f(x), v⟩: `reverse_over_reverse(f)(x, v, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: ∇ₓ ⟨∇f(x), v⟩ with v held.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> reverse_over_reverse(lambda x: (x**3).sum(), backend="autograd")(x, v)
        array([6., 0.])
    """
    return Operator(f, Derivative("reverse_over_reverse", Nesting("RR")), **options)


def forward_over_forward(f: Function, **options: Unpack[Options]) -> Callable[..., Any]:
    """D²f(x)[v1, v2], a scalar, by two forward passes: `forward_over_forward(f)(x, v1, v2, *args, **kwargs)`.

    Options and errors are those of `derivative`.

    Law: symmetric in v1 and v2; equal to ⟨∇²f(x)v1, v2⟩.

    Example:
        >>> import numpy as np
        >>> x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
        >>> float(forward_over_forward(lambda x: (x**3).sum(), backend="autograd")(x, v, v))
        6.0
    """
    return Operator(f, Derivative("forward_over_forward", Nesting("FF")), **options)


_SECOND = 2  # the highest order that is verified


class Derivative(Definition):
    """The derivative that a nesting names.

    Law: Dᵏf(x)[v₁, …, vₖ₋₁, ·] for a nesting with an R, Dᵏf(x)[v₁, …, vₖ] for one without; see `Nesting`.
    """

    def __init__(self, name: str, nesting: Nesting) -> None:
        self.name, self._nesting, self.directions = name, nesting, nesting.directions
        self.is_verified = nesting.order <= _SECOND

    def by(self, nesting: Nesting) -> Definition | None:
        return Derivative(self.name, nesting)

    def nestings(self, offers: Offers) -> tuple[Nesting, ...]:
        return (require(offers, self._nesting),)

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
        if self._nesting.code == "R":
            ones = tuple(map(offers.backend.xp.ones_like, x))
            return Comparison(f, ones, result, found_along=ones)
        if self._nesting.order == 1:
            return Comparison(f, directions[0], result)
        return Comparison(gradient(offers.backend, f), directions[0], result, *directions[1:])

    def prepare(self, offers: Offers, nesting: Nesting, layout: Layout, has_aux: bool) -> Solve:
        by_the_backend, is_gradient = native(offers, nesting, layout, has_aux), Mode.REVERSE in nesting
        if by_the_backend is not None:
            if layout.bare or not is_gradient:
                return lambda f, x, directions: by_the_backend(f, x, directions)[-1:]
            return lambda f, x, directions: (in_tree(layout, by_the_backend(f, x, directions)[-1]),)
        derive = compose(offers.backend, nesting)

        def solve(f: Function, x: Leaves, directions: tuple[Leaves, ...]) -> tuple[Any, ...]:
            if has_aux:
                derivative, *aux = derive(f, x, *directions, has_aux=True)
            else:
                derivative, aux = derive(f, x, *directions), []
            return (layout.shaped(derivative)[0] if is_gradient else derivative), *aux

        return solve
